internal import Storage

/// Ends a training when the validation loss has stopped falling (Prechelt 1998).
public struct EarlyStopping: Sendable, Hashable {
  /// Evaluations without a new lowest loss after which there is no hope.
  public let patience: Int
  /// The lowest loss so far; infinite before the first.
  public private(set) var lowestLoss: Double
  /// Evaluations since then.
  public private(set) var evaluationsWithoutProgress: Int

  /// - Parameters:
  ///   - patience: evaluations without progress that are endured.
  ///   - lowestLoss: where a training goes on, that of the training so far.
  ///   - evaluationsWithoutProgress: likewise.
  /// - Precondition: the patience is at least 1.
  public init(patience: Int, lowestLoss: Double = .infinity, evaluationsWithoutProgress: Int = 0) {
    require(patience >= 1, "patience must be 1 or more, got \(patience)")
    self.patience = patience
    self.lowestLoss = lowestLoss
    self.evaluationsWithoutProgress = evaluationsWithoutProgress
  }

  /// Whether the patience is at its end.
  public var isOver: Bool { evaluationsWithoutProgress >= patience }

  /// Notes the loss of an evaluation.
  /// - Returns: whether the training should end.
  public mutating func shouldStop(after loss: Double) -> Bool {
    if loss < lowestLoss {
      (lowestLoss, evaluationsWithoutProgress) = (loss, 0)
    } else {
      evaluationsWithoutProgress += 1
    }
    return isOver
  }
}
