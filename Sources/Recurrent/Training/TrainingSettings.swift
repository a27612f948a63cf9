/// What of a training is chosen before its first step and decides its numbers: with the model and the seeds of a
/// checkpoint, all that `Trainer` needs.
public struct TrainingSettings: Sendable, Hashable {
  /// N, sequences side by side.
  public var batchSize: Int
  /// T, the most steps of a segment.
  public var sequenceLength: Int
  public var loss: Loss
  public var optimizer: Optimizer
  public var schedule: LearningRateSchedule
  public var clipping: GradientClipping
  /// Whether the state after a step is where the next step starts.
  public var carriesState: Bool
  /// Whether sequences may have different lengths, T being the most, and be fewer than N.
  public var isRagged: Bool
  public var recomputing: Recomputation
  /// Who multiplies.
  public var products: Products
}

extension TrainingSettings {
  /// What of these settings does not go with a model, where it would trap: for settings from a file. nil: nothing.
  func fault(for configuration: ModelConfiguration) -> String? {
    if configuration.head == .none { return "a model without head has no loss to be trained with" }
    if configuration.attention != nil { return "a model with attention is trained with its encoder" }
    if carriesState, configuration.directions != .forward { return "layers that run both ways carry no state" }
    if recomputing != .none {
      let isPossible =
        configuration.directions == .forward && loss.targets != .labels
        && (configuration.head == .everyStep || (configuration.head == .lastStep && !configuration.isResidual))
      if !isPossible { return "the model or its loss cannot be computed again in segments" }
    }
    switch loss.kind {
    case .crossEntropy(let weights, _, _):
      if !weights.isEmpty, weights.count != configuration.outputSize { return "the loss has \(weights.count) weights" }
    case .binaryCrossEntropy(let weights):
      if weights.count > 1, weights.count != configuration.outputSize { return "the loss has \(weights.count) weights" }
    case .ctc(let blank, _, _):
      if configuration.head != .everyStep { return "the connectionist loss needs a head at every step" }
      if blank >= configuration.outputSize { return "the loss has the blank \(blank)" }
    case .meanSquaredError, .meanAbsoluteError, .huber: break
    }
    return nil
  }
}
