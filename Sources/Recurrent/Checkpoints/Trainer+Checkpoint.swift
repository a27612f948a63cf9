internal import Kernels

extension Trainer {
  /// What the bits of this training depend on beside its model, its data and its seeds.
  public var fingerprint: Fingerprint { Fingerprint(plan) }

  /// Everything that the next step depends on.
  /// - Parameter notes: what the program has to know to go on, such as its place in the data: texts by name.
  /// - Precondition: no accumulated gradients wait for a step: they are not kept.
  public func checkpoint(notes: [String: String] = [:]) -> TrainingCheckpoint<S> {
    require(
      accumulatedBatches == 0,
      "expected a step before a checkpoint, got \(accumulatedBatches) batches accumulated for one")
    gatherStart()
    let start = start
    return TrainingCheckpoint(
      model: model(), settings: settings, stepCount: stepCount,
      moments: (1...settings.optimizer.momentCount).map { engine.moment($0) }, average: average, state: start.state,
      isFresh: start.isFresh, dropoutSeeds: dropoutSeeds, fingerprint: fingerprint, notes: notes)
  }

  /// Goes on from a checkpoint as if the training had never stopped: the same steps give the same bits, also with another
  /// number of threads, on a machine of the same `Fingerprint`. Where `checkpoint.settings` were changed to another batch
  /// size there is no state for its sequences: they start anew.
  /// - Parameters:
  ///   - checkpoint: as it was taken, of any number of processes.
  ///   - threads: workers that share the batch; 0: one for each processor.
  ///   - communicator: several processes that share the shards; nil: this one alone.
  /// - Precondition: the optimizer of `checkpoint.settings`, if it was changed, keeps as many moments as the one before.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ checkpoint: TrainingCheckpoint<S>, threads: Int = 0, over communicator: (any Communicator)? = nil
  ) throws(PlanError) {
    try self.init(
      checkpoint.model, checkpoint.settings, threads: threads, over: communicator,
      dropoutSeeds: checkpoint.dropoutSeeds)
    require(
      checkpoint.moments.count == settings.optimizer.momentCount,
      "expected \(settings.optimizer.momentCount) moments, got \(checkpoint.moments.count)")
    for (index, moment) in checkpoint.moments.enumerated() { engine.setMoment(index + 1, moment) }
    if let kept = checkpoint.average, average != nil { average = kept }
    if checkpoint.state.batchSize == settings.batchSize {
      start = Engine.SavedStart(state: checkpoint.state, isFresh: checkpoint.isFresh)
    }
    stepCount = checkpoint.stepCount
  }
}
