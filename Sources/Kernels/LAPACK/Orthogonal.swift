import COpenBLAS
import Storage

/// Orthonormal columns from a QR factorization (LAPACK geqrf and orgqr).
package enum Orthogonal {
  /// Replaces the row-major [rows, columns] matrix by the Q of its QR factorization, rows ≥ columns, with the sign of
  /// each column chosen so that R's diagonal is positive: Q is then distributed by the Haar measure when the entries
  /// are independent and normal (Mezzadri 2007).
  /// - Throws: where there is no memory to work in.
  package static func orthonormalize(_ matrix: inout [Double], rows: Int, columns: Int) throws(MemoryShortage) {
    require(rows >= columns && columns > 0, "orthonormal columns need rows ≥ columns, got [\(rows), \(columns)]")
    require(matrix.count == rows * columns, "expected \(rows * columns) entries, got \(matrix.count)")
    try OpenBLAS.admit(callers: 1)
    let (m, n) = (blasint(rows), blasint(columns))
    var tau = [Double](repeating: 0, count: columns)
    var info = unsafe LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, m, n, &matrix, n, &tau)
    try check(info, "geqrf", rows, columns)
    let negative = (0..<columns).map { matrix[$0 * columns + $0] < 0 }
    info = unsafe LAPACKE_dorgqr(LAPACK_ROW_MAJOR, m, n, n, &matrix, n, tau)
    try check(info, "orgqr", rows, columns)
    for row in 0..<rows {
      for column in 0..<columns where negative[column] { matrix[row * columns + column].negate() }
    }
  }

  private static func check(_ info: blasint, _ routine: String, _ rows: Int, _ columns: Int) throws(MemoryShortage) {
    if info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR {
      // A transposed copy, and the blocks that are worked on.
      let needed = (rows * columns + 64 * columns) * MemoryLayout<Double>.stride
      throw MemoryShortage(needed: needed, available: min(needed - 1, SystemMemory.available()))
    }
    require(info == 0, "\(routine) failed with \(info)")
  }
}
