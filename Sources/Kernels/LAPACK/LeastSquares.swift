/// Linear least squares of one right-hand side, row-major.
package enum LeastSquares {
  /// The x that minimizes ‖A·x − b‖₂, and the one of the least norm where many do.
  ///
  /// What of A lies within rounding of no direction at all (singular values of at most max(rows, columns) · ε times the
  /// largest) counts as absent. So columns may depend on each other, and there may be fewer rows than columns.
  /// - Parameters:
  ///   - matrix: A, row-major [rows, columns].
  ///   - targets: b, [rows].
  /// - Returns: x, [columns].
  package static func solve(
    _ matrix: consuming [Double], rows: Int, columns: Int, targets: [Double]
  ) throws(FactorizationError) -> [Double] {
    require(rows > 0 && columns > 0, "least squares need rows and columns, got [\(rows), \(columns)]")
    require(targets.count == rows, "expected \(rows) targets, got \(targets.count)")
    var solver = try RankLeastSquares<Double>(rows: rows, columns: columns, rightColumns: 1)
    var x = ColumnMatrix<Double>(rows: columns, columns: 1)
    try solver.solve(
      ColumnMatrix(rowMajor: matrix, rows: rows, columns: columns), ColumnMatrix(targets, rows: rows, columns: 1),
      into: &x)
    return x.values
  }
}
