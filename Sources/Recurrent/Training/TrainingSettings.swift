internal import Storage

/// What of a training is chosen before its first step and decides its numbers: with the model and the seeds of a
/// checkpoint, all that `Trainer` needs.
public struct TrainingSettings: Sendable, Hashable {
  /// N, sequences side by side.
  public var batchSize: Int
  /// T, the most steps of a segment.
  public var sequenceLength: Int
  /// What the outputs are compared with, and how.
  public var loss: Loss
  /// How the parameters follow their gradients, and η.
  public var optimizer: Optimizer
  /// What η is multiplied by at each step.
  public var schedule: LearningRateSchedule
  /// Bounds on the gradient.
  public var clipping: GradientClipping
  /// Whether the state after a step is where the next step starts.
  public var carriesState: Bool
  /// Whether sequences may have different lengths, T being the most, and be fewer than N.
  public var isRagged: Bool
  /// What backward finds kept, and what it computes again.
  public var recomputing: Recomputation
  /// Whether gradients of several batches are summed up for a step.
  public var accumulatesGradients = false
  /// S, a power of two that divides N: the batch is cut into so many parts of N/S sequences. The gradient of each is computed
  /// alone, one after the other in the memory of one, and they are summed in a binary tree. So the training has the same bits
  /// in one process and in several (`Communicator`), of which there may be up to S.
  public var shards = 1
  /// In which precision the gradients of shards are summed, and exchanged between processes.
  public var exchange = GradientExchange.full
  /// Who multiplies.
  public var products: Products
  /// `.full`, or of Floats `.bfloat16Dot` (mixed precision, Kalamkar et al. 2019): all products, forward and backward, round both
  /// sides to bfloat16 and sum in Floats, up to twice as fast where the processor has instructions for it. Parameters, their
  /// moments, gates, states, the loss and all sums are Floats, and so is the model. Attention, and what a validation
  /// computes, is in full.
  public var precision = WeightPrecision.full
  /// Names of parameters that stay as they are: they have no part in the gradient's norm, nor in updates.
  public var frozenParameters: Set<String> = []
  /// β, from 0 to below 1, of a moving average of the weights, which is what is then measured and kept as the best model; nil: the
  /// weights themselves are. See `Trainer.averagedModel()`.
  public var averageDecay: Double?
}

extension TrainingSettings {
  /// Stops where other settings would need another plan.
  func requireSamePlan(_ other: TrainingSettings) {
    var same = other
    (same.optimizer, same.schedule, same.clipping) = (optimizer, schedule, clipping)
    same.frozenParameters = frozenParameters
    require(
      same == self && other.optimizer.momentCount == optimizer.momentCount,
      """
      of a running training's settings only optimizer (with as many moments), schedule, clipping and frozenParameters may \
      be changed
      """)
  }

  /// Stops where they make no sense with any model.
  func check() {
    if let fault = schedule.fault { stop(fault) }
    optimizer.checkRate()
    if let shardFault { stop(shardFault) }
    require(
      (averageDecay ?? 0) >= 0 && (averageDecay ?? 0) < 1,
      "the decay of an average must be in 0..<1, got \(averageDecay ?? 0)")
  }

  /// Names of those that are others there.
  /// - Parameter besidesRate: whether the learning rate, which a plateau lowers in the course of a training, may differ.
  func differences(from other: TrainingSettings, besidesRate: Bool) -> [String] {
    var optimizer = optimizer
    if besidesRate { optimizer.learningRate = other.optimizer.learningRate }
    let parts: [(name: String, differs: Bool)] = [
      ("batchSize", batchSize != other.batchSize), ("sequenceLength", sequenceLength != other.sequenceLength),
      ("loss", loss != other.loss), ("optimizer", optimizer != other.optimizer),
      ("schedule", schedule != other.schedule), ("clipping", clipping != other.clipping),
      ("carriesState", carriesState != other.carriesState), ("isRagged", isRagged != other.isRagged),
      ("recomputing", recomputing != other.recomputing),
      ("accumulatesGradients", accumulatesGradients != other.accumulatesGradients),
      ("shards", shards != other.shards), ("exchange", exchange != other.exchange),
      ("products", products != other.products), ("precision", precision != other.precision),
      ("frozenParameters", frozenParameters != other.frozenParameters),
      ("averageDecay", averageDecay != other.averageDecay),
    ]
    return parts.filter(\.differs).map(\.name)
  }

  /// Why the batch cannot be cut into so many shards; nil: it can.
  var shardFault: String? {
    if let fault = ShardShare.fault(shards, exchange, ofBatch: batchSize) { return fault }
    if shards > 1, loss.targets == .custom {
      return "a loss of one's own sees the whole batch, which cannot be cut into \(shards) shards"
    }
    return nil
  }

  /// What of these settings does not go with a model, where it would trap: for settings from a file. nil: nothing.
  func fault(for configuration: ModelConfiguration) -> String? {
    if let fault = schedule.fault { return fault }
    if let fault = shardFault { return fault }
    if let fault = precision.fault(of: products) { return fault }
    if configuration.head == .none { return "a model without head has no loss to be trained with" }
    if configuration.attention != nil { return "a model with attention is trained with its encoder" }
    if let fault = loss.outputSizeFault(configuration.outputSize) { return fault }
    if carriesState, configuration.directions != .forward { return "layers that run both ways carry no state" }
    if recomputing != .none {
      let isPossible =
        configuration.input.letters == nil && configuration.directions == .forward && loss.targets != .labels
        && loss.targets != .custom
        && loss != .crf && loss != .crf.weighted
        && configuration.headGoesBackInSegments
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
    case .crf:
      if configuration.crf == nil { return "the loss of a CRF needs a model with a CRF" }
    case .meanSquaredError, .meanAbsoluteError, .huber, .pinball, .gaussian, .studentT, .negativeBinomial, .custom:
      break
    }
    return nil
  }
}

extension WeightPrecision {
  /// Why products cannot be made in it, for settings from a file; nil: they can.
  func fault(of products: Products) -> String? {
    self != .full && products == .openBLAS ? "OpenBLAS does not multiply in \(rawValue)" : nil
  }

  /// The same of the scalars that are trained.
  func fault<S: Scalar>(of _: S.Type) -> String? {
    self != .full && S.self != Float.self ? "products of \(S.self) are in full, not in \(rawValue)" : nil
  }
}
