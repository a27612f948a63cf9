/// Orthonormal columns from a QR factorization, row-major.
package enum Orthogonal {
  /// Replaces the row-major [rows, columns] matrix by the Q of its QR factorization, rows ≥ columns, with the sign of
  /// each column chosen so that R's diagonal is positive: Q is then distributed by the Haar measure when the entries
  /// are independent and normal (Mezzadri 2007).
  package static func orthonormalize(_ matrix: inout [Double], rows: Int, columns: Int) throws(FactorizationError) {
    require(rows >= columns && columns > 0, "orthonormal columns need rows ≥ columns, got [\(rows), \(columns)]")
    var qr = try QRFactorization<Double>(rows: rows, columns: columns)
    var q = ColumnMatrix(rowMajor: matrix, rows: rows, columns: columns)
    try qr.factor(q)
    qr.formQ(into: &q)
    for column in 0..<columns {
      let sign: Double = qr.r(column, column) < 0 ? -1 : 1
      for row in 0..<rows { matrix[row * columns + column] = sign * q[row, column] }
    }
  }
}
