import ArgumentParser
import Recurrent
import Storage
import Tables

/// What a model is compressed for: a text or a table, as it was trained on.
struct CompressionData: ParsableArguments {
  @OptionGroup var source: ModelDataOptions

  @Option(help: ArgumentHelp("The last part, to compare on: so many steps or sequences, or a share.", valueName: "n|x"))
  var validation = PartSize.share(0.05)

  @Option(in: 100...largestSize, help: "Steps of the data that the matrices are cut for, at most, evenly spread.")
  var steps = 20_000

  /// - Throws: `ValidationError` where there is not one of both.
  func validateChoice() throws(ValidationError) {
    guard source.text.text.isEmpty == (source.table == nil) else { return }
    throw ValidationError(
      source.table == nil
        ? "Missing expected argument: the data, as '--text <path> ...' or '--table <file>'"
        : "'--text' excludes '--table'")
  }

  /// Where the data come from.
  var place: String { printable(source.file ?? "") }

  /// The model, and the data as it reads them.
  func read(for path: String) throws -> (model: Model<Float>, parts: PartedData) {
    let file = try SafetensorsFile(path: path)
    try ModelUse.requireNetwork(file)
    switch (ModelUse(file), source.table) {
    case (.text, nil):
      let (model, vocabulary) = try Model.forText(file)
      return (model, try PartedData(source.tokens(vocabulary), of: place, held: validation))
    case (.series, let table?):
      let (model, description) = try Model.forForecasts(file, likelihoods: true)
      let series = try source.series(
        table, columns: description.columns, like: description.timing, of: path)
      return (model, try PartedData(description, series, held: validation))
    case (.classes, let table?):
      let (model, description) = try Model.forClasses(file)
      let items = try source.sequences.read(
        table, features: description.features, isPerStep: description.isPerStep, needsLabels: true)
      return (model, try PartedData(description, items, held: validation))
    case (.text?, _):
      throw Failure(message: "\(path) is a model of text: give --text", status: .usage)
    case (.series?, nil), (.classes?, nil):
      throw Failure(message: "\(path) reads a table: give --table", status: .usage)
    case (_, _):
      throw Failure(
        message: "\(path) is no model of text, of a series or of classes: rnn train, rnn forecast train and "
          + "rnn classify train make such")
    }
  }

  /// Pieces of a text that run side by side.
  private static var pieceCount: Int { 32 }

  /// As many of the data as are looked at, evenly spread.
  /// - Parameter width: features of a step.
  func sample(of part: PartedData.Part, width: Int) -> ModelInput<Float> {
    switch part.content {
    case .tokens(let tokens):
      let length = min(tokens.count / Self.pieceCount, steps / Self.pieceCount)
      guard length > 0 else { return .tokens([tokens]) }
      return .tokens(
        (0..<Self.pieceCount).map { piece in
          let first = piece * tokens.count / Self.pieceCount
          return Array(tokens[first..<first + length])
        })
    case .vectors(let vectors):
      // As if all were of the mean length.
      let length = max(1, vectors.reduce(0) { $0 + $1.count } / (vectors.count * width))
      let count = max(1, min(vectors.count, steps / length))
      return .vectors((0..<count).map { vectors[(2 * $0 + 1) * vectors.count / (2 * count)] })
    }
  }
}
