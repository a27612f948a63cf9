import ArgumentParser
import Recurrent

struct GradCheck: ParsableCommand {
  enum InputKind: String, NamedChoice { case oneHot = "one-hot", embedding, vectors }
  enum HeadPlace: String, NamedChoice {
    case everyStep = "every-step"
    case lastStep = "last-step"
    case none

    var head: ModelConfiguration.Head {
      switch self {
      case .everyStep: .everyStep
      case .lastStep: .lastStep
      case .none: .none
      }
    }
  }

  enum LossKind: String, NamedChoice {
    case crossEntropy = "cross-entropy"
    case binaryCrossEntropy = "binary-cross-entropy"
    case meanSquaredError = "mean-squared-error"
    case meanAbsoluteError = "mean-absolute-error"
    case huber
    case ctc
    case crf

    var loss: Loss {
      switch self {
      case .crossEntropy: .crossEntropy
      case .binaryCrossEntropy: .binaryCrossEntropy
      case .meanSquaredError: .meanSquaredError
      case .meanAbsoluteError: .meanAbsoluteError
      case .huber: .huber()
      case .ctc: .ctc()
      case .crf: .crf
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "gradcheck",
    abstract: "Prove the gradients: back-propagation against central differences.",
    discussion: """
      In Double, signed, every element of every parameter, input vector and initial state. An element passes where \
      |analytic − numeric| ≤ 10⁻⁸ + 10⁻⁵·|numeric|. A line for each tensor shows its worst element: its place, both \
      gradients there, and their difference relative to the tensor's largest entry. Exit code 1 if an element fails. \
      The time grows with the square of the sizes.

      The step is 10⁻⁵. rnn-relu has no derivative at 0, so an element that does not pass is tried again with a 16th and \
      a 256th of the step. Where a unit comes to within the smallest, 4·10⁻⁸, of 0, the check still fails and another \
      seed helps.
      """)

  @Option(help: ArgumentHelp("The cell; may be given several times. (default: all)", valueName: "name"))
  var cell: [CellOption] = []

  @Option(in: 1...1000, help: "Layers.")
  var layers = 1

  @Option(in: 1...largestSize, help: "Hidden units of each layer.")
  var hiddenSize = 5

  @Option(in: 1...largestSize, help: "Steps.")
  var sequenceLength = 7

  @Option(in: 1...largestSize, help: "Sequences side by side.")
  var batchSize = 2

  @Option(help: ArgumentHelp("Kind of input.", valueName: "kind"))
  var input = InputKind.vectors

  @Option(in: 1...largestSize, help: "Features of a vector, or of an embedding.")
  var inputSize = 3

  @Option(in: 1...largestSize, help: "Tokens, for --input one-hot and embedding.")
  var vocabularySize = 4

  @Option(in: 1...largestSize, help: "Outputs of the head. (default: 4)")
  var outputSize: Int?

  @Option(help: ArgumentHelp("Where the head reads; without one the outputs are the hidden units.", valueName: "place"))
  var head = HeadPlace.everyStep

  @Option(help: ArgumentHelp("The loss.", valueName: "name"))
  var loss = LossKind.crossEntropy

  @Flag(help: "Make layers residual blocks, with norms and feed-forward layers.")
  var residualBlocks = false

  @Option(.fraction, help: "Dropout between layers, with one fixed mask.")
  var dropout = 0.0

  @Option(.fraction, help: "Dropout between the top layer and the head, likewise.")
  var headDropout = 0.0

  @Option(in: 0...UInt64.max, help: "Decides parameters and data.")
  var seed: UInt64 = 1

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads.")
  var threads = 1

  func validate() throws {
    try refuseIdle(dropout: dropout, layers: layers, hasBlocks: residualBlocks)
    if head == .none, headDropout > 0 {
      throw ValidationError("The value '\(headDropout)' is invalid for '--head-dropout <x>' without a head")
    }
    if head == .none, let outputSize {
      throw ValidationError(
        "The value '\(outputSize)' is invalid for '--output-size <n>' without a head: the outputs are the hidden units")
    }
    if loss == .ctc || loss == .crf, head == .lastStep {
      throw ValidationError(
        "The value '\(loss.rawValue)' is invalid for '--loss <name>' with a head at the last step only")
    }
    if loss == .crf, head == .none {
      throw ValidationError("The value 'crf' is invalid for '--loss <name>' without a head")
    }
  }

  func run() throws {
    Note.threads(threads)
    let cells = cell.isEmpty ? BuiltInCells.all : cell.map(\.cell)
    var failures = 0
    for (index, cell) in cells.enumerated() {
      let report = try check(cell)
      if index > 0 { try output("") }
      try output("\(cell.name)\n\(report)")
      failures += report.tensors.count { !$0.passes }
    }
    if failures > 0 {
      throw Failure(message: "\(failures) tensor\(failures == 1 ? "" : "s") failed the gradient check")
    }
  }

  private func check(_ cell: some RecurrentCell) throws(PlanError) -> GradientReport {
    let kind: ModelConfiguration.Input =
      switch input {
      case .oneHot: .oneHot(vocabularySize: vocabularySize)
      case .embedding: .embedding(vocabularySize: vocabularySize, size: inputSize)
      case .vectors: .vectors(size: inputSize)
      }
    var configuration = ModelConfiguration(
      cell: cell, input: kind, hiddenSize: hiddenSize, layerCount: layers,
      outputSize: outputSize ?? (head == .none ? hiddenSize : 4), head: head.head, dropout: dropout,
      headDropout: headDropout)
    if loss == .crf { configuration.crf = CRFConstraints.none }
    if residualBlocks { configuration.blocks = ResidualBlocks() }
    return try checkGradients(
      of: configuration, loss: loss.loss, steps: sequenceLength, batchSize: batchSize, products: multiplying.choice,
      seed: seed, threads: threads)
  }
}
