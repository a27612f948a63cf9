internal import Storage

/// What of the training of an encoder and a decoder is chosen before its first step and decides its numbers: with the model
/// and the seeds of a checkpoint, all that `EncoderDecoderTrainer` needs.
public struct EncoderDecoderSettings: Sendable, Hashable {
  /// N, the most pairs of a step.
  public var batchSize: Int
  /// The most steps of a source.
  public var sourceLength: Int
  /// The most steps of a target, start and end not counted.
  public var targetLength: Int
  /// What the decoder's outputs are compared with, and how.
  public var loss: Loss
  /// How the parameters follow their gradients, and η.
  public var optimizer: Optimizer
  /// What η is multiplied by at each step.
  public var schedule: LearningRateSchedule
  /// Bounds on the gradient of both together.
  public var clipping: GradientClipping
  /// nil: the decoder is always fed the target.
  public var scheduledSampling: ScheduledSampling?
  /// Whether gradients of several batches are summed up for a step.
  public var accumulatesGradients: Bool
  /// β of the moving average of the weights; nil: none is kept.
  public var averageDecay: Double?
  /// S, a power of two that divides N: parts of a batch, as `TrainingSettings.shards`.
  public var shards = 1
  /// In which precision the gradients of shards are summed, and exchanged between processes.
  public var exchange = GradientExchange.full
  /// Who multiplies.
  public var products: Products
  /// What products multiply in: see `TrainingSettings.precision`.
  public var precision = WeightPrecision.full
}

extension EncoderDecoderSettings {
  /// Stops where they make no sense with any model.
  func check() {
    if let fault = schedule.fault { stop(fault) }
    optimizer.checkRate()
    if let shardFault { stop(shardFault) }
    require(
      (averageDecay ?? 0) >= 0 && (averageDecay ?? 0) < 1,
      "the decay of an average must be in 0..<1, got \(averageDecay ?? 0)")
  }

  /// Why the batch cannot be cut into so many shards; nil: it can.
  var shardFault: String? { ShardShare.fault(shards, exchange, ofBatch: batchSize) }

  /// Stops where other settings would need other plans.
  func requireSamePlan(_ other: EncoderDecoderSettings) {
    var same = other
    (same.optimizer, same.schedule, same.clipping) = (optimizer, schedule, clipping)
    require(
      same == self && other.optimizer.momentCount == optimizer.momentCount,
      "of a running training's settings only optimizer (with as many moments), schedule and clipping may be changed")
  }

  /// Names of those that are others there.
  /// - Parameter besidesRate: whether the learning rate, which a plateau lowers in the course of a training, may differ.
  func differences(from other: EncoderDecoderSettings, besidesRate: Bool) -> [String] {
    var optimizer = optimizer
    if besidesRate { optimizer.learningRate = other.optimizer.learningRate }
    let parts: [(name: String, differs: Bool)] = [
      ("batchSize", batchSize != other.batchSize), ("sourceLength", sourceLength != other.sourceLength),
      ("targetLength", targetLength != other.targetLength), ("loss", loss != other.loss),
      ("optimizer", optimizer != other.optimizer), ("schedule", schedule != other.schedule),
      ("clipping", clipping != other.clipping), ("scheduledSampling", scheduledSampling != other.scheduledSampling),
      ("accumulatesGradients", accumulatesGradients != other.accumulatesGradients),
      ("averageDecay", averageDecay != other.averageDecay), ("shards", shards != other.shards),
      ("exchange", exchange != other.exchange),
      ("products", products != other.products), ("precision", precision != other.precision),
    ]
    return parts.filter(\.differs).map(\.name)
  }

  /// Why a loss is not for a decoder; nil: it is.
  static func fault(of loss: Loss, forMarks marks: SequenceMarks?) -> String? {
    let expected: Loss.Targets = marks == nil ? .values : .classes
    return loss.targets == expected
      ? nil : "expected a loss on \(expected) for this decoder, got \(loss), on \(loss.targets)"
  }
}
