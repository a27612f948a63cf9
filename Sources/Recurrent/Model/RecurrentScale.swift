internal import Kernels

extension Initialization.RecurrentScale {
  /// Scales a matrix, row-major [rows, columns].
  func apply(to matrix: inout [Double], rows: Int, columns: Int) throws(PlanError) {
    require(value.isFinite && value >= 0, "recurrent matrices are scaled to 0 or more, got \(value)")
    let found: Double
    switch self {
    case .spectralRadius:
      require(rows == columns, "a spectral radius is that of a square matrix, got [\(rows), \(columns)]: take a norm")
      found = try SpectralRadius.exact(matrix, rows)
    case .norm: found = try Self.norm(of: matrix, rows: rows, columns: columns)
    }
    guard found > 0 else { return }
    for index in matrix.indices { matrix[index] *= value / found }
  }

  private static func norm(of matrix: [Double], rows: Int, columns: Int) throws(PlanError) -> Double {
    do throws(FactorizationError) {
      var svd = try SingularValues<Double>(rows: columns, columns: rows, vectors: false)
      // By columns it is the transpose, which has the same singular values.
      try svd.decompose(ColumnMatrix(matrix, rows: columns, columns: rows))
      return svd.values[0]
    } catch { throw PlanError(error, for: "the spectrum of a [\(rows), \(columns)] recurrent matrix") }
  }
}
