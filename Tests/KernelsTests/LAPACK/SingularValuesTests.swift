import Kernels
import Testing

@Suite("Singular values")
struct SingularValuesTests {
  @Test("A = U·diag(s)·Vᵀ, by either method", arguments: factorizedShapes)
  func residual(rows: Int, columns: Int) throws {
    try check(ColumnMatrix<Double>.random(rows, columns))
    try check(ColumnMatrix<Float>.random(rows, columns))
  }

  @Test("Columns that depend on each other, equal values, an ill-conditioned matrix, and zeros")
  func deficient() throws {
    let deficient = ColumnMatrix<Double>.deficient(60, 40, rank: 7)
    let values = try check(deficient)
    #expect(values[6] > 0.1 && values[7] <= 4 * 60 * 40 * Double.unitRoundoff * deficient.norm)
    try check(ColumnMatrix<Double>.identity(33))
    try check(ColumnMatrix<Double>.hilbert(70))
    try check(ColumnMatrix<Float>.hilbert(70))
    #expect(try check(ColumnMatrix<Double>(rows: 5, columns: 8)) == [0, 0, 0, 0, 0])
  }

  @discardableResult
  private func check<S: LAPACKScalar>(_ a: ColumnMatrix<S>) throws -> [S] {
    var svd = try SingularValues<S>(rows: a.rows, columns: a.columns, vectors: true)
    let (order, norm) = (min(a.rows, a.columns), a.exact.norm)
    let allowed = orthogonalRoundings(a.rows, a.columns, S.self)
    for method in [SingularValues<S>.Method.qrIteration, .divideAndConquer] {
      try svd.decompose(a, by: method)
      let (u, vt) = (svd.left.exact, svd.right.exact)
      #expect(u.skewness <= allowed * Double(order).squareRoot())
      #expect(
        vt.times(vt, transposingOther: true).distance(to: .identity(order)) <= allowed * Double(order).squareRoot())
      let product = u.times(.diagonal(svd.values.map { Double($0) })).times(vt)
      #expect(product.distance(to: a.exact) <= 2 * allowed * norm)
      #expect(svd.values == svd.values.sorted(by: >) && svd.values.allSatisfy { $0 >= 0 })
    }
    var alone = try SingularValues<S>(rows: a.rows, columns: a.columns, vectors: false)
    for method in [SingularValues<S>.Method.qrIteration, .divideAndConquer] {
      try alone.decompose(a, by: method)
      for (one, other) in zip(alone.values, svd.values) {
        #expect(abs(Double(one - other)) <= 2 * allowed * norm)
      }
    }
    return svd.values
  }
}
