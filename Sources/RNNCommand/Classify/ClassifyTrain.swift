import ArgumentParser
import Recurrent
import Storage
import Tables

struct ClassifyTrain: ParsableCommand {
  enum ClassWeights: String, NamedChoice {
    case none, balanced
  }

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
    abstract: "Train a model that tells classes of sequences, of their steps, or of texts apart.",
    discussion: """
      The validation part decides when to stop and which epoch's model is kept. Features are scaled to mean 0 and \
      deviation 1 as they are in the training part alone; scaling and classes are kept in the model's file.

      The file of --checkpoint holds the best model, and all that its training needs to go on: --resume FILE does so as if \
      it had never stopped, on the same sequences; more --epochs or --patience may be asked of it. It is saved after \
      epochs, every 5 seconds, and when Ctrl-C, SIGTERM or the end of the terminal (SIGHUP) stops the training.

      \(FilePath.documentation)
      """)

  @Argument(
    reading: "The sequences or texts to train on: a CSV or .ts file; of texts also JSON lines, or a folder of folders.")
  var sequences: String
  @OptionGroup var input: SequenceOptions
  @OptionGroup var texts: TextColumnOption

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
      valueName: "n|x|file"), transform: ValidationPart.parsed)
  var validation = ValidationPart.part(.share(0.2))

  @Option(
    help: ArgumentHelp(
      "Where the head reads, for a label for each sequence or text. (default: last-step; max-over-steps of texts)",
      valueName: "place"))
  var head: HeadPlace?

  @Flag(
    inversion: .prefixedNo,
    help: "Run each layer in both directions. (default: of texts, not of sequences)")
  var bidirectional: Bool?

  @Option(
    help: ArgumentHelp(
      "What an example of a class counts in the loss: none, all the same; balanced, each class as much as any other.",
      valueName: "name"))
  var classWeights = ClassWeights.none

  @OptionGroup(title: "Texts") var textUnits: TextClassOptions
  @OptionGroup(title: "Texts") var vectors: VectorOptions
  @OptionGroup(title: "Model") var model: TableModelOptions
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Run") var options: TableRunOptions

  func validate() throws {
    // A file may be in another place by now.
    try options.refuseDecided(allowing: validation.part == nil ? ["--validation"] : [])
    try refuseTwice("--feature", feature)
    try modelOptions.validateStructure()
    if texts.textColumn != nil {
      for (name, isGiven) in [
        ("--sequence-column", input.sequenceColumn != nil), ("--feature", !feature.isEmpty), ("--per-step", perStep),
      ] where isGiven {
        throw ValidationError("'\(name)' is for sequences and excludes '--text-column <name>'")
      }
    }
    if vectors.vectors != nil {
      guard textUnits.unit == .word else {
        throw ValidationError("'--vectors <file>' is for words: it needs '--unit word'")
      }
      if model.initFrom != nil {
        throw ValidationError("'--vectors <file>' excludes '--init-from', which has vectors already")
      }
    }
    if window != nil, !perStep { throw ValidationError("'--window' needs '--per-step'") }
    if head != nil, perStep { throw ValidationError("'--head' is not for '--per-step'") }
    if model.structure.residualBlocks, bidirectional ?? isOfTexts, !perStep, head ?? usualHead == .lastStep {
      throw ValidationError(
        "'--residual-blocks' with '--bidirectional' needs '--head max-over-steps' or 'mean-over-steps': their directions "
          + "do not end in one step")
    }
  }

  var usualHead: HeadPlace { isOfTexts ? .maxOverSteps : .lastStep }

  /// Whether texts are classified, and not sequences.
  var isOfTexts: Bool { texts.textColumn != nil || LabelledTexts.isFolder(sequences) }

  /// With the defaults for texts, or for sequences.
  var modelOptions: TableModelOptions { isOfTexts ? model.defaulting(hiddenSize: 64, headDropout: 0.5) : model }

  func run() throws {
    var files = options.files(reading: [(model.initFrom, "--init-from")])
    files.reads(texts: sequences, as: "<sequences>")
    files.reads(vectors.vectors, as: "--vectors")
    files.reads(texts: validation.file, as: "--validation")
    if Team.isLeader {
      try files.check()
      try TrainingPage.check(options.shared.report)
    }
    // Taken first: another process may be about to replace the file.
    var store = try options.makeStoreOfLeader()
    guard let file = options.shared.resume else {
      let replaced = try ReplacedModel.found(by: .classes, store, keepsBest: false)
      return try train(store, resumed: nil, replaced)
    }
    let resumed = try ResumedTable(from: file, command: "classify")
    store?.resume(from: resumed.file, step: resumed.checkpoint.stepCount)
    let replaced = try ReplacedModel.found(by: .classes, store, keepsBest: false, resumed: file)
    var command = try resumed.command(ClassifyTrain.self)
    command.sequences = sequences
    // What is in the file is compared.
    if validation.part == nil { command.validation = validation }
    try ResumedTable.requireThere(validation: command.validation.file, of: file)
    command.options = options.resuming(command.options)
    try command.train(store, resumed: resumed, replaced)
  }
}
