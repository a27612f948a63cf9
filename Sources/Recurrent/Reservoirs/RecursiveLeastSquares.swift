internal import Kernels

/// A linear readout that is fitted row by row and forgets: recursive least squares in double precision, N² numbers and
/// N² operations a row. With a forgetting of 1 it is ridge regression with the penalty that it began with, the
/// intercept penalised too.
///
///     var readout = try RecursiveLeastSquares(featureCount: 200, targetCount: 1, penalty: 1e-3, forgetting: 0.999)
///     let error = readout.update(features: state, targets: [value])
public struct RecursiveLeastSquares: Sendable {
  /// N.
  public let featureCount: Int
  /// O.
  public let targetCount: Int
  /// φ: what a row counts after the next, above 0 and at most 1.
  public let forgetting: Double
  /// The trace of the inverse that is never exceeded by forgetting: where no rows come that excite a direction,
  /// forgetting alone would let it grow without end.
  public let largestTrace: Double
  /// Rows so far.
  public private(set) var count = 0
  /// [N + 1, N + 1], on and above the diagonal: the inverse of Σ φ^age xxᵀ + penalty. The last is the intercept's.
  private var inverse: [Double]
  /// [O, N + 1]
  private var weights: [Double]

  /// - Parameters:
  ///   - featureCount: N.
  ///   - targetCount: O.
  ///   - penalty: λ, above 0; it is forgotten, too.
  ///   - forgetting: φ.
  ///   - largestTrace: nil: a million times that of the start.
  /// - Throws: `RidgeError.memory`.
  public init(
    featureCount: Int, targetCount: Int, penalty: Double, forgetting: Double = 1, largestTrace: Double? = nil
  ) throws(RidgeError) {
    require(
      featureCount >= 1 && targetCount >= 1, "a fit needs features and targets, got \(featureCount), \(targetCount)")
    require(penalty > 0 && penalty.isFinite, "expected a penalty above 0, got \(penalty)")
    require(forgetting > 0 && forgetting <= 1, "a forgetting is above 0 and at most 1, got \(forgetting)")
    (self.featureCount, self.targetCount, self.forgetting) = (featureCount, targetCount, forgetting)
    let order = featureCount + 1
    try RidgeError.admit(numbers: order * (order + targetCount))
    inverse = [Double](repeating: 0, count: order * order)
    for index in 0..<order { inverse[index * order + index] = 1 / penalty }
    weights = [Double](repeating: 0, count: targetCount * order)
    self.largestTrace = largestTrace ?? 1e6 * Double(order) / penalty
  }

  /// Takes a row.
  /// - Parameters:
  ///   - features: [N]
  ///   - targets: [O]
  /// - Returns: how far off the readout was before, [O].
  @discardableResult
  public mutating func update(features: [Double], targets: [Double]) -> [Double] {
    require(
      features.count == featureCount && targets.count == targetCount,
      "expected \(featureCount) features and \(targetCount) targets, got \(features.count) and \(targets.count)")
    let order = featureCount + 1
    let row = features + [1]
    let spread = DoubleProducts.symmetric(inverse, row)
    let innovation = forgetting + zip(row, spread).reduce(0) { $0 + $1.0 * $1.1 }
    let fitted = DoubleProducts.product(weights, row, rows: targetCount, inner: order, columns: 1)
    let errors = zip(targets, fitted).map { $0 - $1 }
    DoubleProducts.addTransposed(
      errors, spread, rows: targetCount, inner: 1, columns: order, factor: 1 / innovation, to: &weights)
    // One triangle alone is kept: it cannot lose its symmetry.
    DoubleProducts.addOuter(spread, factor: -1 / innovation, to: &inverse)
    if forgetting < 1, trace / forgetting <= largestTrace {
      let growth = 1 / forgetting
      for index in inverse.indices { inverse[index] *= growth }
    }
    count += 1
    return errors
  }

  private var trace: Double {
    (0...featureCount).reduce(0) { $0 + inverse[$1 * (featureCount + 1) + $1] }
  }

  /// The readout as it is now.
  public var readout: LinearReadout {
    let order = featureCount + 1
    return LinearReadout(
      weights: (0..<targetCount).flatMap { weights[$0 * order..<$0 * order + featureCount] },
      intercepts: (0..<targetCount).map { weights[$0 * order + featureCount] })
  }
}
