import ArgumentParser
import Recurrent
import Storage
import Tables

struct ReservoirClassify: ParsableCommand {
  enum HeadPlace: String, NamedChoice {
    case lastStep = "last-step"
    case meanOverSteps = "mean-over-steps"

    var head: ModelConfiguration.Head { self == .lastStep ? .lastStep : .meanOverSteps }
  }

  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Draw a reservoir and fit its readout to classes of sequences, or of their steps.",
    discussion: """
      The readout is fitted to 1 for the class that is right and 0 for the others, in closed form; its outputs are then multiplied by \
      the one number that makes their softmax the best probabilities. Features are scaled to mean 0 and deviation 1 as they are in the \
      training part. The model is one of classes like those of 'rnn classify train', whose 'evaluate' and 'predict' use it:

        rnn reservoir classify JapaneseVowels_TRAIN.ts --validation JapaneseVowels_TEST.ts --leak-rate 0.1 --input-scaling 1
        rnn classify predict model.safetensors JapaneseVowels_TEST.ts

      \(FilePath.documentation)
      """)

  @Argument(reading: "The sequences to fit to: a CSV or .ts file.") var sequences: String
  @OptionGroup var input: SequenceOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Columns of the vectors. (default: all others of numbers)", valueName: "name"))
  var feature: [String] = []

  @Flag(help: "Learn a label for each step, instead of one for each sequence.")
  var perStep = false

  @Option(
    help: ArgumentHelp(
      "What is only measured on: so many sequences, a share of them from every class, or another file. Of a single sequence with "
        + "labels at each step, the last steps.", valueName: "n|x|file"), transform: ValidationPart.parsed)
  var validation = ValidationPart.part(.share(0.2))

  @Option(help: ArgumentHelp("Where the readout reads, for a label for each sequence.", valueName: "place"))
  var head = HeadPlace.lastStep

  @Flag(help: "Run each layer in both directions.")
  var bidirectional = false

  @Option(in: 0...largestSize, help: "With --per-step: steps at the start of each sequence that are not fitted to.")
  var washout = 0

  @OptionGroup(title: "Reservoir") var reservoir: ReservoirOptions
  @OptionGroup(title: "Readout") var ridge: RidgeFitOptions

  @Option(in: 0...UInt64.max, help: "Decides the weights and what is held out: the same seed gives the same model.")
  var seed: UInt64 = 0

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  @Option(
    writing: "Where the model is kept; an earlier one for the same use is replaced, others are refused. "
      + "(default: \(SharedRunOptions.defaultCheckpoint))")
  var checkpoint: String?

  private var path: String { checkpoint ?? SharedRunOptions.defaultCheckpoint }

  func validate() throws {
    try refuseTwice("--feature", feature)
    if washout > 0, !perStep { throw ValidationError("'--washout' needs '--per-step'") }
    if GivenOptions.names.contains("--head"), perStep { throw ValidationError("'--head' is not for '--per-step'") }
  }

  func run() throws {
    var files = FileUse(reading: [(sequences, "<sequences>"), (validation.file, "--validation")])
    files.keeps(path, as: "--checkpoint", resuming: nil)
    // Held from before they are read.
    let outputs = try files.hold()
    defer { outputs.release() }
    var store = try CheckpointStore(path: path, keeping: 0, keepsBest: false)
    let replaced = try ReplacedModel(by: .classes, store, keepsBest: false)
    let task = try task()
    var model = try Model<Float>(configuration(task), seed: seed)
    model.annotations = task.annotations
    Note.line("reservoir \(reservoir.summary)")
    Note.line(
      "data      \(task.words.training) to fit to, \(task.words.held) to measure on; "
        + "\(task.words.input), \(counted(task.classes.count, "class", plural: "classes"))")
    replaced?.announce()
    Note.threads(threads)

    let (fitted, fit) = try model.fittingHead(
      to: task.training.inputs.input,
      task.training.target(isPerStep: task.isPerStep),
      ridge.options(washout: washout), products: multiplying.choice, threads: threads ?? 0)
    Note.line("readout   \(fit.summary(of: task.isPerStep ? "step" : "sequence"))")
    let isMeasured = task.held.inputs.count > 0
    let judged = isMeasured ? task.held : task.training
    let (calibrated, _) = try fitted.calibratingHead(
      on: judged.inputs.input, judged.target(isPerStep: task.isPerStep), products: multiplying.choice,
      threads: threads ?? 0)
    try store.save(step: 0) { (path) throws(CheckpointError) in try calibrated.save(to: path) }
    Note.note("saved \(path), the model")
    guard isMeasured else { return }
    var classifier = try Classifier(
      calibrated, classes: task.classes, isPerStep: task.isPerStep, longest: task.held.longest,
      PassSettings(products: multiplying.choice, threads: threads ?? 0))
    try report("\nvalidation part\n" + classifier.report(task.held, unit: task.unit).description, besides: nil)
  }

  private func task() throws -> ClassTask {
    func read(_ path: String, _ features: [String]?) throws -> LabelledSequences {
      try input.read(path, features: features, isPerStep: perStep, needsLabels: true)
    }
    let all = try read(sequences, feature.isEmpty ? nil : feature)
    var parts =
      switch validation {
      case .part(let part):
        try all.holdingOut(part, seed: seed)
      case .file(let path):
        (training: all, held: try read(path, all.features), wanted: 0)
      }
    // Files are often sorted by class, of which folds of neighbours would leave out one after the other.
    var generator = SeededGenerator(seed: seed)
    if !perStep { parts.training.items.shuffle(using: &generator) }
    return try ClassTask(
      parts.training, held: parts.held, window: largestSize,
      advice: validation.file == nil ? "choose another --validation" : "leave it out of the validation file")
  }

  private func configuration(_ task: ClassTask) -> ReservoirConfiguration {
    var configuration = reservoir.configuration(inputs: task.input.size, outputs: task.classes.count)
    configuration.head = perStep ? .everyStep : head.head
    configuration.directions = bidirectional ? .both(merge: .concatenate) : .forward
    return configuration
  }
}
