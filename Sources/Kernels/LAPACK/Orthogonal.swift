import COpenBLAS

/// Orthonormal columns from a QR factorization (LAPACK geqrf and orgqr).
package enum Orthogonal {
  /// Replaces the row-major [rows, columns] matrix by the Q of its QR factorization, rows ≥ columns, with the sign of
  /// each column chosen so that R's diagonal is positive: Q is then distributed by the Haar measure when the entries
  /// are independent and normal (Mezzadri 2007).
  package static func orthonormalize(_ matrix: inout [Double], rows: Int, columns: Int) {
    require(rows >= columns && columns > 0, "orthonormal columns need rows ≥ columns, got [\(rows), \(columns)]")
    require(matrix.count == rows * columns, "expected \(rows * columns) entries, got \(matrix.count)")
    let (m, n) = (blasint(rows), blasint(columns))
    var tau = [Double](repeating: 0, count: columns)
    var info = unsafe LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, m, n, &matrix, n, &tau)
    require(info == 0, "geqrf failed with \(info)")
    let negative = (0..<columns).map { matrix[$0 * columns + $0] < 0 }
    info = unsafe LAPACKE_dorgqr(LAPACK_ROW_MAJOR, m, n, n, &matrix, n, tau)
    require(info == 0, "orgqr failed with \(info)")
    for row in 0..<rows {
      for column in 0..<columns where negative[column] { matrix[row * columns + column].negate() }
    }
  }
}
