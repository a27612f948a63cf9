import ArgumentParser
import Foundation
import Recurrent
import Reports
import Storage
import Tables

struct ClassifyTrain: ParsableCommand {
  enum HeadPlace: String, NamedChoice {
    case lastStep = "last-step"
    case meanOverSteps = "mean-over-steps"
    case maxOverSteps = "max-over-steps"

    var head: ModelConfiguration.Head {
      switch self {
      case .lastStep: .lastStep
      case .meanOverSteps: .meanOverSteps
      case .maxOverSteps: .maxOverSteps
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model that tells classes of sequences, or of their steps, apart.",
    discussion: """
      The validation part decides when to stop and which epoch's model is kept. Features are scaled to mean 0 and \
      deviation 1 as they are in the training part alone; scaling and classes are kept in the model's file.

      The file of --checkpoint holds the best model, and all that its training needs to go on: --resume FILE does so as if \
      it had never stopped, on the same sequences; more --epochs or --patience may be asked of it. It is saved after \
      epochs, every 5 seconds, and when Ctrl-C, SIGTERM or the end of the terminal (SIGHUP) stops the training.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The sequences to train on, a CSV or .ts file.") var sequences: String
  @OptionGroup var input: SequenceOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Columns of the vectors. (default: all others of numbers)", valueName: "name"))
  var feature: [String] = []

  @Flag(help: "Learn a label for each step, instead of one for each sequence.")
  var perStep = false

  @Option(in: 1...largestSize, help: "With --per-step: train on pieces of so many steps. (default: 200)")
  var window: Int?

  @Option(
    help: ArgumentHelp(
      "What decides when to stop: so many sequences, a share of them from every class, or another file. Of a single "
        + "sequence with labels at each step, the last steps.",
      valueName: "n|x|file"))
  var validation = "0.2"

  @Option(
    help: ArgumentHelp("Where the head reads, for a label for each sequence. (default: last-step)", valueName: "place"))
  var head: HeadPlace?

  @Flag(help: "Run each layer in both directions.")
  var bidirectional = false

  @OptionGroup(title: "Model") var model: TableModelOptions
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Run") var options: TableRunOptions

  /// nil: the validation part is a file.
  private var part: PartSize? { PartSize(argument: validation) }
  private var validationFile: String? { part == nil ? try? FilePath.reading(validation) : nil }

  func validate() throws {
    // A file may be in another place by now.
    try options.refuseDecided(allowing: part == nil ? ["--validation"] : [])
    try refuseTwice("--feature", feature)
    if window != nil, !perStep { throw ValidationError("'--window' needs '--per-step'") }
    if head != nil, perStep { throw ValidationError("'--head' is not for '--per-step'") }
    if part == nil, validation.isEmpty || Double(validation) != nil {
      throw ValidationError(
        "The value '\(validation)' is invalid for '--validation <n|x|file>': expected a number of sequences, a share "
          + "from 0 to below 1, or a file")
    }
  }

  func run() throws {
    try options.files(reading: [
      (sequences, "<sequences>"), (validationFile, "--validation"), (model.initFrom, "--init-from"),
    ]).check()
    try TrainingPage.check(options.shared.report)
    // Taken first: another process may be about to replace the file.
    var store = try options.makeStore()
    guard let file = options.shared.resume else {
      let replaced = try ReplacedModel(by: .classes, store, keepsBest: false)
      return try train(store, resumed: nil, replaced)
    }
    let resumed = try ResumedTable(from: file, command: "classify")
    store.resume(from: resumed.file, step: resumed.checkpoint.stepCount)
    let replaced = try ReplacedModel(by: .classes, store, keepsBest: false, resumed: file)
    var command = try resumed.command(ClassifyTrain.self)
    command.sequences = sequences
    // What is in the file is compared.
    if part == nil { command.validation = validation }
    if let held = command.validationFile, !FilePlace(held).isThere {
      throw Failure(
        message: "there is no file \(held), the validation part of \(file): --validation says where it is now")
    }
    command.options = options.resuming(command.options)
    try command.train(store, resumed: resumed, replaced)
  }

  private func train(
    _ store: consuming CheckpointStore, resumed: ResumedTable?, _ replaced: ReplacedModel?
  ) throws {
    let (training, held) = try split()
    let classes = training.classes
    guard classes.count >= 2 else {
      throw TableError(
        training.file,
        .other("the training part has only the class \"\(visible(classes[0]))\"; there is nothing to tell apart"))
    }
    if let labels = LabelledSequences.spellingsOfOneNumber(classes) {
      Note.warning("the labels \"\(labels.first)\" and \"\(labels.second)\" are two classes, though one number")
    }
    let log = try options.shared.log.map { path throws(Failure) in
      try TrainingLog(path: path, resumingAt: resumed?.checkpoint.stepCount ?? 0)
    }
    let description = ClassDescription(
      features: training.features, classes: classes, isPerStep: perStep,
      scaling: Standardization(of: training.items.flatMap(\.values), width: training.features.count))
    let width = training.features.count
    let pieces = perStep ? training.cut(window: window ?? 200) : training
    let numbers = try pieces.classNumbers(classes)
    let inputs = pieces.items.map { description.inputs($0.values) }
    let loader = BucketingLoader(
      lengths: inputs.map { $0.count / width }, batchSize: min(options.batchSize, inputs.count),
      seed: options.shared.seed)
    let data = TrainingData<Float>(
      inputs: .vectors(Sequences(inputs, width: width)),
      targets: perStep ? .classes(Sequences(numbers)) : .classes(numbers.map { $0[0] }), batchSize: loader.batchSize,
      seed: options.shared.seed)
    let heldClasses = try held.classNumbers(
      classes, of: "the training part",
      advice: part == nil ? "leave it out of the validation file" : "choose another --validation")
    let heldInputs = held.items.map { description.inputs($0.values) }

    var trainer: Trainer<Float>
    var note = TableNote(command: "classify", options)
    let digest = Self.digest([training, held])
    if var going = resumed {
      let goesOn = try going.trainer(
        options, digest: digest, table: sequences, stepsPerEpoch: loader.batchCount, hasValidation: !heldInputs.isEmpty)
      guard let goesOn else { return }
      trainer = goesOn
      note = going.note
      Note.products(of: trainer.plan)
    } else {
      note.digest = digest
      trainer = try newTrainer(description, loader)
      try describe(training, held, loader, trainer.plan)
    }

    replaced?.announce()
    Note.threads(options.shared.threads)
    let validator = try ClassifierBox(
      Classifier(
        trainer.model(), description, longest: held.items.map(held.length).max() ?? 1,
        products: options.shared.multiplying.choice, threads: options.shared.threads ?? 0))
    let page = self.page(trainer, training, held)
    let validation = ValidationData<Float> { trainer in
      validator.classifier.load(trainer.model())
      let report = validator.classifier.report(heldInputs, classes: heldClasses)
      page?.results = [Section(report)]
      return report.loss
    }
    var run = try TableTraining(
      trainer, data, held: heldInputs.isEmpty ? nil : validation, note: note, table: sequences, resumed: resumed,
      store: store, unit: "steps", log: log, page: page)
    let best = try run.run()
    guard !heldInputs.isEmpty else { return }
    validator.classifier.load(best)
    let report = validator.classifier.report(heldInputs, classes: heldClasses)
    page?.results = [Section(report)]
    page?.write()
    try RNNCommand.report("\nvalidation part\n" + report.description, besides: options.shared.log)
  }

  private func newTrainer(_ description: ClassDescription, _ loader: BucketingLoader) throws -> Trainer<Float> {
    let configuration = ModelConfiguration(
      cell: model.cell.cell, input: .vectors(size: description.features.count), hiddenSize: model.hiddenSize,
      layerCount: model.layers, directions: bidirectional ? .both(merge: .concatenate) : .forward,
      outputSize: description.classes.count, head: perStep ? .everyStep : (head ?? .lastStep).head,
      dropout: model.dropout, headDropout: model.headDropout)
    return try Trainer(
      model.start(
        configuration, annotation: ClassDescription.annotation, description.text, seed: options.shared.seed),
      batchSize: loader.batchSize, sequenceLength: loader.lengths.max() ?? 1,
      optimizer: optimizer.makeOptimizer(for: .tables),
      schedule: try optimizer.makeSchedule(steps: loader.batchCount * options.epochs),
      clipping: optimizer.clipping(for: .tables),
      isRagged: true, products: options.shared.multiplying.choice, threads: options.shared.threads ?? 0,
      seed: options.shared.seed)
  }

  /// Tells whether sequences are those that they were.
  private static func digest(_ parts: [LabelledSequences]) -> UInt64 {
    var digest = UInt64.digestStart
    for part in parts {
      for feature in part.features { digest.digest(feature) }
      for item in part.items {
        digest.digest(item.values)
        for label in item.labels { digest.digest(label) }
      }
    }
    return digest
  }

  /// The part to train on, and that held out.
  private func split() throws -> (training: LabelledSequences, held: LabelledSequences) {
    let names = feature.isEmpty ? nil : feature
    let all = try input.read(sequences, features: names, isPerStep: perStep, needsLabels: true)
    guard let part else {
      return (
        all, try input.read(validationFile ?? validation, features: all.features, isPerStep: perStep, needsLabels: true)
      )
    }
    let (training, held, wanted) = try all.holdingOut(part, seed: options.shared.seed)
    if held.items.count < wanted {
      Note.note(
        "the validation part has \(held.items.count) of \(counted(wanted, "sequence")): the only one of a class is trained on"
      )
    }
    return (training, held)
  }

  /// Says on standard error what is about to happen.
  private func describe(
    _ training: LabelledSequences, _ held: LabelledSequences, _ loader: BucketingLoader, _ plan: Plan
  ) throws {
    func amount(_ part: LabelledSequences) -> String {
      let lengths = part.items.map(part.length)
      let steps = lengths.reduce(0, +)
      guard let shortest = lengths.min(), let longest = lengths.max() else { return "none" }
      if lengths.count == 1 { return counted(steps, "step") }
      let range = shortest == longest ? counted(longest, "step") : "\(grouped(shortest)) to \(counted(longest, "step"))"
      return "\(counted(lengths.count, "sequence")) of \(range)"
    }
    Note.line(
      "data      \(amount(training)) to train on, \(amount(held)) for validation; "
        + "\(counted(training.features.count, "feature")), \(counted(training.classes.count, "class", plural: "classes"))"
    )
    Note.line(
      "model     \(plan.configuration.summary); \(counted(plan.parameterCount, "parameter")); "
        + "\(ByteCount(plan.totalBytes)) of memory")
    Note.products(of: plan)
    let padded = loader.paddedShare(of: loader.batches(epoch: 0))
    Note.line(
      "training  at most \(counted(options.epochs, "epoch")) of \(counted(loader.batchCount, "step")) of "
        + "\(counted(loader.batchSize, "sequence")); padding would be \(decimal(padded * 100, places: 1)) %; \(optimizer.summary(for: .tables))"
    )
  }
}
