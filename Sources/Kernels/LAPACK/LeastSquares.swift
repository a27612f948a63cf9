import COpenBLAS

/// Linear least squares by the singular value decomposition (LAPACK gelsd).
package enum LeastSquares {
  /// The x that minimizes ‖A·x − b‖₂, and the one of the least norm where many do.
  ///
  /// What of A lies within rounding of no direction at all (singular values of at most max(rows, columns) · ε times the
  /// largest) counts as absent. So columns may depend on each other, and there may be fewer rows than columns.
  /// - Parameters:
  ///   - matrix: A, row-major [rows, columns].
  ///   - targets: b, [rows].
  /// - Returns: x, [columns].
  /// - Throws: where an entry is NaN or infinite, the iteration does not end or memory does.
  package static func solve(
    _ matrix: consuming [Double], rows: Int, columns: Int, targets: [Double]
  ) throws(LeastSquaresError) -> [Double] {
    require(rows > 0 && columns > 0, "least squares need rows and columns, got [\(rows), \(columns)]")
    require(matrix.count == rows * columns, "expected \(rows * columns) entries, got \(matrix.count)")
    require(targets.count == rows, "expected \(rows) targets, got \(targets.count)")
    // LAPACK's iterations need not end where something is not finite.
    guard matrix.allSatisfy(\.isFinite), targets.allSatisfy(\.isFinite) else { throw .notFinite }
    do throws(MemoryShortage) { try OpenBLAS.admit(callers: 1) } catch {
      throw .outOfMemory(rows: rows, columns: columns)
    }
    var solution = targets + [Double](repeating: 0, count: max(0, columns - rows))
    var singularValues = [Double](repeating: 0, count: min(rows, columns))
    var rank: blasint = 0
    let info = unsafe LAPACKE_dgelsd(
      LAPACK_ROW_MAJOR, blasint(rows), blasint(columns), 1, &matrix, blasint(columns), &solution, 1,
      &singularValues, Double(max(rows, columns)) * .ulpOfOne, &rank)
    switch info {
    case 0: return Array(solution.prefix(columns))
    case LAPACK_WORK_MEMORY_ERROR, LAPACK_TRANSPOSE_MEMORY_ERROR: throw .outOfMemory(rows: rows, columns: columns)
    case ..<0: stop("gelsd refused its argument \(-info)")
    default: throw .notConverged(rows: rows, columns: columns)
    }
  }
}

package enum LeastSquaresError: Error, Hashable, CustomStringConvertible {
  case notFinite
  case notConverged(rows: Int, columns: Int)
  case outOfMemory(rows: Int, columns: Int)

  package var description: String {
    switch self {
    case .notFinite: "a fit by least squares needs finite numbers: one is NaN or infinite"
    case .notConverged(let rows, let columns):
      "the singular values of a [\(rows), \(columns)] matrix of least squares did not converge"
    case .outOfMemory(let rows, let columns): "no memory for least squares with a [\(rows), \(columns)] matrix"
    }
  }
}
