import Recurrent

/// The loop over the steps: trains, validates, logs, shows and saves.
struct TrainingRun: ~Copyable {
  private var trainer: Trainer<Float>
  private let data: TrainingData
  private let totalSteps: Int
  private let saveEvery: Int?
  private var stopping: EarlyStopping?
  private var display: ProgressDisplay
  private let clock = ContinuousClock()
  private let unit: String

  init(
    _ trainer: consuming Trainer<Float>, data: TrainingData, totalSteps: Int, saveEvery: Int?,
    stopping: EarlyStopping?, unit: String
  ) {
    self.trainer = trainer
    self.data = data
    self.totalSteps = totalSteps
    self.saveEvery = saveEvery
    self.stopping = stopping
    self.unit = unit
    let windows = data.training.windowCount
    display = ProgressDisplay(
      totalSteps: totalSteps, epochs: totalSteps / windows + (totalSteps % windows > 0 ? 1 : 0), unit: unit)
  }

  /// - Throws: `Failure` where the loss is no longer finite, a signal came, or the model could not be saved.
  mutating func run(log: consuming TrainingLog?, keeper: inout ModelKeeper) throws {
    Interruption.watch()
    let windows = data.training.windowCount
    let start = clock.now
    var epochStart = start
    var trainingSeconds = 0.0
    var epochSeconds = 0.0
    var epochLoss = 0.0

    for step in 1...totalSteps {
      let window = (step - 1) % windows
      let epoch = (step - 1) / windows + 1
      if window == 0 {
        trainer.resetState()
        (epochStart, epochSeconds, epochLoss) = (clock.now, 0, 0)
      }
      let stepStart = clock.now
      let report = trainer.step(window: window, of: data.training)
      let seconds = (clock.now - stepStart).seconds
      trainingSeconds += seconds
      epochSeconds += seconds
      epochLoss += report.loss

      let endsEpoch = window == windows - 1 || step == totalSteps
      let validationLoss = endsEpoch && report.isFinite ? try validate() : nil
      let record = StepRecord(
        step: step, epoch: epoch, trainingLoss: report.loss, validationLoss: validationLoss,
        gradientNorm: report.gradientNorm, tokensPerSecond: tokensPerWindow / seconds,
        seconds: (clock.now - start).seconds)
      log?.append(record)
      guard report.isFinite else { throw divergence(step, "training loss", report.loss, &keeper) }
      if let validationLoss, !validationLoss.isFinite {
        throw divergence(step, "validation loss", validationLoss, &keeper)
      }

      let rate = tokensPerWindow * Double(window + 1) / epochSeconds
      if endsEpoch {
        display.epoch(
          epoch, trainingLoss: epochLoss / Double(window + 1), validationLoss: validationLoss,
          seconds: (clock.now - epochStart).seconds, rate: rate)
        keeper.endEpoch(try checkedModel(step, &keeper), step: step, validationLoss: validationLoss)
        if let validationLoss, stopping?.shouldStop(after: validationLoss) == true, step < totalSteps {
          Note.note("no lower validation loss in \(stopping!.patience) epochs: stopped after epoch \(epoch)")
          return try finish(step, &keeper)
        }
      } else {
        let elapsed = (clock.now - start).seconds
        display.step(record, rate: rate, secondsLeft: elapsed / Double(step) * Double(totalSteps - step))
        if let saveEvery, step.isMultiple(of: saveEvery) {
          display.clear()
          keeper.save(try checkedModel(step, &keeper), step: step)
        }
      }
      if let signal = Interruption.signal, step < totalSteps { try interrupt(signal, step, epoch, &keeper) }
    }
    try finish(totalSteps, &keeper)
  }

  private var tokensPerWindow: Double { Double(data.shape.batchSize * data.shape.sequenceLength) }

  /// nil where there is nothing to validate with.
  private mutating func validate() throws(PlanError) -> Double? {
    switch data.validation {
    case .none: nil
    case .streams(let streams): trainer.evaluate(streams)
    case .sequence(let tokens): try trainer.model().evaluate(tokens).loss
    }
  }

  /// The model as it is now, if it still predicts something.
  private mutating func checkedModel(_ step: Int, _ keeper: inout ModelKeeper) throws -> Model<Float> {
    let loss = trainer.evaluate(data.probe)
    guard loss.isFinite else { throw divergence(step, "loss after the update", loss, &keeper) }
    return trainer.model()
  }

  // MARK: Ends

  private mutating func finish(_ step: Int, _ keeper: inout ModelKeeper) throws {
    keeper.save(trainer.model(), step: step)
    try keeper.finish()
    Note.note("saved \(keeper.path)\(bestSaved(keeper))")
  }

  private mutating func interrupt(_ signal: Int32, _ step: Int, _ epoch: Int, _ keeper: inout ModelKeeper) throws {
    display.clear()
    keeper.save(try checkedModel(step, &keeper), step: step)
    try keeper.finish()
    throw Failure(
      message: "stopped after step \(step) of \(totalSteps), in epoch \(epoch); "
        + "saved \(keeper.path)\(bestSaved(keeper))",
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
    guard let best = keeper.best else { return "" }
    return ", and \(keeper.bestPath) (validation loss \(decimal(best.loss)), step \(best.step))"
  }
}
