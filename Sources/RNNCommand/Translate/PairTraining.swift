import Recurrent
import Storage

/// A training on pairs as the user sees it: epoch by epoch until the metric no longer gets better; the file at `--checkpoint`
/// holds the best model, and the training to go on with.
struct PairTraining: ~Copyable {
  private var loop: EncoderDecoderLoop<Float>
  private let report: LoopReport
  private let path: String
  private let note: TableNote
  /// What goes on with it, for the text where a signal came.
  private let pairs: String
  private let measure: String

  /// - Parameters:
  ///   - pairs: the files of the data, for messages.
  ///   - measure: what validations measure.
  init(
    _ trainer: consuming EncoderDecoderTrainer<Float>, _ data: TrainingData<Float>,
    held: PairValidationData<Float>?, halveAfter: Int?, note: TableNote, pairs: String, measure: String,
    resumed: ResumedPairs?, path: String, store: consuming CheckpointStore?, log: consuming TrainingLog?,
    page: TrainingPage?
  ) throws(TrainingError) {
    var options = TrainingOptions(.epochs(note.epochs))
    if held != nil {
      options.patience = note.patience
      options.plateau = halveAfter.map { ReduceOnPlateau(factor: 0.5, patience: $0) }
    }
    options.bestPlace = .checkpoint
    options.notes = note.notes
    self.path = path
    loop = try EncoderDecoderLoop(
      trainer, data, options, validation: held, store: store, progress: resumed?.progress,
      best: resumed?.checkpoint.best, file: resumed?.file)
    let length = LoopLength(
      totalSteps: loop.totalSteps, stepsPerEpoch: loop.stepsPerEpoch, firstStep: loop.trainer.stepCount,
      patience: options.patience)
    report = LoopReport(
      length, path: path, unit: "symbols", linePause: .seconds(1), measure: measure, log: log, page: page)
    (self.note, self.pairs, self.measure) = (note, pairs, measure)
  }

  /// - Returns: the model with the best metric, or the last one where there is none.
  /// - Throws: `Failure` where a loss is no longer finite, a signal came, or the model could not be saved.
  mutating func run() throws -> EncoderDecoder<Float> {
    let (result, signal): (TrainingResult, Int32?)
    do { (result, signal) = try Self.run(&loop, report) } catch let error as TrainingError {
      throw Failure(error, at: "in epoch \(report.epoch)") { kept.text(savedStep: $0) }
    }
    guard let signal else {
      kept.announce { "\(measure) \(decimal($0))" }
      return loop.bestModel
    }
    throw kept.stopped(by: signal, step: result.step, epoch: report.epoch, of: note, on: pairs)
  }

  private static func run(
    _ loop: inout EncoderDecoderLoop<Float>, _ report: LoopReport
  ) throws -> (result: TrainingResult, signal: Int32?) {
    try report.run { try loop.run(until: $0, $1) }
  }

  private var kept: KeptModel { KeptModel(path: path, stepsPerEpoch: loop.stepsPerEpoch, best: loop.progress.best) }
}

// MARK: Going on

/// A training on pairs that goes on.
struct ResumedPairs {
  let file: String
  var checkpoint: EncoderDecoderCheckpoint<Float>
  let progress: TrainingProgress
  var note: TableNote

  /// - Throws: `CheckpointError`, `TrainingError`, `Failure`.
  init(from file: String) throws {
    try ModelUse.requireResumable(file, asPairs: true)
    let found = try CheckpointStore.newestValid(of: file) { path throws(CheckpointError) in
      try EncoderDecoderCheckpoint<Float>(contentsOf: path)
    }
    for error in found.skipped { Note.warning("\(error)") }
    (checkpoint, self.file) = (found.value, found.file)
    note = try TableNote(checkpoint.notes, command: "translate", file: self.file)
    guard let progress = try TrainingProgress(checkpoint, file: self.file) else {
      throw Failure(message: "\(self.file) is damaged: it does not say where in its data it stood")
    }
    self.progress = progress
  }

  /// The command as it was begun.
  /// - Throws: `Failure` where its arguments make no sense.
  func command() throws(Failure) -> TranslateTrain {
    guard let command = try? TranslateTrain.parse(note.arguments) else {
      throw Failure(message: "\(file) is damaged: the arguments in its note \"\(TableNote.note)\" make no sense")
    }
    return command
  }

  /// Applies what may change when the training goes on, and checks that there is something left to do.
  /// - Returns: the trainer; nil where the training is complete.
  /// - Throws: `Failure` where the data are others.
  mutating func trainer(
    _ asked: PairRunOptions, digest: UInt64, pairs: String, stepsPerEpoch: Int, hasValidation: Bool
  ) throws -> EncoderDecoderTrainer<Float>? {
    guard digest == note.digest else {
      throw Failure(message: "\(pairs) does not hold the pairs that \(file) was trained on")
    }
    if GivenOptions.names.contains("--patience") { note.patience = asked.patience }
    let old = note.epochs * stepsPerEpoch
    if let epochs = asked.epochs { note.epochs = epochs }
    let total = note.epochs * stepsPerEpoch
    let isOver = hasValidation && progress.evaluationsWithoutProgress >= note.patience
    guard checkpoint.stepCount < total, !isOver else {
      Note.note(
        "the training of \(file) is complete after step \(checkpoint.stepCount); more "
          + (isOver ? "--patience" : "--epochs") + " goes on")
      return nil
    }
    try checkpoint.settings.choose(asked.shared.multiplying.products)
    try checkpoint.settings.moveEnd(from: old, to: total)
    try Team.requireShards(checkpoint.settings.shards)
    let trainer = try EncoderDecoderTrainer(checkpoint, threads: asked.shared.threadCount, over: Team.ranks)
    checkpoint.fingerprint.warn(of: trainer.fingerprint)
    Note.line("resumed   \(file), after step \(grouped(checkpoint.stepCount)) of \(grouped(total))")
    return trainer
  }
}
