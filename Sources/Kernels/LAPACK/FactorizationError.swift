/// Why a matrix was not factorized. The first value of each is what was wanted of it, such as "a QR factorization".
package enum FactorizationError: Error, Hashable, CustomStringConvertible {
  /// Something given is NaN or infinite.
  case notFinite(String)
  /// LAPACK counts in 32 bits.
  case tooLarge(String, rows: Int, columns: Int)
  case outOfMemory(String, rows: Int, columns: Int, MemoryShortage)
  /// The leading part of `order` rows and columns is the first that is not positive definite.
  case notPositiveDefinite(order: Int, of: Int)
  case notConverged(String, rows: Int, columns: Int)

  package var description: String {
    switch self {
    case .notFinite(let what): "\(what) needs finite numbers: one is NaN or infinite"
    case .tooLarge(let what, let rows, let columns):
      "\(what) of a [\(rows), \(columns)] matrix is more than LAPACK can count"
    case .outOfMemory(let what, let rows, let columns, let shortage):
      "no memory for \(what) of a [\(rows), \(columns)] matrix: it needs \(shortage.needed) bytes, \(shortage.available) "
        + "are available"
    case .notPositiveDefinite(let order, let count):
      "a matrix of \(count) rows is not positive definite to rounding: its first \(order) are the first that are not"
    case .notConverged(let what, let rows, let columns):
      "\(what) of a [\(rows), \(columns)] matrix did not converge"
    }
  }
}
