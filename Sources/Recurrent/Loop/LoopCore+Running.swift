// The steps of a loop, with all that happens between them.
extension LoopCore where T: ~Copyable {
  /// See `TrainingLoop.run(until:_:)`.
  mutating func run(
    until isStopped: () -> Bool, _ hook: (TrainingEvent) throws -> Void
  ) throws -> TrainingResult {
    let firstStep = trainer.stepCount
    let total = totalSteps
    isStopping = false
    evaluation = nil
    var reason = TrainingResult.Reason.completed
    try checkReplicas()
    if let resumption, !hasToldResumption {
      hasToldResumption = true
      try tell(.resumed(resumption), hook)
    }
    while trainer.stepCount < total {
      if let patience = options.patience, progress.evaluationsWithoutProgress >= patience {
        reason = .noProgress
        break
      }
      if trainer.agree(isStopping || isStopped() || Task.isCancelled) {
        reason = .stopped
        break
      }
      try step(isLast: trainer.stepCount + 1 == total, hook)
    }
    if trainer.stepCount > firstStep {
      try tell(.ending(reason, step: trainer.stepCount), hook)
      try save(isLast: true, hook)
      if let error = keeper?.error { throw TrainingError.notSaved(step: trainer.stepCount, error) }
    }
    return TrainingResult(
      reason: reason, step: trainer.stepCount, epoch: lastEpoch, best: progress.best, evaluation: evaluation)
  }

  private typealias Hook = (TrainingEvent) throws -> Void

  private mutating func tell(_ event: TrainingEvent, _ hook: Hook) throws {
    do { try hook(event) } catch is CancellationError { isStopping = true }
  }

  // MARK: A step

  private mutating func step(isLast: Bool, _ hook: Hook) throws {
    lastEpoch = progress.epoch + 1
    let start = ContinuousClock.now
    let (report, count) = try update(hook)
    let duration = ContinuousClock.now - start
    let step = report.step
    let endsEpoch = progress.batch == data.batchCount

    var fresh: Evaluation?
    let isDue = options.validationInterval.map { step.isMultiple(of: $0) } ?? endsEpoch
    if let validation, report.isFinite, isDue || isLast {
      do { fresh = try validation(&trainer) } catch let error as TokenFileError { throw unreadable(error) }
    }
    try tell(
      .step(TrainingStep(report: report, epoch: lastEpoch, count: count, duration: duration, evaluation: fresh)), hook)
    guard report.loss.isFinite else { throw divergence(.trainingLoss, report.loss, step) }
    guard report.gradientNorm.isFinite else { throw divergence(.gradient, report.gradientNorm, step) }
    progress.add(loss: report.loss, count: count)

    let isBest = try fresh.map { evaluation in try note(evaluation, hook) } ?? false
    if endsEpoch || isLast {
      let epoch = TrainingEpoch(epoch: lastEpoch, step: step, trainingLoss: progress.meanLoss, evaluation: fresh)
      try tell(.epoch(epoch), hook)
    }
    if endsEpoch { progress.beginEpoch(lastEpoch) }
    try saveIfDue(endsEpoch: endsEpoch || isLast, isBest: isBest, hook)
  }

  /// One update, by as many batches as it takes.
  private mutating func update(_ hook: Hook) throws -> (report: StepReport, count: Int) {
    let first = progress.batch
    do throws(TokenFileError) { return try tryUpdate() } catch {
      // Nothing was begun: what was learnt so far need not be lost. (A save takes all processes, which know nothing of it.)
      if progress.batch == first, !trainer.hasOthers, trainer.stepCount > progress.firstStep {
        try? save(isLast: true, hook)
      }
      throw unreadable(error)
    }
  }

  private mutating func tryUpdate() throws(TokenFileError) -> (report: StepReport, count: Int) {
    if progress.batch == 0 { trainer.beginEpoch() }
    let last = min(progress.batch + options.batchesPerStep, data.batchCount) - 1
    var count = 0
    while progress.batch < last {
      let batch = try data.batch(epoch: progress.epoch, progress.batch)
      trainer.accumulate(batch)
      count += batch.count
      progress.batch += 1
    }
    let batch = try data.batch(epoch: progress.epoch, last)
    progress.batch += 1
    return (trainer.step(on: batch), count + batch.count)
  }

  /// - Returns: whether it is the best so far.
  private mutating func note(_ evaluation: Evaluation, _ hook: Hook) throws -> Bool {
    let step = trainer.stepCount
    guard evaluation.loss.isFinite else { throw divergence(.validationLoss, evaluation.loss, step) }
    self.evaluation = evaluation
    let isBest = progress.note(evaluation.loss, step: step)
    if isBest {
      let model = trainer.evaluatedModel()
      best = model
      keeper?.note(best: model)
    }
    try tell(.validated(evaluation, step: step, isBest: isBest), hook)
    let rate = trainer.optimizer.learningRate
    if let lower = plateau?.rate(after: evaluation.loss, rate: rate), lower < rate {
      trainer.optimizer.learningRate = lower
      try tell(.reducedLearningRate(to: lower, step: step), hook)
    }
    if let plateau {
      (progress.plateauLoss, progress.plateauEvaluations) = (plateau.lowestLoss, plateau.evaluationsWithoutProgress)
    }
    return isBest
  }

  // MARK: Saving

  private mutating func saveIfDue(endsEpoch: Bool, isBest: Bool, _ hook: Hook) throws {
    guard keeper != nil || trainer.hasOthers else { return }
    let isDue = options.saveInterval.map { trainer.stepCount.isMultiple(of: $0) } ?? false
    let isWanted = keeper.map { isDue || (endsEpoch ? !$0.hasJustSaved : $0.wantsRetry) } ?? false
    if trainer.agree(isWanted) {
      try save(isLast: false, hook)
    } else if isBest, options.bestPlace == .checkpoint {
      let checkpoint = checkpoint()
      keeper?.postpone(checkpoint)
    }
  }

  /// Saves the training as it is now, if the model still predicts something.
  private mutating func save(isLast: Bool, _ hook: Hook) throws {
    guard keeper != nil || trainer.hasOthers else { return }
    let step = trainer.stepCount
    // Of several processes one keeps files; all have a part in what is saved.
    let isSaved = keeper.map { $0.savedStep == step && $0.error == nil } ?? true
    guard trainer.agree(!isSaved) else { return }
    try checkReplicas()
    let checkpoint = checkpoint()
    guard checkpoint.isFinite else { throw divergence(.lossAfterUpdate, .nan, step) }
    if let loss = try probe(), !loss.isFinite { throw divergence(.lossAfterUpdate, loss, step) }
    guard let keeper else { return }
    if let error = keeper.save(checkpoint) {
      try tell(.saveFailed(step: step, error, isLast: isLast), hook)
    } else {
      try tell(.saved(step: step, path: keeper.path), hook)
    }
  }

  /// See `LoopTrainer.loss(ofProbeIn:)`. Where the data can no longer be read, the next step says so; of several processes the
  /// one that fails must say so at once, as the others wait for its part.
  private mutating func probe() throws -> Double? {
    do { return try trainer.loss(ofProbeIn: data) } catch {
      guard trainer.hasOthers else { return nil }
      throw unreadable(error)
    }
  }

  /// Processors of other kinds come to other bits, and files of other data to other numbers: then what the processes train is
  /// no longer one model.
  private func checkReplicas() throws {
    guard trainer.hasOthers else { return }
    // What a program notes tells its data from others, too.
    let notes = options.notes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "\n")
    var digest = trainer.parameterDigest
    for byte in "\(trainer.stepCount) \(data.batchCount) \(notes)".utf8 {
      digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    if let rank = trainer.disagreement(about: digest) {
      throw TrainingError.otherReplica(rank: rank, step: trainer.stepCount, savedStep: keeper?.savedStep)
    }
  }

  private func unreadable(_ error: TokenFileError) -> TrainingError {
    keeper?.rescue()
    return .unreadableData(error, step: trainer.stepCount, savedStep: keeper?.savedStep)
  }

  private func divergence(_ quantity: TrainingError.Quantity, _ value: Double, _ step: Int) -> TrainingError {
    keeper?.rescue()
    return .notFinite(quantity, value: value, step: step, savedStep: keeper?.savedStep)
  }
}
