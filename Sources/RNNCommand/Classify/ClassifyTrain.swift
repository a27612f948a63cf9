import ArgumentParser
import Foundation
import Recurrent
import Tables

struct ClassifyTrain: ParsableCommand {
  enum HeadPlace: String, ExpressibleByArgument, CaseIterable {
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
      """)

  @Argument(help: "The sequences to train on, a CSV or .ts file.") var sequences: String
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

  func validate() throws {
    if let twice = feature.indices.first(where: { feature[..<$0].contains(feature[$0]) }) {
      throw ValidationError("'--feature' names \(feature[twice]) twice")
    }
    if window != nil, !perStep { throw ValidationError("'--window' needs '--per-step'") }
    if head != nil, perStep { throw ValidationError("'--head' is not for '--per-step'") }
    if part == nil, validation.isEmpty || Double(validation) != nil {
      throw ValidationError(
        "The value '\(validation)' is invalid for '--validation <n|x|file>': expected a number of sequences, a share "
          + "from 0 to below 1, or a file")
    }
  }

  func run() throws {
    try options.refuseData([sequences] + (part == nil ? [validation] : []))
    try ModelFile.verifyWritable(options.checkpoint)
    let (training, held) = try split()
    let classes = training.classes
    guard classes.count >= 2 else {
      throw TableError(
        training.file, .other("the training part has only the class \"\(classes[0])\"; there is nothing to tell apart"))
    }
    let log = try options.log.map { path throws(Failure) in try TrainingLog(path: path) }
    let description = ClassDescription(
      features: training.features, classes: classes, isPerStep: perStep,
      scaling: Standardization(of: training.items.flatMap(\.values), width: training.features.count))
    let pieces = perStep ? training.cut(window: window ?? 200) : training
    let data = SequenceBatches(
      inputs: pieces.items.map { description.inputs($0.values) }, classes: try pieces.classNumbers(classes),
      width: training.features.count, batchSize: min(options.batchSize, pieces.items.count), seed: options.seed)

    var configuration = ModelConfiguration(
      cell: model.cell.cell, input: .vectors(size: training.features.count), hiddenSize: model.hiddenSize,
      layerCount: model.layers, directions: bidirectional ? .both(merge: .concatenate) : .forward,
      outputSize: classes.count, head: perStep ? .everyStep : (head ?? .lastStep).head, dropout: model.dropout,
      headDropout: model.headDropout)
    model.structure.apply(to: &configuration)
    let start = try Model<Float>(configuration, seed: options.seed)
    let trainer = try Trainer(
      start, batchSize: data.loader.batchSize, sequenceLength: data.loader.lengths.max() ?? 1,
      optimizer: optimizer.makeOptimizer(for: .tables),
      schedule: optimizer.makeSchedule(steps: data.loader.batchCount * options.epochs),
      clipping: optimizer.clipping(for: .tables),
      isRagged: true, products: options.multiplying.choice, threads: options.threads ?? 0, seed: options.seed)
    try describe(training, held, start, data, trainer.plan)

    let heldClasses = try held.classNumbers(classes)
    let heldInputs = held.items.map { description.inputs($0.values) }
    let validator = try ClassifierBox(
      Classifier(
        start, description, longest: held.items.map(held.length).max() ?? 1,
        products: options.multiplying.choice, threads: options.threads ?? 0))
    var run = EpochTraining(trainer, options: options, annotations: [ClassDescription.annotation: description.text])
    let best = try run.run(
      EpochTraining.Task(
        beginEpoch: { data.begin(epoch: $0) },
        step: { trainer, batch in data.step(&trainer, batch, isPerStep: description.isPerStep) },
        validate: { model in
          guard !heldInputs.isEmpty else { return nil }
          validator.classifier.load(model)
          return validator.classifier.report(heldInputs, classes: heldClasses).loss
        }, unit: "steps"), stepsPerEpoch: data.loader.batchCount, log: log)
    guard !heldInputs.isEmpty else { return }
    validator.classifier.load(best)
    let report = validator.classifier.report(heldInputs, classes: heldClasses)
    try output("\nvalidation part\n" + report.description)
  }

  /// The part to train on, and that held out.
  private func split() throws -> (training: LabelledSequences, held: LabelledSequences) {
    let names = feature.isEmpty ? nil : feature
    let all = try input.read(sequences, features: names, isPerStep: perStep, needsLabels: true)
    guard let part else {
      return (all, try input.read(validation, features: all.features, isPerStep: perStep, needsLabels: true))
    }
    var (training, held) = (all, all)
    if perStep, all.items.count == 1 {
      let length = all.length(all.items[0])
      let count = part.count(of: length)
      guard count < length else { throw tooFew(all, count, "steps", length) }
      (training.items[0], held.items[0]) = all.items[0].split(after: length - count, width: all.features.count)
      if count == 0 { held.items = [] }
      return (training, held)
    }
    let count = part.count(of: all.items.count)
    guard count < all.items.count else { throw tooFew(all, count, "sequences", all.items.count) }
    let chosen = heldOut(count, of: all)
    training.items = all.items.indices.filter { !chosen.contains($0) }.map { all.items[$0] }
    held.items = all.items.indices.filter(chosen.contains).map { all.items[$0] }
    return (training, held)
  }

  private func tooFew(_ all: LabelledSequences, _ count: Int, _ unit: String, _ total: Int) -> TableError {
    TableError(all.file, .other("--validation \(count) leaves nothing to train on of \(total) \(unit)"))
  }

  /// As many of each class as its share, drawn by the seed; the k-th of a class of m stands at (k + 1/2) / m, and the
  /// `count` first places are taken.
  private func heldOut(_ count: Int, of all: LabelledSequences) -> Set<Int> {
    var generator = SeededGenerator(seed: options.seed)
    var seen: [String: Int] = [:]
    let order = all.items.indices.shuffled(using: &generator)
    let totals = Dictionary(grouping: order) { all.items[$0].labels[0] }.mapValues(\.count)
    let places = order.map { index in
      let label = all.items[index].labels[0]
      defer { seen[label, default: 0] += 1 }
      return (index: index, place: (Double(seen[label, default: 0]) + 0.5) / Double(totals[label]!))
    }
    // Of equal places the first drawn: the sort is stable.
    return Set(places.sorted { $0.place < $1.place }.prefix(count).map(\.index))
  }

  /// Says on standard error what is about to happen.
  private func describe(
    _ training: LabelledSequences, _ held: LabelledSequences, _ start: Model<Float>, _ data: SequenceBatches,
    _ plan: Plan
  ) throws {
    func amount(_ part: LabelledSequences) -> String {
      let lengths = part.items.map(part.length)
      let steps = lengths.reduce(0, +)
      guard let shortest = lengths.min(), let longest = lengths.max() else { return "none" }
      let range = shortest == longest ? "\(longest)" : "\(shortest) to \(longest)"
      return part.items.count == 1
        ? "\(grouped(steps)) steps" : "\(grouped(part.items.count)) sequences of \(range) steps"
    }
    Note.line(
      "data      \(amount(training)) to train on, \(amount(held)) for validation; "
        + "\(training.features.count) features, \(training.classes.count) classes")
    Note.line(
      "model     \(model.summary)\(bidirectional ? ", both directions" : ""); \(grouped(start.parameterCount)) parameters; "
        + "\(ByteCount(plan.totalBytes)) of memory")
    Note.products(of: plan)
    let padded = data.loader.paddedShare(of: data.loader.batches(epoch: 0))
    Note.line(
      "training  at most \(grouped(options.epochs)) epochs of \(grouped(data.loader.batchCount)) steps of "
        + "\(data.loader.batchSize) sequences; padding would be \(decimal(padded * 100, places: 1)) %; \(optimizer.summary(for: .tables))"
    )
  }
}

extension LabelledSequences.Item {
  /// The first `count` steps, and the rest; for labels at each step.
  fileprivate func split(after count: Int, width: Int) -> (LabelledSequences.Item, LabelledSequences.Item) {
    (
      LabelledSequences.Item(
        name: name, values: Array(values[..<(count * width)]), labels: Array(labels[..<count]),
        labelLines: Array(labelLines[..<count])),
      LabelledSequences.Item(
        name: name, values: Array(values[(count * width)...]), labels: Array(labels[count...]),
        labelLines: Array(labelLines[count...]))
    )
  }
}

/// Sequences in batches of similar lengths. A class: closures share it.
private final class SequenceBatches {
  let loader: BucketingLoader
  private let inputs: [[Float]]
  private let classes: [[Int32]]
  private let width: Int
  private var batches: [[Int]] = []

  init(inputs: [[Float]], classes: [[Int32]], width: Int, batchSize: Int, seed: UInt64) {
    (self.inputs, self.classes, self.width) = (inputs, classes, width)
    loader = BucketingLoader(lengths: inputs.map { $0.count / width }, batchSize: batchSize, seed: seed)
  }

  /// - Returns: the number of batches.
  func begin(epoch: Int) -> Int {
    batches = loader.batches(epoch: epoch)
    return batches.count
  }

  /// - Returns: the report, and the steps of all sequences.
  func step(_ trainer: inout Trainer<Float>, _ batch: Int, isPerStep: Bool) -> (report: StepReport, count: Int) {
    let indices = batches[batch]
    let vectors = Sequences(indices.map { inputs[$0] }, width: width)
    if isPerStep {
      return (trainer.step(vectors: vectors, classes: Sequences(indices.map { classes[$0] })), vectors.stepCount)
    }
    let labels = indices.map { classes[$0][0] }
    return (trainer.step(vectors: vectors, classes: labels.span), vectors.stepCount)
  }
}

private final class ClassifierBox {
  var classifier: Classifier

  init(_ classifier: consuming Classifier) { self.classifier = classifier }
}
