import ArgumentParser
import Recurrent
import Storage

/// An encoder and a decoder.
struct TranslationModelOptions: ParsableArguments {
  enum AttentionChoice: String, NamedChoice {
    case dot
    case scaledDot = "scaled-dot"
    case general, additive, none

    var attention: Attention? {
      switch self {
      case .dot: .dot
      case .scaledDot: .scaledDot
      case .general: .general
      case .additive: .additive
      case .none: nil
      }
    }
  }

  @Option(help: ArgumentHelp("The recurrent cell of both.", valueName: "name"))
  var cell = CellOption(LSTMCell.lstm)

  @Option(
    in: 1...largestSize / 2,
    help: "Units of each layer and direction of the encoder; the decoder, which runs one way, has twice as many.")
  var hiddenSize = 256

  @Option(in: 1...1000, help: "Layers of the encoder, and of the decoder.")
  var layers = 1

  @Option(in: 1...largestSize, help: "Dimensions in which symbols are embedded, of both sides.")
  var embeddingSize = 128

  @Option(help: ArgumentHelp("How the decoder looks at what the encoder has read.", valueName: "name"))
  var attention = AttentionChoice.dot

  @Flag(
    help:
      "Feed what the decoder said with its attention at a step, before the head, into its next one (input feeding). Slower."
  )
  var inputFeeding = false

  @Option(
    .fraction,
    help: "Share of outputs that is dropped between layers and before the decoder's head, in training.")
  var dropout = 0.3

  @Option(.fraction, help: "Share of the units that are dropped on their way back into the recurrent product.")
  var recurrentDropout = 0.0

  func encoder(symbols: Int) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: cell.cell, input: .embedding(vocabularySize: symbols, size: embeddingSize), hiddenSize: hiddenSize,
      layerCount: layers, directions: .both(merge: .concatenate), dropout: layers > 1 ? dropout : 0)
    configuration.recurrentDropout = recurrentDropout
    return configuration
  }

  /// - Parameter symbols: with the mark.
  func decoder(symbols: Int) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: cell.cell, input: .embedding(vocabularySize: symbols, size: embeddingSize), hiddenSize: 2 * hiddenSize,
      layerCount: layers, outputSize: symbols, head: .everyStep, dropout: layers > 1 ? dropout : 0,
      headDropout: dropout)
    configuration.attention = attention.attention
    configuration.hasInputFeeding = inputFeeding
    configuration.recurrentDropout = recurrentDropout
    return configuration
  }

  /// `dot attention`, `additive attention with input feeding`.
  var attentionDescription: String { attention.rawValue + " attention" + (inputFeeding ? " with input feeding" : "") }

  func validate() throws {
    if inputFeeding, attention == .none {
      throw ValidationError(
        "'--input-feeding' feeds what attention gave: expected an '--attention' other than none with it")
    }
    if recurrentDropout > 0, cell.cell.structure.recurrentProduct == .none {
      throw ValidationError(
        "The value '\(recurrentDropout)' is invalid for '--recurrent-dropout <x>': the cell \(cell.cell.name) has no "
          + "recurrent product")
    }
  }
}

/// How long to train on pairs, and where the results go.
struct PairRunOptions: ParsableArguments, EpochRunOptions {
  @Option(in: 1...largestSize, help: "Pairs side by side. (default: a fiftieth of them, 8 to 128)")
  var batchSize: Int?

  @Option(
    in: 1...largestSize,
    help: "Passes over the training part, at most. (default: 20, more for fewer than 100,000 pairs, 200 at most)")
  var epochs: Int?

  @Option(in: 1...largestSize, help: "Stop after so many epochs in a row without a better --metric.")
  var patience = 10

  @Option(
    in: 1...largestSize,
    help: "Halve the learning rate after so many epochs in a row without a better --metric. (default: never)")
  var halveAfter: Int?

  @OptionGroup var multiplying: TrainingPrecisionOption
  @OptionGroup var sharding: ShardOptions
  @OptionGroup var shared: SharedRunOptions

  /// Pairs to be seen in all, below which the default number of epochs grows.
  private static let wantedPairs = 2_000_000

  func epochs(pairs: Int) -> Int { epochs ?? max(20, min(200, Self.wantedPairs / max(1, pairs))) }
  func batchSize(pairs: Int) -> Int { batchSize ?? max(1, min(pairs, max(8, min(128, pairs / 50)))) }

  func validate() throws { try multiplying.validate(with: shared.multiplying) }

  /// Those of a training that goes on: as it was begun, but for what may change.
  func resuming(_ original: PairRunOptions) -> PairRunOptions {
    var result = original
    result.shared = shared
    result.shared.seed = original.shared.seed
    return result
  }
}
