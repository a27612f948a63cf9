internal import Kernels

extension Initialization.RecurrentScale {
  /// Scales a matrix, row-major [rows, columns].
  func apply(to matrix: inout [Double], rows: Int, columns: Int) throws(PlanError) {
    require(value.isFinite && value >= 0, "recurrent matrices are scaled to 0 or more, got \(value)")
    // By columns it is the transpose, which has the same spectra.
    let transposed = ColumnMatrix(matrix, rows: columns, columns: rows)
    let found: Double
    do throws(FactorizationError) {
      switch self {
      case .spectralRadius:
        require(rows == columns, "a spectral radius is that of a square matrix, got [\(rows), \(columns)]: take a norm")
        var eigenvalues = try Eigenvalues<Double>(order: rows)
        try eigenvalues.compute(transposed)
        found = eigenvalues.spectralRadius
      case .norm:
        var svd = try SingularValues<Double>(rows: columns, columns: rows, vectors: false)
        try svd.decompose(transposed)
        found = svd.values[0]
      }
    } catch { throw PlanError(error, for: "the spectrum of a [\(rows), \(columns)] recurrent matrix") }
    guard found > 0 else { return }
    for index in matrix.indices { matrix[index] *= value / found }
  }
}
