/// A = L·Lᵀ of symmetric positive definite matrices of one order, and systems solved by it (LAPACK potrf, potrs, pocon). Its
/// memory is taken once, by `init`.
package struct CholeskyFactorization<S: LAPACKScalar>: Sendable {
  package let order: Int
  /// L on and below the diagonal.
  private var factors: ColumnMatrix<S>
  private var norm: S = 0
  private var sums: [S]
  private var work: [S]
  private var iwork: [Int32]

  private static var name: String { "a Cholesky factorization" }

  package init(order: Int) throws(FactorizationError) {
    try LAPACK.admit(
      Self.name, rows: order, columns: order, numbers: LAPACK.product(order, order) + LAPACK.product(5, order), S.self)
    self.order = order
    factors = ColumnMatrix(rows: order, columns: order)
    sums = [S](repeating: 0, count: order)
    work = [S](repeating: 0, count: max(1, 3 * order))
    iwork = [Int32](repeating: 0, count: max(1, order))
  }

  /// - Parameter matrix: symmetric; what lies above its diagonal is not looked at but for whether it is finite.
  /// - Throws: `notPositiveDefinite` too, where it is not so to rounding.
  package mutating func factor(_ matrix: ColumnMatrix<S>) throws(FactorizationError) {
    try LAPACK.requireFinite(matrix.values, Self.name)
    factors.copy(matrix)
    measureNorm()
    guard order > 0 else { return }
    let minor = LAPACK.checked(unsafe S.potrf(Int32(order), &factors.values), "potrf")
    guard minor == 0 else { throw .notPositiveDefinite(order: minor, of: order) }
  }

  /// The largest sum of magnitudes of a column.
  private mutating func measureNorm() {
    for index in 0..<order { sums[index] = 0 }
    for column in 0..<order {
      for row in column..<order {
        let size = factors.values[column * order + row].magnitude
        sums[column] += size
        if row > column { sums[row] += size }
      }
    }
    norm = 0
    for index in 0..<order where sums[index] > norm { norm = sums[index] }
  }

  /// Replaces the columns of B by the solutions of A·X = B.
  package mutating func solve(_ b: inout ColumnMatrix<S>) throws(FactorizationError) {
    require(b.rows == order, "expected \(order) rows, got \(b.rows)")
    guard b.columns <= Int(Int32.max) else { throw .tooLarge(Self.name, rows: b.rows, columns: b.columns) }
    try LAPACK.requireFinite(b.values, Self.name)
    guard order > 0, b.columns > 0 else { return }
    _ = LAPACK.checked(unsafe S.potrs(Int32(order), Int32(b.columns), &factors.values, &b.values), "potrs")
  }

  /// An entry of L.
  package func l(_ row: Int, _ column: Int) -> S { column > row ? 0 : factors[row, column] }

  /// An estimate of 1 / (‖A‖₁ · ‖A⁻¹‖₁), seldom off by more than a factor of 3: that of A times the unit roundoff is what a
  /// solution may be off by.
  package mutating func reciprocalCondition() -> S {
    guard order > 0 else { return 1 }
    var result: S = 0
    _ = LAPACK.checked(
      unsafe S.pocon(Int32(order), &factors.values, norm: norm, &result, &work, &iwork), "pocon")
    return result
  }
}
