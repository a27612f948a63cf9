import ArgumentParser
import Recurrent
import Storage
import Tables

/// Data for a trained model, as it was trained on: a text or a table.
struct ModelDataOptions: ParsableArguments {
  @OptionGroup var text: TextOptions
  @OptionGroup var unknowns: UnknownOption

  @Option(reading: "The table of a series, or the sequences of a model of classes: a CSV or .ts file.")
  var table: String?

  @OptionGroup var sequences: SequenceOptions

  @OptionGroup var rows: SeriesRowOptions

  /// The first file; nil: none is given.
  var file: String? { table ?? text.text.first }

  func note(in files: inout FileUse) {
    if !text.text.isEmpty { files.reads(text: text.text, fileExtension: text.fileExtension, as: "--text") }
    files.reads(table, as: "--table")
  }

  /// The text, what the vocabulary lacks counted and told.
  /// - Parameter limit: tokens at its start that are wanted; nil: all.
  func tokens(_ vocabulary: Vocabulary, limit: Int? = nil) throws -> [Int32] {
    let (tokens, unknownCounts) = try text.tokens(for: vocabulary, unknowns)
    unknowns.report(unknownCounts, vocabulary)
    return try tokens.tokens(in: 0..<min(limit ?? tokens.count, tokens.count))
  }

  /// The table of a series.
  /// - Parameters:
  ///   - timing: how the rows were made regular that the model was trained on.
  ///   - file: of the model.
  func series(_ path: String, columns: [String], like timing: SeriesTiming, of file: String) throws -> Series {
    try rows.series(at: path, sequences.reading, columns: columns, like: (timing, file))
  }
}
