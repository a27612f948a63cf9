import ArgumentParser
import Foundation
import Recurrent

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on text.",
    discussion: """
      The text is cut into parallel streams, which are read in windows; the state is carried from window to window \
      (truncated back-propagation through time) and starts at zero in every epoch. The last part of the text is held \
      out for validation.

      The model is saved at the end of each epoch (of epochs shorter than that, every 5 seconds), every --save-every \
      steps, when the training is interrupted, and at its end. With a validation part, the model with the lowest \
      validation loss at the end of an epoch is kept beside it: model-best.safetensors beside model.safetensors. \
      --patience ends the training when that loss no longer falls. \
      A file is replaced whole or not at all, and never by a model whose loss is not a finite number.

      Ctrl-C and SIGTERM let the step finish and save; a second one stops at once.

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
  }

  func run() throws {
    var keeper = try ModelKeeper(path: settings.checkpoint, keepsBest: division.validationFraction > 0)
    let log = try settings.log.map { path throws(Failure) in try TrainingLog(path: path) }
    try settings.refuseTextAsTarget(text)

    let corpus = try text.corpus(
      unit: division.bytes ? .byte : .unicodeScalar, validationFraction: division.validationFraction)
    let data = try TrainingData(corpus, settings)
    let steps = settings.totalSteps(windowCount: data.training.windowCount)
    let configuration = model.configuration(vocabularySize: corpus.vocabulary.count)
    // Asked for before the parameters are drawn: a plan that is too large should be refused at once.
    _ = try Plan(
      configuration, steps: data.shape.sequenceLength, batchSize: data.shape.batchSize,
      purpose: .training(loss: .crossEntropy, momentCount: 1), segmentSteps: settings.recomputeSteps,
      scalar: Float.self)
    let start = try Model<Float>(
      configuration, initialization: model.initialization, seed: settings.seed, vocabulary: corpus.vocabulary)
    let trainer = try Trainer(
      start, batchSize: data.shape.batchSize, sequenceLength: data.shape.sequenceLength,
      optimizer: optimizer.makeOptimizer(), schedule: optimizer.makeSchedule(steps: steps),
      clipping: optimizer.clipping, carriesState: true,
      recomputing: settings.recomputeSteps.map { .segments(ofSteps: $0) } ?? .none, threads: settings.threads ?? 0,
      seed: settings.seed)
    describe(corpus, data, start, steps: steps, memory: trainer.plan.totalBytes)

    var training = TrainingRun(
      trainer, data: data, totalSteps: steps, saveEvery: settings.saveEvery,
      stopping: settings.patience.map { EarlyStopping(patience: $0) }, unit: division.bytes ? "bytes" : "chars")
    try training.run(log: log, keeper: &keeper)
  }

  /// Says on standard error what is about to happen.
  private func describe(_ corpus: Corpus, _ data: TrainingData, _ start: Model<Float>, steps: Int, memory: Int) {
    let unit = division.bytes ? "bytes" : "characters"
    let held = corpus.validation.isEmpty ? "" : ", \(grouped(corpus.validation.count)) for validation"
    Note.line(
      "text      \(grouped(corpus.training.count)) \(unit) to train on\(held); "
        + "\(corpus.vocabulary.count) different ones")
    let input = model.embeddingSize.map { "embedding \($0)" } ?? "one-hot"
    let dropouts = [("dropout", model.dropout), ("head dropout", model.headDropout)]
    let dropout = dropouts.filter { $0.1 > 0 }.map { ", \($0.0) \(short($0.1))" }.joined()
    Note.line(
      "model     \(model.cell.cell.name), \(model.layers) × \(model.hiddenSize), \(input)\(dropout); "
        + "\(grouped(start.parameterCount)) parameters; \(ByteCount(memory)) of memory")
    Note.line(
      "training  \(grouped(steps)) steps of \(data.shape.batchSize) sequences × \(data.shape.sequenceLength) \(unit), "
        + "\(data.training.windowCount) an epoch; \(optimizer.summary)")
    if case .none = data.validation, division.validationFraction > 0 {
      Note.note("the text is too short for a validation part")
    }
    if data.shape.isReduced { Note.note("the batch is smaller than usual, to suit a small text") }
    if FileManager.default.fileExists(atPath: settings.checkpoint) {
      Note.note("\(settings.checkpoint) exists and will be replaced")
    }
  }
}
