internal import Kernels

/// A linear map with a constant, fitted by least squares: outputs = weights · features + intercepts.
public struct LinearReadout: Sendable, Hashable {
  /// [O, N]
  public let weights: [Double]
  /// [O]
  public let intercepts: [Double]

  /// N.
  public var featureCount: Int { weights.count / intercepts.count }

  init(weights: [Double], intercepts: [Double]) { (self.weights, self.intercepts) = (weights, intercepts) }

  /// - Parameter weights: [O, N], of what lies around the means.
  init(weights: [Double], featureMeans: [Double], targetMeans: [Double]) {
    let shifts = DoubleProducts.product(
      weights, featureMeans, rows: targetMeans.count, inner: featureMeans.count, columns: 1)
    self.init(weights: weights, intercepts: zip(targetMeans, shifts).map { $0 - $1 })
  }

  /// The outputs [rows, O] for features [rows, N].
  public func outputs(for features: [Double]) -> [Double] {
    require(
      features.count.isMultiple(of: featureCount), "expected rows of \(featureCount) features, got \(features.count)")
    let (rows, width) = (features.count / featureCount, intercepts.count)
    var outputs = DoubleProducts.product(
      features, weights, transposingB: true, rows: rows, inner: featureCount, columns: width)
    for index in outputs.indices { outputs[index] += intercepts[index % width] }
    return outputs
  }
}
