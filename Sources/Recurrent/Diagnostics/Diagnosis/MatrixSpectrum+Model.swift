internal import Kernels

extension MatrixSpectrum {
  /// Those of the recurrent matrices of a model of one layer.
  static func all(_ model: Model<Double>, _ gates: [GateNames.Gate]) throws(DiagnosisError) -> [MatrixSpectrum] {
    guard let entry = model.table["rnn.weight_hh_l0"] else { return [] }
    let (hidden, width) = (entry.shape[0] / gates.count, entry.shape[1])
    let weights = model[parameter: entry.name]
    var result: [MatrixSpectrum] = []
    for (index, gate) in gates.enumerated() {
      let block = Array(weights[index * hidden * width..<(index + 1) * hidden * width])
      var radius: Double?
      if hidden == width {
        do throws(PlanError) { radius = try SpectralRadius(of: block, order: hidden).value } catch {
          throw .plan(error)
        }
      }
      result.append(
        MatrixSpectrum(
          gate: gate.name, singularValues: try singularValues(block, hidden: hidden, width: width),
          spectralRadius: radius))
    }
    return result
  }

  private static func singularValues(
    _ block: [Double], hidden: Int, width: Int
  ) throws(DiagnosisError) -> [Double] {
    do throws(FactorizationError) {
      var svd = try SingularValues<Double>(rows: width, columns: hidden, vectors: false)
      // The rows of the gate are columns here: the transposed matrix has the same ones.
      try svd.decompose(ColumnMatrix(block, rows: width, columns: hidden))
      return svd.values
    } catch {
      throw DiagnosisError(error, for: "the recurrent matrices")
    }
  }
}
