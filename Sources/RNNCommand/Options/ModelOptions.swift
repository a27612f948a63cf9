import ArgumentParser
import Recurrent

/// What the model is, and how it starts.
struct ModelOptions: ParsableArguments {
  enum Start: String, NamedChoice {
    case pytorch, xavier, kaiming, orthogonal, identity, critical
  }

  @Option(help: ArgumentHelp("The recurrent cell.", valueName: "name"))
  var cell = CellOption(LSTMCell.lstm)

  @Option(in: 1...largestSize, help: "Hidden units of each layer.")
  var hiddenSize = 256

  @Option(in: 1...1000, help: "Layers, one upon the other.")
  var layers = 2

  @Option(in: 0...largestSize, help: "Embed characters in vectors of this size; 0 for one-hot.")
  var embeddingSize = 64

  @Flag(
    help:
      "Let the embedding be the head's matrix, too: one matrix, of as many numbers a token as the head reads units. --embedding-size is that, then."
  )
  var tiedEmbedding = false

  @Option(.fraction, help: "Share of a layer's outputs that is dropped on the way to the next layer, in training.")
  var dropout = 0.0

  @Option(.fraction, help: "Share of the top layer's outputs that is dropped on the way to the head, in training.")
  var headDropout = 0.0

  @Option(name: .customLong("init"), help: ArgumentHelp("Start values.", valueName: "name"))
  var start = Start.orthogonal

  @Option(.finite, help: "Start value of the forget gate's bias, for cells that have one. (default: as --init)")
  var forgetBias: Double?

  @Option(.positiveScale, help: "Scale each gate's recurrent matrix to this spectral radius at the start.")
  var spectralRadius: Double?

  @Option(
    .positiveScale, help: "Scale each gate's recurrent matrix to this norm, its largest singular value, at the start.")
  var recurrentNorm: Double?

  @Option(
    .positiveScale,
    help:
      "Scale each layer's input weights at the start so that what they give to the gates has this deviation on the text."
  )
  var inputDeviation: Double?

  @OptionGroup var structure: StructureOptions

  func validate() throws {
    try refuseIdle(dropout: dropout, layers: layers, hasBlocks: structure.residualBlocks)
    if tiedEmbedding, GivenOptions.names.contains("--embedding-size"), embeddingSize != headInputSize {
      throw ValidationError(
        "The value '\(embeddingSize)' is invalid for '--embedding-size <n>': a tied one has the \(headInputSize) numbers that "
          + "the head reads")
    }
    try structure.validate(cell.cell, hiddenSize: hiddenSize, dropout: dropout, headDropout: headDropout)
    if let forgetBias, cell.cell.structure.forgetGate == nil {
      throw ValidationError(
        "The value '\(short(forgetBias))' is invalid for '--forget-bias <x>': the cell \(cell.cell.name) has no forget gate"
      )
    }
    if spectralRadius != nil || recurrentNorm != nil {
      let option = spectralRadius != nil ? "--spectral-radius <x>" : "--recurrent-norm <x>"
      if spectralRadius != nil, recurrentNorm != nil {
        throw ValidationError("'--spectral-radius <x>' excludes '--recurrent-norm <x>'")
      }
      if cell.cell.structure.recurrentProduct == .none {
        throw ValidationError("'\(option)' is for cells with a recurrent matrix: \(cell.cell.name) has none")
      }
      if spectralRadius != nil, structure.projectionSize != nil {
        throw ValidationError(
          "'\(option)' excludes '--projection-size <n>': a spectral radius is that of a square matrix")
      }
    }
  }

  var initialization: Initialization {
    var initialization: Initialization =
      switch start {
      case .pytorch: .pytorch
      case .xavier: .xavier
      case .kaiming: .kaiming
      case .orthogonal: .orthogonal
      case .identity: Initialization(input: .xavier, recurrent: .identity)
      case .critical: Initialization(input: .xavier, recurrent: .critical)
      }
    initialization.recurrentScale =
      spectralRadius.map { .spectralRadius($0) } ?? recurrentNorm.map { .norm($0) }
    initialization.forgetGateBias = forgetBias
    return initialization
  }

  private var headInputSize: Int { structure.projectionSize ?? hiddenSize }

  /// The configuration for text of this many different tokens.
  func configuration(vocabularySize: Int) throws -> ModelConfiguration {
    let embeddingSize = tiedEmbedding ? headInputSize : embeddingSize
    let input: ModelConfiguration.Input =
      if embeddingSize > 0 {
        .embedding(vocabularySize: vocabularySize, size: embeddingSize)
      } else {
        .oneHot(vocabularySize: vocabularySize)
      }
    var configuration = ModelConfiguration(
      cell: cell.cell, input: input, hiddenSize: hiddenSize, layerCount: layers, outputSize: vocabularySize,
      dropout: dropout, headDropout: headDropout)
    try structure.apply(to: &configuration)
    configuration.tiesEmbedding = tiedEmbedding
    return configuration
  }
}

/// Refuses a dropout that would have no place to act.
/// - Parameter hasBlocks: whether dropout acts within residual blocks.
func refuseIdle(dropout: Double, layers: Int, hasBlocks: Bool = false) throws(ValidationError) {
  guard dropout > 0, layers == 1, !hasBlocks else { return }
  throw ValidationError(
    "The value '\(dropout)' is invalid for '--dropout <x>' with one layer: it acts between layers; "
      + "'--head-dropout <x>' acts above the last")
}
