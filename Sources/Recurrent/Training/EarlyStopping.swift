/// Ends a training when the validation loss has stopped falling (Prechelt 1998).
public struct EarlyStopping: Sendable, Hashable {
  /// Evaluations without a new lowest loss after which there is no hope.
  public let patience: Int
  /// The lowest loss so far; infinite before the first.
  public private(set) var lowestLoss = Double.infinity
  /// Evaluations since then.
  public private(set) var evaluationsWithoutProgress = 0

  /// - Precondition: the patience is at least 1.
  public init(patience: Int) {
    precondition(patience >= 1, "patience must be 1 or more, got \(patience)")
    self.patience = patience
  }

  /// Notes the loss of an evaluation.
  /// - Returns: whether the training should end.
  public mutating func shouldStop(after loss: Double) -> Bool {
    if loss < lowestLoss {
      (lowestLoss, evaluationsWithoutProgress) = (loss, 0)
    } else {
      evaluationsWithoutProgress += 1
    }
    return evaluationsWithoutProgress >= patience
  }
}
