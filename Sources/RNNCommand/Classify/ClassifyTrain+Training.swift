import ArgumentParser
import Recurrent
import Reports
import Storage
import Tables

extension ClassifyTrain {
  /// Trains on what the command line names.
  func train(
    _ store: consuming CheckpointStore?, resumed: ResumedTable?, _ replaced: ReplacedModel?
  ) throws {
    let options = runOptions
    let task = isOfTexts ? try textTask(isResumed: resumed != nil) : try sequenceTask()
    let log = try options.shared.writtenLog.map { path throws(Failure) in
      try TrainingLog(path: path, resumingAt: resumed?.checkpoint.stepCount ?? 0)
    }
    let lengths = task.training.inputs.lengths
    let loader = BucketingLoader(
      lengths: lengths, batchSize: min(options.batchSize, lengths.count), seed: options.shared.seed)
    let data = TrainingData<Float>(
      inputs: task.training.inputs.input, targets: task.training.target(isPerStep: task.isPerStep),
      batchSize: loader.batchSize, seed: options.shared.seed)
    let hasValidation = task.held.inputs.count > 0

    var trainer: Trainer<Float>
    var note = TableNote(command: "classify", options)
    if var going = resumed {
      let goesOn = try going.trainer(
        options, digest: task.digest, table: sequences, stepsPerEpoch: loader.batchCount, hasValidation: hasValidation)
      guard let goesOn else { return }
      trainer = goesOn
      note = going.note
      try trainer.plan.configuration.input.requireSame(as: task.input, going.file)
      Note.products(of: trainer.plan)
    } else {
      note.digest = task.digest
      trainer = try newTrainer(task, loader, options)
      describe(task, loader, trainer.plan, options)
      Note.shards(trainer.settings.shards, trainer.settings.exchange)
    }

    replaced?.announce()
    Note.threads(options.shared.threads)
    let validator = try ClassifierBox(
      Classifier(
        trainer.model(), classes: task.classes, isPerStep: task.isPerStep, longest: task.held.longest,
        trainer.settings.passSettings(threads: options.shared.threadCount)))
    func report() -> ClassificationReport { validator.classifier.report(task.held, unit: task.unit) }
    let page = self.page(trainer, task)
    let validation = ValidationData<Float> { trainer in
      validator.classifier.load(trainer.model())
      let report = report()
      page?.results = [Section(report)]
      return report.loss
    }
    var run = try TableTraining(
      trainer, data, held: hasValidation ? validation : nil, note: note, table: sequences, resumed: resumed,
      path: options.checkpointPath, store: store, unit: "steps", log: log, page: page)
    let best = try run.run()
    guard hasValidation else { return }
    validator.classifier.load(best)
    let result = report()
    page?.results = [Section(result)]
    page?.write()
    if Team.isLeader { try RNNCommand.report("\nvalidation part\n" + result.description, besides: options.shared.log) }
  }

  private func newTrainer(
    _ task: ClassTask, _ loader: BucketingLoader, _ options: TableRunOptions
  ) throws -> Trainer<Float> {
    let model = modelOptions
    let configuration = ModelConfiguration(
      cell: model.cell.cell, input: task.input, hiddenSize: model.hiddenSize, layerCount: model.layers,
      directions: bidirectional ?? isOfTexts ? .both(merge: .concatenate) : .forward,
      outputSize: task.classes.count,
      head: task.isPerStep ? .everyStep : (head ?? usualHead).head,
      dropout: model.dropout, headDropout: model.headDropout)
    var start = try model.start(configuration, annotations: task.annotations, seed: options.shared.seed)
    if let text = task.annotations[TextTokenizer.annotation] {
      let tokenizer = try TextTokenizer(annotationText: text, file: sequences)
      try vectors.start(&start, "embedding.weight", tokenizer.units)
    }
    var trainer = try Trainer(
      start, batchSize: options.sharding.rounded(loader.batchSize), sequenceLength: loader.lengths.max() ?? 1,
      loss: classWeights == .balanced ? .crossEntropy(classWeights: task.balancedWeights) : .crossEntropy,
      optimizer: optimizer.makeOptimizer(for: .tables, batchSize: loader.batchSize),
      schedule: try optimizer.makeSchedule(steps: loader.batchCount * options.epochs, batchSize: loader.batchSize),
      clipping: optimizer.clipping(for: .tables),
      isRagged: true, shards: options.sharding.count(), exchange: options.sharding.exchange, over: Team.ranks,
      products: options.shared.multiplying.choice, precision: options.multiplying.weights,
      threads: options.shared.threadCount, seed: options.shared.seed)
    trainer.settings.frozenParameters = vectors.frozen("embedding.weight")
    return trainer
  }

  /// With the defaults for texts, or for sequences.
  private var runOptions: TableRunOptions {
    isOfTexts ? options.defaulting(batchSize: 64, epochs: 10, patience: 3) : options
  }

  // MARK: Data

  private var unknownLabelAdvice: String {
    validation.part == nil ? "leave it out of the validation file" : "choose another --validation"
  }

  private func sequenceTask() throws -> ClassTask {
    if let option = TextClassOptions.names.first(where: GivenOptions.names.contains) {
      throw ValidationError("'\(option)' needs '--text-column <name>', or a folder of folders")
    }
    func read(_ path: String, _ features: [String]?) throws -> LabelledSequences {
      try input.read(path, features: features, isPerStep: perStep, needsLabels: true)
    }
    let all = try read(sequences, feature.isEmpty ? nil : feature)
    let (training, held): (LabelledSequences, LabelledSequences)
    if let part = validation.part {
      let wanted: Int
      (training, held, wanted) = try all.holdingOut(part, seed: options.shared.seed)
      noteSingles(held.items.count, of: wanted, "sequence")
    } else {
      (training, held) = (all, try read(validation.file!, all.features))
    }
    return try ClassTask(training, held: held, window: window ?? 200, advice: unknownLabelAdvice)
  }

  /// - Parameter isResumed: whether a checkpoint has the embedding.
  private func textTask(isResumed: Bool) throws -> ClassTask {
    let isFolder = LabelledTexts.isFolder(sequences)
    for (name, value) in [("--label-column", input.labelColumn), ("--text-column", texts.textColumn)]
    where isFolder && value != nil {
      throw ValidationError("'\(name)' is for tables: in the folder \(sequences) the folders' names are the classes")
    }
    let columns = texts.textColumn.map { LabelledTexts.Columns(text: $0, label: input.labelColumn) }
    let source = TextClassSource(reading: input.reading, columns: columns)
    let all = try source.read(sequences, needsLabels: true)
    let (training, held): (LabelledTexts, LabelledTexts)
    if let part = validation.part {
      let wanted: Int
      (training, held, wanted) = try all.holdingOut(part, seed: options.shared.seed)
      noteSingles(held.items.count, of: wanted, "text")
    } else {
      (training, held) = (all, try source.read(validation.file!, needsLabels: true))
    }
    var textUnits = textUnits
    if !isResumed { textUnits.embeddingSize = try vectors.size(textUnits.embeddingSize) }
    return try ClassTask(
      training, held: held, columns: columns, textUnits, balanced: classWeights == .balanced, seed: options.shared.seed,
      advice: unknownLabelAdvice)
  }

  private func noteSingles(_ count: Int, of wanted: Int, _ unit: String) {
    guard count < wanted else { return }
    Note.note(
      "the validation part has \(count) of \(counted(wanted, unit)): the only one of a class is trained on")
  }

  /// Says on standard error what is about to happen.
  private func describe(_ task: ClassTask, _ loader: BucketingLoader, _ plan: Plan, _ options: TableRunOptions) {
    Note.line(
      "data      \(task.words.training) to train on, \(task.words.held) for validation; "
        + "\(task.words.input), \(counted(task.classes.count, "class", plural: "classes"))")
    Note.line(
      "model     \(plan.configuration.summary); \(counted(plan.parameterCount, "parameter")); "
        + "\(ByteCount(plan.totalBytes)) of memory")
    Note.products(of: plan)
    let padded = loader.paddedShare(of: loader.batches(epoch: 0))
    Note.line(
      "training  at most \(counted(options.epochs, "epoch")) of \(counted(loader.batchCount, "step")) of "
        + "\(counted(loader.batchSize, isOfTexts ? "text" : "sequence")); padding would be \(decimal(padded * 100, places: 1)) %; "
        + optimizer.summary(
          for: .tables, steps: loader.batchCount * options.epochs, batchSize: loader.batchSize))
  }
}
