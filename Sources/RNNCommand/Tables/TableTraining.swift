import Recurrent
import Storage

/// A training on a table as the user sees it: epoch by epoch until the validation loss no longer falls; the file at
/// `--checkpoint` holds the best model, and the training to go on with.
struct TableTraining: ~Copyable {
  private var loop: TrainingLoop<Float>
  private let report: LoopReport
  private let path: String
  private let note: TableNote
  /// What goes on with it, for the text where a signal came.
  private let table: String
  private let measure: String

  /// - Parameters:
  ///   - table: the file of the data, for messages.
  ///   - unit: what is counted; `scale`: how many of it are one of the loop's counts.
  ///   - measure: what validations measure.
  init(
    _ trainer: consuming Trainer<Float>, _ data: TrainingData<Float>, held: ValidationData<Float>?, note: TableNote,
    table: String, resumed: ResumedTable?, path: String, store: consuming CheckpointStore?, unit: String,
    scale: Int = 1, measure: String = Self.usualMeasure, log: consuming TrainingLog?, page: TrainingPage?
  ) throws(TrainingError) {
    var options = TrainingOptions(.epochs(note.epochs))
    options.patience = held == nil ? nil : note.patience
    options.bestPlace = .checkpoint
    options.notes = note.notes
    self.path = path
    loop = try TrainingLoop(
      trainer, data, options, validation: held, store: store, progress: resumed?.progress,
      best: resumed?.checkpoint.best, file: resumed?.file)
    // Epochs of small tables are too many to show each.
    report = LoopReport(
      loop, path: path, unit: unit, scale: scale, linePause: .seconds(1), measure: measure, log: log, page: page)
    (self.note, self.table, self.measure) = (note, table, measure)
  }

  private static let usualMeasure = "validation loss"

  /// - Returns: the model with the lowest validation loss, or the last one where there is none.
  /// - Throws: `Failure` where a loss is no longer finite, a signal came, or the model could not be saved.
  mutating func run() throws -> Model<Float> {
    let (result, signal): (TrainingResult, Int32?)
    do { (result, signal) = try report.run(&loop) } catch let error as TrainingError {
      throw Failure(error, at: "in epoch \(report.epoch)") { kept.text(savedStep: $0) }
    }
    guard let signal else {
      kept.announce { "\(measure) \(measure == Self.usualMeasure ? lossText($0) : decimal($0))" }
      return loop.bestModel
    }
    throw kept.stopped(by: signal, step: result.step, epoch: report.epoch, of: note, on: table)
  }

  private var kept: KeptModel { KeptModel(path: path, stepsPerEpoch: loop.stepsPerEpoch, best: loop.progress.best) }
}

// MARK: Going on

extension ResumedTable {
  /// Refuses a validation file that is no longer where it was; nil: there was none.
  static func requireThere(validation held: String?, of file: String) throws(Failure) {
    guard let held, !FilePlace(held).isThere else { return }
    throw Failure(
      message: "there is no file \(held), the validation part of \(file): --validation says where it is now")
  }

  /// Applies what may change when the training goes on, and checks that there is something left to do.
  /// - Returns: the trainer; nil where the training is complete.
  /// - Throws: `Failure` where the data are others.
  mutating func trainer(
    _ options: TableRunOptions, digest: UInt64, table: String, stepsPerEpoch: Int, hasValidation: Bool
  ) throws -> Trainer<Float>? {
    guard digest == note.digest else {
      throw Failure(
        message: "\(table) does not hold the data that \(file) was trained on, or the validation part is another")
    }
    let given = GivenOptions.names
    if given.contains("--patience") { note.patience = options.patience }
    let oldEpochs = note.epochs
    if given.contains("--epochs") { note.epochs = options.epochs }
    let isOver = hasValidation && progress.evaluationsWithoutProgress >= note.patience
    guard checkpoint.stepCount < note.epochs * stepsPerEpoch, !isOver else {
      Note.note(
        "the training of \(file) is complete after step \(checkpoint.stepCount); more "
          + (isOver ? "--patience" : "--epochs") + " goes on")
      return nil
    }
    try checkpoint.settings.choose(options.shared.multiplying.products)
    try checkpoint.settings.moveEnd(from: oldEpochs * stepsPerEpoch, to: note.epochs * stepsPerEpoch)
    let trainer = try checkpoint.trainer(threads: options.shared.threadCount)
    Note.line(
      "resumed   \(file), after step \(grouped(checkpoint.stepCount)) of \(grouped(note.epochs * stepsPerEpoch))")
    Note.shards(trainer.settings.shards, trainer.settings.exchange)
    return trainer
  }
}
