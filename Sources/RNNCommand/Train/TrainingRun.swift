import Recurrent

/// The loop over the steps: trains, validates, logs, shows and saves.
struct TrainingRun: ~Copyable {
  private var trainer: Trainer<Float>
  private let data: TrainingData
  private var progress: TextProgress
  private let saveEvery: Int?
  private var display: ProgressDisplay
  private let clock = ContinuousClock()

  init(_ trainer: consuming Trainer<Float>, data: TrainingData, progress: TextProgress, saveEvery: Int?) {
    self.trainer = trainer
    self.data = data
    self.progress = progress
    self.saveEvery = saveEvery
    let windows = data.training.windowCount
    let epochs = progress.totalSteps / windows + (progress.totalSteps % windows > 0 ? 1 : 0)
    display = ProgressDisplay(
      totalSteps: progress.totalSteps, epochs: epochs, unit: progress.unit == .byte ? "bytes" : "chars")
  }

  /// All steps that are left, one at least.
  /// - Throws: `Failure` where the loss is no longer finite, a signal came, or the model could not be saved.
  mutating func run(log: consuming TrainingLog?, keeper: inout ModelKeeper) throws {
    Interruption.watch()
    let windows = data.training.windowCount
    let start = clock.now
    let firstStep = trainer.stepCount + 1
    var epochStart = start
    var epochSeconds = 0.0
    var epochSteps = 0

    for step in firstStep...progress.totalSteps {
      let window = (step - 1) % windows
      let epoch = (step - 1) / windows + 1
      if window == 0 {
        trainer.resetState()
        progress.epochLoss = 0
        (epochStart, epochSeconds, epochSteps) = (clock.now, 0, 0)
      }
      let stepStart = clock.now
      let report = trainer.step(data.training.input(window), data.training.target(window))
      let seconds = (clock.now - stepStart).seconds
      epochSeconds += seconds
      epochSteps += 1

      let endsEpoch = window == windows - 1 || step == progress.totalSteps
      let validationLoss = endsEpoch && report.isFinite ? try validate() : nil
      let record = StepRecord(
        step: step, epoch: epoch, trainingLoss: report.loss, validationLoss: validationLoss,
        gradientNorm: report.gradientNorm, tokensPerSecond: tokensPerWindow / seconds,
        seconds: (clock.now - start).seconds)
      log?.append(record)
      guard report.isFinite else { throw divergence(step, "training loss", report.loss, &keeper) }
      progress.epochLoss += report.loss
      if let validationLoss, !validationLoss.isFinite {
        throw divergence(step, "validation loss", validationLoss, &keeper)
      }

      let rate = tokensPerWindow * Double(epochSteps) / epochSeconds
      if endsEpoch {
        display.epoch(
          epoch, trainingLoss: progress.epochLoss / Double(window + 1), validationLoss: validationLoss,
          seconds: (clock.now - epochStart).seconds, rate: rate)
        if let validationLoss { note(validationLoss, step, &keeper) }
        if isDue(step) || !keeper.hasJustSaved { try save(step, &keeper) }
        if let stopping = progress.stopping, stopping.isOver, step < progress.totalSteps {
          Note.note("no lower validation loss in \(stopping.patience) epochs: stopped after epoch \(epoch)")
          return try finish(step, &keeper)
        }
      } else {
        let perStep = (clock.now - start).seconds / Double(step - firstStep + 1)
        display.step(record, rate: rate, secondsLeft: perStep * Double(progress.totalSteps - step))
        if isDue(step) || keeper.wantsRetry {
          display.clear()
          try save(step, &keeper)
        }
      }
      if let signal = Interruption.signal, step < progress.totalSteps { try interrupt(signal, step, epoch, &keeper) }
    }
    try finish(progress.totalSteps, &keeper)
  }

  private var tokensPerWindow: Double { Double(data.shape.batchSize * data.shape.sequenceLength) }

  /// Whether `--save-every` asks for a save after this step.
  private func isDue(_ step: Int) -> Bool { saveEvery.map { step.isMultiple(of: $0) } ?? false }

  /// nil where there is nothing to validate with.
  private mutating func validate() throws(PlanError) -> Double? {
    switch data.validation {
    case .none: nil
    case .streams(let streams): trainer.evaluate(streams).loss
    case .sequence(let tokens): try trainer.model().evaluate(tokens, products: trainer.settings.products).loss
    }
  }

  private mutating func note(_ validationLoss: Double, _ step: Int, _ keeper: inout ModelKeeper) {
    _ = progress.stopping?.shouldStop(after: validationLoss)
    guard validationLoss < progress.best?.loss ?? .infinity else { return }
    progress.best = (validationLoss, step)
    keeper.note(best: trainer.model())
  }

  /// Saves the training as it is now, if the model still predicts something.
  private mutating func save(_ step: Int, _ keeper: inout ModelKeeper, isLast: Bool = false) throws {
    let loss = trainer.evaluate(data.probe).loss
    guard loss.isFinite else { throw divergence(step, "loss after the update", loss, &keeper) }
    keeper.save(trainer.checkpoint(notes: progress.notes), isLast: isLast)
  }

  // MARK: Ends

  private mutating func finish(_ step: Int, _ keeper: inout ModelKeeper) throws {
    try save(step, &keeper, isLast: true)
    try keeper.finish()
    Note.note("saved \(keeper.path)\(bestSaved(keeper))")
  }

  private mutating func interrupt(_ signal: Int32, _ step: Int, _ epoch: Int, _ keeper: inout ModelKeeper) throws {
    display.clear()
    try save(step, &keeper, isLast: true)
    try keeper.finish()
    throw Failure(
      message: "stopped after step \(step) of \(progress.totalSteps), in epoch \(epoch); "
        + "saved \(keeper.path)\(bestSaved(keeper)); 'rnn train --resume \(keeper.path)' goes on",
      status: .interrupted(signal))
  }

  private mutating func divergence(
    _ step: Int, _ what: String, _ loss: Double, _ keeper: inout ModelKeeper
  ) -> Failure {
    display.clear()
    try? keeper.saveBest()
    let kept = keeper.savedStep.map { "\(keeper.path) holds the model of step \($0)" } ?? "no model was saved"
    return Failure(
      message: "the \(what) is not a finite number (\(loss)) at step \(step); \(kept)\(bestSaved(keeper)). "
        + "A lower --learning-rate or --clip-norm may help",
      status: .notFinite)
  }

  private func bestSaved(_ keeper: borrowing ModelKeeper) -> String {
    guard let best = progress.best else { return "" }
    return ", and \(keeper.bestPath) (validation loss \(decimal(best.loss)), step \(best.step))"
  }
}
