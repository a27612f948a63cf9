internal import COpenBLAS

/// Orthonormal columns from a QR factorization (LAPACK geqrf and orgqr).
package enum Orthogonal {
  /// Replaces the row-major [rows, columns] matrix by the Q of its QR factorization, rows ≥ columns, with the sign of
  /// each column chosen so that R's diagonal is positive: Q is then distributed by the Haar measure when the entries
  /// are independent and normal (Mezzadri 2007).
  package static func orthonormalize(_ matrix: inout [Double], rows: Int, columns: Int) {
    precondition(rows >= columns && columns > 0, "orthonormal columns need rows ≥ columns, got [\(rows), \(columns)]")
    precondition(matrix.count == rows * columns, "expected \(rows * columns) entries, got \(matrix.count)")
    var tau = [Double](repeating: 0, count: columns)
    var status = unsafe matrix.withUnsafeMutableBufferPointer { a in
      unsafe tau.withUnsafeMutableBufferPointer { tau in
        unsafe LAPACKE_dgeqrf(
          LAPACK_ROW_MAJOR, blasint(rows), blasint(columns), a.baseAddress, blasint(columns), tau.baseAddress)
      }
    }
    precondition(status == 0, "geqrf failed with \(status)")
    let negative = (0..<columns).map { matrix[$0 * columns + $0] < 0 }
    status = unsafe matrix.withUnsafeMutableBufferPointer { a in
      unsafe tau.withUnsafeBufferPointer { tau in
        unsafe LAPACKE_dorgqr(
          LAPACK_ROW_MAJOR, blasint(rows), blasint(columns), blasint(columns), a.baseAddress,
          blasint(columns), tau.baseAddress)
      }
    }
    precondition(status == 0, "orgqr failed with \(status)")
    for row in 0..<rows {
      for column in 0..<columns where negative[column] { matrix[row * columns + column].negate() }
    }
  }
}
