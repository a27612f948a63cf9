import Recurrent
import Storage

/// Trains epoch by epoch until the validation loss no longer falls, and keeps the best model: in memory, and at
/// `--checkpoint`.
struct EpochTraining: ~Copyable {
  /// What the training works on.
  struct Task {
    /// What is done once for each epoch, before its first step; returns the number of its steps.
    let beginEpoch: (_ epoch: Int) -> Int
    /// One step, and how many of the things named by `unit` it took.
    let step: (inout Trainer<Float>, _ batch: Int) -> (report: StepReport, count: Int)
    /// The loss on the validation part; nil where there is none.
    let validate: (Model<Float>) throws -> Double?
    /// What is counted, for the display.
    let unit: String
  }

  private var trainer: Trainer<Float>
  private let options: TableRunOptions
  private let annotations: [String: String]
  private var stopping: EarlyStopping
  private var lastSave = ContinuousClock.now
  private var best: (model: Model<Float>, loss: Double?, epoch: Int)?
  private var isSaved = true

  private var lastLine: ContinuousClock.Instant?

  /// Time between two saves, and between the lines of two epochs.
  private static let pause = Duration.seconds(5)
  private static let linePause = Duration.seconds(1)

  /// - Parameter annotations: are kept with the model.
  init(_ trainer: consuming Trainer<Float>, options: TableRunOptions, annotations: [String: String]) {
    self.trainer = trainer
    self.options = options
    self.annotations = annotations
    stopping = EarlyStopping(patience: options.patience)
  }

  /// - Returns: the model with the lowest validation loss, or the last one where there is none.
  /// - Throws: `Failure` where a loss is no longer finite, a signal came, or the model could not be saved.
  mutating func run(_ task: Task, stepsPerEpoch: Int, log: consuming TrainingLog?) throws -> Model<Float> {
    Interruption.watch()
    let total = stepsPerEpoch * options.epochs
    var display = ProgressDisplay(totalSteps: total, epochs: options.epochs, unit: task.unit)
    let clock = ContinuousClock()
    let start = clock.now
    for epoch in 1...options.epochs {
      let epochStart = clock.now
      let steps = task.beginEpoch(epoch - 1)
      var sum = 0.0
      var seen = 0
      for batch in 0..<steps {
        let stepStart = clock.now
        let (report, count) = task.step(&trainer, batch)
        sum += report.loss * Double(count)
        seen += count
        guard report.isFinite else { throw divergence("training loss", report.loss, epoch, &display) }
        let validationLoss = batch == steps - 1 ? try task.validate(trainer.model()) : nil
        let record = StepRecord(
          step: report.step, epoch: epoch, trainingLoss: report.loss, validationLoss: validationLoss,
          gradientNorm: report.gradientNorm, tokensPerSecond: Double(count) / (clock.now - stepStart).seconds,
          seconds: (clock.now - start).seconds)
        log?.append(record)
        let rate = Double(seen) / (clock.now - epochStart).seconds
        if batch < steps - 1 {
          let elapsed = (clock.now - start).seconds
          display.step(
            record, rate: rate, secondsLeft: elapsed / Double(report.step) * Double(max(0, total - report.step)))
        } else {
          // Epochs of small tables are too many to show each.
          if epoch == options.epochs || lastLine.map({ clock.now - $0 >= Self.linePause }) ?? true {
            lastLine = clock.now
            display.epoch(
              epoch, trainingLoss: sum / Double(seen), validationLoss: validationLoss,
              seconds: (clock.now - epochStart).seconds, rate: rate)
          }
          try endEpoch(epoch, validationLoss, &display)
        }
        if let signal = Interruption.signal { try interrupt(signal, epoch, &display) }
      }
      if stopping.evaluationsWithoutProgress >= options.patience, epoch < options.epochs {
        Note.note("no lower validation loss in \(options.patience) epochs: stopped after epoch \(epoch)")
        break
      }
    }
    try save()
    guard let best else { stop("a training has at least one epoch") }
    let which = best.loss.map { " of epoch \(best.epoch) (validation loss \(decimal($0)))" } ?? ""
    Note.note("saved \(options.checkpoint), the model\(which)")
    return best.model
  }

  private mutating func endEpoch(_ epoch: Int, _ validationLoss: Double?, _ display: inout ProgressDisplay) throws {
    if let validationLoss {
      guard validationLoss.isFinite else { throw divergence("validation loss", validationLoss, epoch, &display) }
      _ = stopping.shouldStop(after: validationLoss)
      guard stopping.evaluationsWithoutProgress == 0 else { return }
    }
    var model = trainer.model()
    model.annotations = annotations
    best = (model, validationLoss, epoch)
    isSaved = false
    if ContinuousClock.now - lastSave >= Self.pause { try? save() }
  }

  private mutating func save() throws(CheckpointError) {
    lastSave = .now
    guard !isSaved, let best else { return }
    try best.model.save(to: options.checkpoint)
    isSaved = true
  }

  private mutating func interrupt(_ signal: Int32, _ epoch: Int, _ display: inout ProgressDisplay) throws {
    display.clear()
    try save()
    let saved = best.map { "saved \(options.checkpoint), the model of epoch \($0.epoch)" } ?? "no epoch was done"
    throw Failure(message: "stopped in epoch \(epoch) of \(options.epochs); \(saved)", status: .interrupted(signal))
  }

  private mutating func divergence(
    _ what: String, _ loss: Double, _ epoch: Int, _ display: inout ProgressDisplay
  ) -> Failure {
    display.clear()
    try? save()
    let kept = best.map { "\(options.checkpoint) holds the model of epoch \($0.epoch)" } ?? "no model was saved"
    return Failure(
      message: "the \(what) is not a finite number (\(loss)) in epoch \(epoch); \(kept). "
        + "A lower --learning-rate or --clip-norm may help",
      status: .notFinite)
  }
}
