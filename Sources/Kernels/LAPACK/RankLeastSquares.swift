/// The X of the least norm that minimizes ‖A·X − B‖ column by column, by the singular values of A (LAPACK gelsd), for matrices of
/// one shape. Its memory is taken once, by `init`.
package struct RankLeastSquares<S: LAPACKScalar>: Sendable {
  package let rows: Int, columns: Int, rightColumns: Int
  /// Singular values that counted.
  package private(set) var rank = 0
  /// The singular values of A, the largest first.
  package private(set) var singularValues: [S]
  private var matrix: ColumnMatrix<S>
  /// B, then X: as many rows as the longer of the two.
  private var right: ColumnMatrix<S>
  private var work: [S]
  private var iwork: [Int32]

  private static var name: String { "a fit by least squares" }

  package init(rows: Int, columns: Int, rightColumns: Int) throws(FactorizationError) {
    require(rightColumns >= 0, "expected 0 or more columns on the right, got \(rightColumns)")
    let longer = max(rows, columns)
    // gelsd's own bound: 12k + 2·25k + 8k·levels + k·nrhs + 26², with at most 31 levels; and panels of up to 64 columns.
    try LAPACK.admit(
      Self.name, rows: rows, columns: columns,
      numbers: LAPACK.product(rows, columns) + LAPACK.product(2 * longer, rightColumns) + LAPACK.product(512, longer)
        + 1024,
      S.self)
    (self.rows, self.columns, self.rightColumns) = (rows, columns, rightColumns)
    matrix = ColumnMatrix(rows: rows, columns: columns)
    right = ColumnMatrix(rows: longer, columns: rightColumns)
    singularValues = [S](repeating: 0, count: min(rows, columns))
    var answer: S = 0
    var (rank, integers): (Int32, Int32) = (0, 0)
    _ = LAPACK.checked(
      unsafe S.gelsd(
        Int32(rows), Int32(columns), Int32(rightColumns), &matrix.values, &right.values, &singularValues, rcond: 0,
        &rank,
        &answer, -1, &integers), "gelsd")
    work = LAPACK.workspace(answer)
    iwork = [Int32](repeating: 0, count: max(1, Int(integers)))
  }

  /// - Parameters:
  ///   - b: [rows, rightColumns].
  ///   - x: [columns, rightColumns], written.
  ///   - cutoff: singular values of at most so many times the largest count as 0; nil: max(rows, columns) · ε, what lies
  ///     within rounding of it.
  package mutating func solve(
    _ a: ColumnMatrix<S>, _ b: ColumnMatrix<S>, into x: inout ColumnMatrix<S>, cutoff: S? = nil
  ) throws(FactorizationError) {
    require(
      b.rows == rows && b.columns == rightColumns, "expected [\(rows), \(rightColumns)], got [\(b.rows), \(b.columns)]")
    require(
      x.rows == columns && x.columns == rightColumns,
      "expected [\(columns), \(rightColumns)], got [\(x.rows), \(x.columns)]")
    try LAPACK.requireFinite(a.values, Self.name)
    try LAPACK.requireFinite(b.values, Self.name)
    matrix.copy(a)
    for column in 0..<rightColumns {
      for row in 0..<rows { right.values[column * right.rows + row] = b.values[column * rows + row] }
    }
    rank = 0
    if min(rows, columns) > 0, rightColumns > 0 {
      let lwork = Int32(work.count)
      var found: Int32 = 0
      let info = unsafe S.gelsd(
        Int32(rows), Int32(columns), Int32(rightColumns), &matrix.values, &right.values, &singularValues,
        rcond: cutoff ?? S(max(rows, columns)) * .ulpOfOne, &found, &work, lwork, &iwork)
      guard LAPACK.checked(info, "gelsd") == 0 else { throw .notConverged(Self.name, rows: rows, columns: columns) }
      rank = Int(found)
    }
    for column in 0..<rightColumns {
      for row in 0..<columns {
        x.values[column * columns + row] = rows == 0 ? 0 : right.values[column * right.rows + row]
      }
    }
  }
}
