internal import Storage

/// Lowers the learning rate when the validation loss has stopped falling.
public struct ReduceOnPlateau: Sendable, Hashable {
  /// What the learning rate is multiplied by.
  public let factor: Double
  /// Evaluations without a new lowest loss after which it is.
  public let patience: Int
  /// The learning rate does not fall below this.
  public let minimumRate: Double
  /// The lowest loss so far; infinite before the first.
  public private(set) var lowestLoss = Double.infinity
  /// Evaluations since then, or since the last reduction.
  public private(set) var evaluationsWithoutProgress = 0

  /// - Precondition: the factor lies between 0 and 1, the patience is at least 1.
  public init(factor: Double = 0.1, patience: Int = 10, minimumRate: Double = 0) {
    require(factor > 0 && factor < 1, "expected a factor between 0 and 1, got \(factor)")
    require(patience >= 1, "patience must be 1 or more, got \(patience)")
    require(
      minimumRate >= 0 && minimumRate.isFinite, "expected a finite least rate of 0 or more, got \(minimumRate)")
    (self.factor, self.patience, self.minimumRate) = (factor, patience, minimumRate)
  }

  /// As it was after earlier evaluations.
  mutating func restore(lowestLoss: Double, evaluationsWithoutProgress: Int) {
    (self.lowestLoss, self.evaluationsWithoutProgress) = (lowestLoss, evaluationsWithoutProgress)
  }

  /// Notes the loss of an evaluation.
  /// - Returns: the learning rate after it.
  public mutating func rate(after loss: Double, rate: Double) -> Double {
    if loss < lowestLoss {
      (lowestLoss, evaluationsWithoutProgress) = (loss, 0)
      return rate
    }
    evaluationsWithoutProgress += 1
    guard evaluationsWithoutProgress >= patience else { return rate }
    evaluationsWithoutProgress = 0
    return min(rate, max(minimumRate, rate * factor))
  }
}
