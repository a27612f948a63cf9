import ArgumentParser
import Recurrent
import Storage

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on text.",
    discussion: """
      The text is UTF-8, each Unicode scalar a character (--bytes: each byte); line ends are taken as they are, CR LF is two \
      characters, and a byte order mark at the start of a file is none. --normalize nfc makes one of the spellings that a \
      letter may have. It is cut into parallel streams, which are read in windows; the state is carried from window to window \
      (truncated back-propagation through time) and starts at zero in every epoch. The last part of the text is held \
      out for validation. A text larger than memory is made a token file first (rnn tokenize), which is read as it is needed.

      The model is saved at the end of each epoch (of epochs shorter than that, every 5 seconds), every --save-every \
      steps, when the training is interrupted, and at its end. With a validation part, the model with the lowest \
      validation loss at the end of an epoch is kept beside it: model-best.safetensors beside model.safetensors. \
      --patience ends the training when that loss no longer falls. \
      A file is replaced whole or not at all, and never by a model whose loss is not a finite number.

      The saved model holds all that its training needs to go on: --resume FILE does so as if it had never stopped, to the \
      same bytes; more --steps or --epochs may be asked of it, or other --products, which round otherwise. The checkpoints saved before the last are kept as \
      model-step-1200.safetensors; where the last is damaged --resume takes the newest of those that is whole. \
      The best model is without its training, for use.

      Ctrl-C, SIGTERM and the end of the terminal (SIGHUP) let the step finish and save; a second one stops at once.

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """)

  @OptionGroup(title: "Text") var text: TextOptions
  @OptionGroup(title: "Text") var division: DivisionOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Run") var settings: RunOptions

  func validate() throws {
    if settings.patience != nil, division.validationFraction == 0 {
      throw ValidationError("'--patience <n>' needs a validation part, '--validation-fraction <x>' above 0")
    }
    if settings.averageDecay > 0, division.validationFraction == 0 {
      throw ValidationError(
        "'--average-decay <x>' needs a validation part, '--validation-fraction <x>' above 0: the average is kept as the best model"
      )
    }
    if settings.recomputeSteps != nil, model.structure.weightDropout > 0 {
      throw ValidationError("'--weight-dropout <x>' excludes '--recompute-steps <n>'")
    }
    if settings.shared.resume != nil {
      try GivenOptions.refuseWithResume(allowing: [
        "--resume", "--text", "--extension", "--checkpoint", "--steps", "--epochs", "--patience", "--products",
        "--threads", "--log", "--report", "--save-every", "--keep", "--overlap", "--no-overlap",
      ])
    } else {
      try text.require()
    }
    if settings.initFrom != nil {
      let decided: Set = [
        "--cell", "--hidden-size", "--layers", "--embedding-size", "--tied-embedding", "--residual",
        "--residual-blocks", "--feed-forward-size", "--projection-size", "--rank",
        "--trained-initial-state", "--forget-bias", "--spectral-radius", "--recurrent-norm",
        "--input-deviation", "--pieces", "--vocabulary-size", "--vocabulary",
      ]
      if let option = GivenOptions.names.first(where: decided.contains) {
        throw ValidationError("'\(option)' excludes '--init-from <file>': the model has decided it")
      }
    }
  }

  func run() throws {
    if Team.isLeader {
      var files = settings.files(text: text.text, fileExtension: text.fileExtension)
      files.reads(division.vocabulary, as: "--vocabulary")
      try files.check()
      try TrainingPage.check(settings.shared.report)
    }
    if let file = settings.shared.resume { return try goOn(from: file) }
    let keepsBest = division.validationFraction > 0
    let store = try store(keepsBest: keepsBest)
    let replaced = try ReplacedModel.found(by: .text, store, keepsBest: keepsBest)
    let log = try settings.shared.writtenLog.map { path throws(Failure) in try TrainingLog(path: path) }
    let training = try TextTraining(self)
    describe(training)
    replaced?.announce()
    Note.threads(settings.shared.threads)
    try run(training, log: log, store)
  }

  private func goOn(from file: String) throws {
    // Taken first: another process may be about to replace the file.
    var store = try store(keepsBest: true)
    guard var training = try TextTraining.resumed(from: file, self) else { return }
    let step = training.trainer.stepCount
    store?.resume(from: training.resumedFile ?? file, step: step)
    let replaced = try ReplacedModel.found(by: .text, store, keepsBest: false, resumed: file)
    // The text may be known only now.
    if Team.isLeader {
      try settings.files(text: training.progress.text, fileExtension: training.progress.fileExtension).check()
    }
    let log = try settings.shared.writtenLog.map { path throws(Failure) in
      try TrainingLog(path: path, resumingAt: step)
    }
    training.findBest(at: CheckpointStore.bestPath(of: settings.checkpointPath))
    Note.line(
      "resumed   \(training.resumedFile ?? file), after step \(grouped(step)) of \(grouped(training.progress.totalSteps))"
    )
    replaced?.announce()
    Note.products(of: training.trainer.plan)
    Note.shards(training.trainer.settings.shards, training.trainer.settings.exchange)
    Note.threads(settings.shared.threads)
    try run(training, log: log, store)
  }

  /// nil where another process keeps the files.
  private func store(keepsBest: Bool) throws -> CheckpointStore? {
    guard Team.isLeader else { return nil }
    return try CheckpointStore(path: settings.checkpointPath, keeping: settings.keep, keepsBest: keepsBest)
  }

  private func run(
    _ training: consuming TextTraining, log: consuming TrainingLog?, _ store: consuming CheckpointStore?
  ) throws {
    let page = self.page(training)
    var run = try TrainingRun(
      training, saveEvery: settings.saveEvery, path: settings.checkpointPath, store: store, log: log, page: page)
    try run.run()
  }

  /// The page of `--report`, if it is asked for.
  private func page(_ training: borrowing TextTraining) -> TrainingPage? {
    guard let path = settings.shared.writtenReport else { return nil }
    let text = training.text
    let unit = text.vocabulary.tokenName
    let data = [
      ["text", training.progress.text.joined(separator: ", ")],
      ["to train on", counted(text.training.count, unit)],
      ["to validate on", counted(text.validation.count, unit)],
      ["vocabulary", text.vocabulary.countText],
      ["steps in all", grouped(training.progress.totalSteps)],
    ]
    return TrainingPage(
      path: path, title: "Training on \(training.progress.text.joined(separator: ", "))", unit: unit + "s",
      facts: TrainingFacts.rows(training.trainer, data: data), resumingAt: training.trainer.stepCount)
  }

  /// Says on standard error what is about to happen.
  private func describe(_ training: borrowing TextTraining) {
    let (text, data, settings) = (training.text, training.data, training.trainer.settings)
    let configuration = training.trainer.plan.configuration
    let unit = text.vocabulary.tokenName
    let normalization = text.vocabulary.normalization
    let form = normalization == .none ? "" : ", in form \(normalization.rawValue)"
    let held = text.validation.isEmpty ? "" : ", \(grouped(text.validation.count)) for validation"
    Note.line(
      "text      \(counted(text.training.count, unit)) to train on\(held); "
        + "\(text.vocabulary.countText)\(form)")
    Note.line(
      "model     \(configuration.summary); "
        + "\(counted(training.trainer.plan.parameterCount, "parameter")); \(ByteCount(training.trainer.plan.totalBytes)) of memory"
    )
    Note.products(of: training.trainer.plan)
    Note.line(
      "training  \(counted(training.progress.totalSteps, "step")) of \(counted(settings.batchSize, "sequence")) × "
        + "\(counted(settings.sequenceLength, unit)), \(data.training.windowCount) an epoch; "
        + optimizer.summary(
          for: .text, steps: training.progress.totalSteps, batchSize: settings.batchSize)
    )
    Note.shards(settings.shards, settings.exchange)
    if case .none = data.validation, division.validationFraction > 0 {
      Note.note("the text is too short for a validation part")
    }
    if data.shape.isReduced { Note.note("the batch is smaller than usual, to suit a small text or few epochs") }
  }
}
