internal import Kernels

/// Everything that the training of an encoder and a decoder is after a step. `EncoderDecoderTrainer(checkpoint)` goes on
/// from it as if it had never stopped.
///
/// What only the program knows it keeps in `notes`.
public struct EncoderDecoderCheckpoint<S: Scalar>: Sendable {
  /// The model as it was after the step.
  public var model: EncoderDecoder<S>
  /// The best model so far, where it is kept in the same file: who reads that file as a model gets this one.
  public var best: EncoderDecoder<S>?
  /// May be changed before training goes on, where exactness is not wanted.
  public var settings: EncoderDecoderSettings
  /// Steps done.
  public let stepCount: Int
  /// The optimizer's, each laid out as the block of its model.
  let moments: (encoder: [[S]], decoder: [[S]])
  /// Of the weights, where they are averaged.
  let average: (encoder: WeightAverage<S>, decoder: WeightAverage<S>)?
  /// Of dropout and zoneout.
  let dropoutSeeds: SeededGenerator
  /// Of scheduled sampling.
  let samplingSeeds: SeededGenerator
  /// Of the training that the checkpoint was taken of.
  public let fingerprint: Fingerprint
  /// What a program keeps, texts by name.
  public var notes: [String: String]
}

extension EncoderDecoderTrainer {
  /// What the bits of this training depend on beside its model, its data and its seeds.
  public var fingerprint: Fingerprint { Fingerprint(decoderPlan) }

  /// Everything that the next step depends on.
  /// - Parameter notes: what the program has to know to go on, such as its place in the data: texts by name.
  /// - Precondition: no accumulated gradients wait for a step: they are not kept.
  public func checkpoint(notes: [String: String] = [:]) -> EncoderDecoderCheckpoint<S> {
    require(
      accumulated.batches == 0,
      "expected a step before a checkpoint, got \(accumulated.batches) batches accumulated for one")
    let moments = 1...settings.optimizer.momentCount
    return EncoderDecoderCheckpoint(
      model: model(), settings: settings, stepCount: stepCount,
      moments: (moments.map { encoder.moment($0) }, moments.map { decoder.moment($0) }), average: average,
      dropoutSeeds: dropoutSeeds, samplingSeeds: samplingSeeds, fingerprint: fingerprint, notes: notes)
  }

  /// Goes on from a checkpoint as if the training had never stopped: the same steps give the same bits, also with another
  /// number of threads or processes, on a machine of the same `Fingerprint`.
  /// - Precondition: the optimizer of `checkpoint.settings`, if it was changed, keeps as many moments as the one before.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ checkpoint: EncoderDecoderCheckpoint<S>, threads: Int = 0, over communicator: (any Communicator)? = nil
  ) throws(PlanError) {
    try self.init(
      checkpoint.model, checkpoint.settings, threads: threads, over: communicator,
      dropoutSeeds: checkpoint.dropoutSeeds, samplingSeeds: checkpoint.samplingSeeds)
    let moments = checkpoint.moments
    require(
      moments.encoder.count == settings.optimizer.momentCount,
      "expected \(settings.optimizer.momentCount) moments, got \(moments.encoder.count)")
    for (index, moment) in moments.encoder.enumerated() { encoder.setMoment(index + 1, moment) }
    for (index, moment) in moments.decoder.enumerated() { decoder.setMoment(index + 1, moment) }
    if let kept = checkpoint.average, average != nil { average = kept }
    stepCount = checkpoint.stepCount
  }
}
