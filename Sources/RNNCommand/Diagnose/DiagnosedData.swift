import ArgumentParser
import Recurrent
import RecurrentExchange
import Storage
import Tables

/// What a model is diagnosed on: a text, a table or a file of arrays, as the model reads.
struct DiagnosedData: ParsableArguments {
  @OptionGroup var source: ModelDataOptions

  @Option(
    reading: "Sequences in a .safetensors, .npz or .npy file, as for rnn run: vectors [T, N, I] or tokens [T, N].")
  var input: String?

  /// - Throws: `ValidationError` where there is not one of the three.
  func validateChoice() throws(ValidationError) {
    let given = [("--text", !source.text.text.isEmpty), ("--table", source.table != nil), ("--input", input != nil)]
      .filter(\.1)
    guard given.count != 1 else { return }
    throw ValidationError(
      given.isEmpty
        ? "Missing expected argument: the data, as '--text <path> ...', '--table <file>' or '--input <file>'"
        : "'\(given[0].0)' excludes '\(given[1].0)'")
  }

  /// Where the data come from.
  var place: String { printable(source.file ?? input ?? "") }

  func note(in files: inout FileUse) {
    source.note(in: &files)
    files.reads(input, as: "--input")
  }

  /// What a model of a series or of classes sees of a table: [length, I] of each sequence.
  func vectors(of model: Model<Float>, _ path: String, table: String) throws -> [[Float]] {
    if let description = try model.seriesDescription(path) {
      let series = try source.series(
        table, columns: description.columns, like: description.timing, of: path)
      return [description.inputs(series.values)]
    }
    if let description = try model.readoutDescription(path) {
      let series = try source.series(table, columns: description.inputs, like: description.timing, of: path)
      return [description.inputs(series.values, width: description.inputs.count)]
    }
    if let description = try model.classDescription(path) {
      let data = try source.sequences.read(
        table, features: description.features, isPerStep: description.isPerStep, needsLabels: false)
      return data.items.map { description.inputs($0.values) }
    }
    throw Failure(
      message:
        "\(printable(path)) was not trained on a table: rnn forecast train and rnn classify train make such models; "
        + "give --text or --input")
  }

  func input<S: Scalar>(_ configuration: ModelConfiguration, _ scalar: S.Type) throws -> RunInput<S> {
    guard let input else { stop("no file of arrays") }
    return try RunInput(
      ArrayFile(sequences: input), for: configuration, names: RunInput<S>.Names(), isBatchFirst: false)
  }
}

extension RunInput {
  /// [length] of each sequence; nil where they are vectors.
  var tokenSequences: [[Int32]]? {
    guard case .tokens(let tokens) = steps else { return nil }
    return sequences(tokens, width: 1)
  }

  /// [length, I] of each sequence; nil where they are tokens.
  var vectorSequences: [[S]]? {
    guard case .vectors(let vectors) = steps else { return nil }
    return sequences(vectors, width: vectors.count / (stepCount * sequenceCount))
  }

  /// - Parameter values: [T, N, width]
  private func sequences<Element>(_ values: [Element], width: Int) -> [[Element]] {
    (0..<sequenceCount).map { sequence in
      (0..<(lengths?[sequence] ?? stepCount)).flatMap { step in
        let first = (step * sequenceCount + sequence) * width
        return values[first..<first + width]
      }
    }
  }
}
