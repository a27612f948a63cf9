import Kernels
import Testing

@Suite("Cholesky factorization")
struct CholeskyFactorizationTests {
  @Test("A = L·Lᵀ, and the solutions that it gives", arguments: factorizedOrders)
  func residual(order: Int) throws {
    try check(ColumnMatrix<Double>.definite(order))
    try check(ColumnMatrix<Float>.definite(order))
  }

  @Test("A condition of 10¹² and more")
  func illConditioned() throws {
    try check(ColumnMatrix<Double>.hilbert(9))
    try check(ColumnMatrix<Float>.hilbert(4))
  }

  /// Higham, Accuracy and Stability, theorems 10.3 and 10.4: an entry of L·Lᵀ is off by (n + 1)·u·√(a_ii·a_jj), and a solution
  /// solves a system whose matrix is off by n·(3n + 1)·u.
  private func check<S: LAPACKScalar>(_ a: ColumnMatrix<S>) throws {
    let order = a.rows
    var cholesky = try CholeskyFactorization<S>(order: order)
    try cholesky.factor(a)
    var l = ColumnMatrix<Double>(rows: order, columns: order)
    for row in 0..<order { for column in 0...row { l[row, column] = Double(cholesky.l(row, column)) } }
    let product = l.times(l, transposingOther: true)
    var worst = 0.0
    for row in 0..<order {
      for column in 0..<order {
        let scale = (Double(a[row, row]) * Double(a[column, column])).squareRoot()
        worst = max(worst, abs(product[row, column] - Double(a[row, column])) / scale)
      }
    }
    #expect(worst <= 2 * Double(order + 1) * S.unitRoundoff)
    let b = ColumnMatrix<S>.random(order, 3, seed: 4)
    var x = b
    try cholesky.solve(&x)
    let residual = a.exact.times(x.exact).distance(to: b.exact)
    #expect(residual <= Double(order * (3 * order + 1)) * S.unitRoundoff * a.exact.norm * x.exact.norm)
  }

  @Test("The first leading part that is not positive definite is named")
  func indefinite() throws {
    var cholesky = try CholeskyFactorization<Double>(order: 4)
    #expect(throws: FactorizationError.notPositiveDefinite(order: 3, of: 4)) {
      try cholesky.factor(.diagonal([1, 2, -1e-9, 1]))
    }
    #expect(throws: FactorizationError.notPositiveDefinite(order: 1, of: 4)) {
      try cholesky.factor(ColumnMatrix(rows: 4, columns: 4))
    }
    // It works again after an error.
    try cholesky.factor(.identity(4))
    #expect(cholesky.reciprocalCondition() == 1)
    var large = try CholeskyFactorization<Double>(order: 60)
    let error = try #require(throws: FactorizationError.self) { try large.factor(.hilbert(60)) }
    #expect("\(error)".hasPrefix("a matrix of 60 rows is not positive definite to rounding"))
  }

  @Test("The condition that it estimates is at most three times too good")
  func condition() throws {
    // ‖A‖₁·‖A⁻¹‖₁ of a diagonal matrix.
    var cholesky = try CholeskyFactorization<Double>(order: 5)
    try cholesky.factor(.diagonal([1e-3, 1, 2, 50, 7]))
    let estimate = cholesky.reciprocalCondition()
    #expect(estimate >= 0.999 * 1e-3 / 50 && estimate <= 3 * 1e-3 / 50)
  }
}
