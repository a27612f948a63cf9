import ArgumentParser
import Recurrent
import Reports
import Storage
import Tables

struct TagTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model that labels the words, or the letters, of sentences.",
    discussion: """
      The validation part decides when to stop and which epoch's model is kept, by --metric, and of equal ones by the loss. Tags, words and what else is \
      seen of them are kept in the model's file. With a CRF what tags of spans forbid (I-X after O, B-Y or I-Y, or at the \
      beginning) is forbidden in training and afterwards.

      The file of --checkpoint holds the best model, and all that its training needs to go on: --resume FILE does so as if \
      it had never stopped, on the same sentences; more --epochs or --patience may be asked of it. It is saved after epochs, \
      every 5 seconds at most, and when Ctrl-C, SIGTERM or the end of the terminal (SIGHUP) stops the training.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The sentences to train on, with their tags.") var sentences: String
  @OptionGroup var input: TaggedOptions

  @Option(
    help: ArgumentHelp(
      "What decides when to stop: so many sentences, a share of them, or another file.", valueName: "n|x|file"),
    transform: ValidationPart.parsed)
  var validation = ValidationPart.part(.share(0.1))

  @Option(
    help: ArgumentHelp(
      "What is measured on the validation part: span-error, 1 less F1; tag-error, the share of wrong tags. (default: "
        + "span-error where tags make spans)",
      valueName: "name"))
  var metric: TagMetric?

  @OptionGroup(title: "Words") var words: TagWordOptions
  @OptionGroup(title: "Words") var vectors: VectorOptions

  @Flag(
    inversion: .prefixedNo,
    help: "Find the tags of a sentence together, by a conditional random field; else each by itself.")
  var crf = true

  @Flag(inversion: .prefixedNo, help: "Run each layer in both directions.")
  var bidirectional = true

  @OptionGroup(title: "Model") var model: TableModelOptions
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Run") var options: TableRunOptions

  func validate() throws {
    // A file may be in another place by now.
    try options.refuseDecided(allowing: validation.part == nil ? ["--validation"] : [])
    try modelOptions.validateStructure()
    if !crf, model.initFrom != nil {
      throw ValidationError("'--no-crf' excludes '--init-from <file>': the model has decided it")
    }
    if vectors.vectors != nil {
      guard words.unit == .word else {
        throw ValidationError("'--vectors <file>' is for words, and excludes '--unit character'")
      }
      if model.initFrom != nil {
        throw ValidationError("'--vectors <file>' excludes '--init-from', which has vectors already")
      }
    }
  }

  var modelOptions: TableModelOptions { model.defaulting(hiddenSize: 100, headDropout: 0.5) }
  var runOptions: TableRunOptions { options.defaulting(batchSize: 16, epochs: 30, patience: 5) }

  func run() throws {
    if Team.isLeader {
      try options.files(reading: [
        (sentences, "<sentences>"), (validation.file, "--validation"), (model.initFrom, "--init-from"),
        (vectors.vectors, "--vectors"),
      ]).check()
      try TrainingPage.check(options.shared.report)
    }
    // Taken first: another process may be about to replace the file.
    var store = try options.makeStoreOfLeader()
    guard let file = options.shared.resume else {
      let replaced = try ReplacedModel.found(by: .tags, store, keepsBest: false)
      return try train(store, resumed: nil, replaced)
    }
    let resumed = try ResumedTable(from: file, command: "tag")
    store?.resume(from: resumed.file, step: resumed.checkpoint.stepCount)
    let replaced = try ReplacedModel.found(by: .tags, store, keepsBest: false, resumed: file)
    var command = try resumed.command(TagTrain.self)
    command.sentences = sentences
    // What is in the file is compared.
    if validation.part == nil { command.validation = validation }
    try ResumedTable.requireThere(validation: command.validation.file, of: file)
    command.options = options.resuming(command.options)
    try command.train(store, resumed: resumed, replaced)
  }

  /// Trains on what the command line names.
  private func train(
    _ store: consuming CheckpointStore?, resumed: ResumedTable?, _ replaced: ReplacedModel?
  ) throws {
    let options = runOptions
    let task = try TagTask(
      self.sentences, validation: validation.part, validation.file, input, words, seed: options.shared.seed)
    let log = try options.shared.writtenLog.map { path throws(Failure) in
      try TrainingLog(path: path, resumingAt: resumed?.checkpoint.stepCount ?? 0)
    }
    let batchSize = min(options.batchSize, task.training.count)
    let data = TrainingData<Float>(
      inputs: .tokens(task.inputs), targets: .classes(task.classes), batchSize: batchSize, seed: options.shared.seed)
    let metric = metric ?? (task.hasSpans ? .spanError : .tagError)
    let hasValidation = !task.held.isEmpty

    var trainer: Trainer<Float>
    var note = TableNote(command: "tag", options)
    if var going = resumed {
      let goesOn = try going.trainer(
        options, digest: task.digest, table: sentences, stepsPerEpoch: data.batchCount, hasValidation: hasValidation)
      guard let goesOn else { return }
      trainer = goesOn
      note = going.note
      try trainer.plan.configuration.input.requireSame(as: words.input(task.features), going.file)
    } else {
      note.digest = task.digest
      if crf { task.warnOfForbidden(by: .spans(task.tags)) }
      trainer = try newTrainer(task, batchSize, stepsPerEpoch: data.batchCount, options)
      describe(task, trainer, metric, stepsPerEpoch: data.batchCount, options)
      Note.shards(trainer.settings.shards, trainer.settings.exchange)
    }
    Note.products(of: trainer.plan)
    replaced?.announce()
    Note.threads(options.shared.threads)

    let box = try TaggerBox(
      Tagger(
        trainer.model(), task.features, tags: task.tags, longest: task.held.map(\.tokens.count).max() ?? 1,
        trainer.settings.passSettings(threads: options.shared.threadCount)))
    let page = self.page(trainer, task)
    let held = task.held
    func report() throws -> TagReport {
      let report = TagReport(scores: try box.tagger.scores(held), unit: words.unit)
      page?.results = [Section(report)]
      return report
    }
    let comparable = task.comparable
    let validation = ValidationData<Float> { trainer in
      box.tagger.load(trainer.model())
      let value = metric.value(try report().scores)
      // Of equal metrics the lower loss is better: an easy part has none wrong long before the tags are learnt.
      let loss = try comparable.map { try trainer.evaluate(.tokens($0.inputs), .classes($0.classes)).loss } ?? 0
      return value + 1e-6 * min(loss, 40)
    }
    var run = try TableTraining(
      trainer, data, held: hasValidation ? validation : nil, note: note, table: sentences, resumed: resumed,
      path: options.checkpointPath, store: store, unit: words.unit == .word ? "words" : "characters",
      measure: metric.name, log: log, page: page)
    let best = try run.run()
    guard hasValidation else { return }
    box.tagger.load(best)
    let result = try report()
    page?.write()
    if Team.isLeader { try RNNCommand.report("\nvalidation part\n" + result.description, besides: options.shared.log) }
  }

  private func newTrainer(
    _ task: TagTask, _ batchSize: Int, stepsPerEpoch: Int, _ options: TableRunOptions
  ) throws -> Trainer<Float> {
    let model = modelOptions
    var words = words
    words.embeddingSize = try vectors.size(words.embeddingSize)
    var configuration = ModelConfiguration(
      cell: model.cell.cell, input: words.input(task.features), hiddenSize: model.hiddenSize, layerCount: model.layers,
      directions: bidirectional ? .both(merge: .concatenate) : .forward, outputSize: task.tags.count,
      dropout: model.dropout, headDropout: model.headDropout)
    if crf { configuration.crf = .spans(task.tags) }
    var start = try model.start(configuration, annotations: task.annotations, seed: options.shared.seed)
    let table = start.table["embedding.weight"] == nil ? "embeddings.0.weight" : "embedding.weight"
    try vectors.start(&start, table, task.features.features[0].units)
    var trainer = try Trainer(
      start, batchSize: options.sharding.rounded(batchSize), sequenceLength: task.inputs.lengths.max() ?? 1,
      loss: start.configuration.crf == nil ? .crossEntropy : .crf,
      optimizer: optimizer.makeOptimizer(for: .tables, batchSize: batchSize),
      schedule: try optimizer.makeSchedule(steps: stepsPerEpoch * options.epochs, batchSize: batchSize),
      clipping: optimizer.clipping(for: .tables), isRagged: true, shards: options.sharding.count(),
      exchange: options.sharding.exchange, over: Team.ranks, products: options.shared.multiplying.choice,
      precision: options.multiplying.weights, threads: options.shared.threadCount, seed: options.shared.seed)
    trainer.settings.frozenParameters = vectors.frozen(table)
    return trainer
  }
}
