internal import Kernels

extension MatrixSpectrum {
  /// All eigenvalues of larger matrices take too long.
  private static let largestOrder = 1024

  /// Those of the recurrent matrices of a model of one layer.
  static func all(_ model: Model<Double>, _ gates: [GateNames.Gate]) throws(DiagnosisError) -> [MatrixSpectrum] {
    guard let entry = model.table["rnn.weight_hh_l0"] else { return [] }
    let (hidden, width) = (entry.shape[0] / gates.count, entry.shape[1])
    let weights = model[parameter: entry.name]
    do throws(FactorizationError) {
      var svd = try SingularValues<Double>(rows: width, columns: hidden, vectors: false)
      var eigenvalues: Eigenvalues<Double>?
      if hidden == width, hidden <= largestOrder { eigenvalues = try Eigenvalues(order: hidden) }
      var result: [MatrixSpectrum] = []
      for (index, gate) in gates.enumerated() {
        // The rows of the gate are columns here: the transposed matrix has the same spectra.
        let block = weights[index * hidden * width..<(index + 1) * hidden * width]
        let matrix = ColumnMatrix(Array(block), rows: width, columns: hidden)
        try svd.decompose(matrix)
        try eigenvalues?.compute(matrix)
        result.append(
          MatrixSpectrum(gate: gate.name, singularValues: svd.values, spectralRadius: eigenvalues?.spectralRadius))
      }
      return result
    } catch {
      throw DiagnosisError(error, for: "the recurrent matrices")
    }
  }
}
