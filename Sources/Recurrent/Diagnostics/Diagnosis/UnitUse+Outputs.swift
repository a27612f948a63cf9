internal import Kernels

extension UnitUse {
  /// Of outputs after many steps.
  init(_ outputs: OutputMatrix) throws(DiagnosisError) {
    count = outputs.columns
    guard outputs.rows > 1 else { return }
    var centred = outputs
    centred.subtract(outputs.means)
    var covariance = centred.transposedTimes(centred)
    for index in covariance.values.indices { covariance.values[index] /= Double(outputs.rows) }
    let deviations = (0..<count).map { covariance[$0, $0].squareRoot() }
    let largest = deviations.max() ?? 0
    dead = (0..<count).filter { deviations[$0] <= 1e-3 * largest }
    let living = (0..<count).filter { deviations[$0] > 1e-3 * largest }
    for (index, unit) in living.enumerated() {
      let follows = living[..<index].contains {
        abs(covariance[unit, $0]) > 0.99 * deviations[unit] * deviations[$0]
      }
      if follows { redundant.append(unit) }
    }
    do throws(FactorizationError) {
      var eigen = try SymmetricEigen<Double>(order: count, vectors: false)
      try eigen.decompose(covariance)
      let values = eigen.values.reversed().map { max(0, $0) }
      let total = values.reduce(0, +)
      guard total > 0 else { return }
      effectiveRank = total * total / values.reduce(0) { $0 + $1 * $1 }
      var sum = 0.0
      for value in values where sum < 0.99 * total {
        sum += value
        rank99 += 1
      }
    } catch {
      throw DiagnosisError(error, for: "the covariance of the states")
    }
  }
}
