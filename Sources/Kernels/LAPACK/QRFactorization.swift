/// A = Q·R (LAPACK geqrf, orgqr, ormqr) of matrices of one shape: Q has min(rows, columns) orthonormal columns, R as many
/// rows and is upper triangular. Its memory is taken once, by `init`.
package struct QRFactorization<S: LAPACKScalar>: Sendable {
  package let rows: Int, columns: Int, rightColumns: Int
  /// R on and above the diagonal, the reflections that make Q below.
  private var factors: ColumnMatrix<S>
  private var tau: [S]
  private var work: [S]

  private static var name: String { "a QR factorization" }
  private var order: Int { min(rows, columns) }

  /// - Parameter rightColumns: columns of the matrices that `applyTransposedQ` takes.
  package init(rows: Int, columns: Int, rightColumns: Int = 0) throws(FactorizationError) {
    let elements = LAPACK.product(rows, columns)
    try LAPACK.admit(
      Self.name, rows: rows, columns: columns,
      numbers: elements + LAPACK.product(128, columns + rightColumns) + LAPACK.product(rows, rightColumns), S.self)
    (self.rows, self.columns, self.rightColumns) = (rows, columns, rightColumns)
    factors = ColumnMatrix(rows: rows, columns: columns)
    tau = [S](repeating: 0, count: min(rows, columns))
    let (m, n, k) = (Int32(rows), Int32(columns), Int32(min(rows, columns)))
    var answers: (S, S, S) = (0, 0, 0)
    var c: S = 0
    _ = LAPACK.checked(unsafe S.geqrf(m, n, &factors.values, &tau, &answers.0, -1), "geqrf")
    _ = LAPACK.checked(unsafe S.orgqr(m, k, k, &factors.values, &tau, &answers.1, -1), "orgqr")
    _ = LAPACK.checked(
      unsafe S.ormqr(transposed: true, m, Int32(rightColumns), k, &factors.values, &tau, &c, &answers.2, -1), "ormqr")
    work = LAPACK.workspace(answers.0, answers.1, answers.2)
  }

  package mutating func factor(_ matrix: ColumnMatrix<S>) throws(FactorizationError) {
    try LAPACK.requireFinite(matrix.values, Self.name)
    factors.copy(matrix)
    guard order > 0 else { return }
    let lwork = Int32(work.count)
    _ = LAPACK.checked(unsafe S.geqrf(Int32(rows), Int32(columns), &factors.values, &tau, &work, lwork), "geqrf")
  }

  /// An entry of R, whose diagonal may be negative.
  package func r(_ row: Int, _ column: Int) -> S { row > column ? 0 : factors[row, column] }

  /// R, [min(rows, columns), columns].
  package var r: ColumnMatrix<S> {
    var result = ColumnMatrix<S>(rows: order, columns: columns)
    for column in 0..<columns {
      for row in 0..<min(order, column + 1) { result[row, column] = factors[row, column] }
    }
    return result
  }

  /// Writes Q, [rows, min(rows, columns)].
  package mutating func formQ(into q: inout ColumnMatrix<S>) {
    require(q.rows == rows && q.columns == order, "Q is [\(rows), \(order)], got [\(q.rows), \(q.columns)]")
    guard order > 0 else { return }
    for index in 0..<(rows * order) { q.values[index] = factors.values[index] }
    let k = Int32(order)
    let lwork = Int32(work.count)
    _ = LAPACK.checked(unsafe S.orgqr(Int32(rows), k, k, &q.values, &tau, &work, lwork), "orgqr")
  }

  /// Replaces C by Qᵀ·C with the whole square Q: the first rows are those of the least-squares problem R·x = Qᵀ·c.
  package mutating func applyTransposedQ(to c: inout ColumnMatrix<S>) throws(FactorizationError) {
    require(
      c.rows == rows && c.columns == rightColumns, "expected [\(rows), \(rightColumns)], got [\(c.rows), \(c.columns)]")
    try LAPACK.requireFinite(c.values, Self.name)
    guard order > 0, rightColumns > 0 else { return }
    let lwork = Int32(work.count)
    _ = LAPACK.checked(
      unsafe S.ormqr(
        transposed: true, Int32(rows), Int32(rightColumns), Int32(order), &factors.values, &tau, &c.values, &work, lwork
      ),
      "ormqr")
  }
}
