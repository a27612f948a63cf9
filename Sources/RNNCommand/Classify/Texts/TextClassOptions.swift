import ArgumentParser
import Recurrent
import Storage
import Tables

/// The column of texts, where texts are classified and not sequences.
struct TextColumnOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Tell texts apart: the column that holds them, in a CSV or TSV table, or the member in a file of JSON lines. "
        + "Of a folder with a folder for each class it is not needed.",
      valueName: "name"))
  var textColumn: String?

  /// Refuses the option for a model that reads no texts.
  func refuse(for model: String) throws(ValidationError) {
    if textColumn != nil {
      throw ValidationError("'--text-column' is for models of texts: \(model) tells sequences apart")
    }
  }
}

extension TextClassModel {
  /// Where texts for the model stand: where it was trained on them, unless the command line says so.
  func source(_ input: SequenceOptions, _ texts: TextColumnOption) throws(ValidationError) -> TextClassSource {
    if input.sequenceColumn != nil {
      throw ValidationError("'--sequence-column' is for sequences: the model tells texts apart")
    }
    let text = texts.textColumn ?? description.columns?.text
    return TextClassSource(
      reading: input.reading,
      columns: text.map { .init(text: $0, label: input.labelColumn ?? description.columns?.label) })
  }
}

/// How texts become what a model of classes reads.
struct TextClassOptions: ParsableArguments {
  @Option(
    oneOf: TextTokenizer.Unit.self,
    help: ArgumentHelp(
      "What of a text is a step: character (a Unicode scalar), byte, word, spaced (what stands between spaces), or subword "
        + "(byte-pair encoding). (default: character)",
      valueName: "name"))
  var unit: TextTokenizer.Unit?

  @Option(
    oneOf: Vocabulary.Normalization.self,
    help: ArgumentHelp(
      "The form of Unicode that texts are brought into: nfc, nfd, nfkc, nfkd or none. (default: nfc; none for bytes)",
      valueName: "form"))
  var normalize: Vocabulary.Normalization?

  @Flag(help: "Bring texts into lower case.")
  var lowerCase = false

  @Option(
    in: 1...largestSize,
    help:
      "The most units that are known, the frequent ones; others are one unknown unit. (default: 20000 words, 8000 subwords, all characters)"
  )
  var vocabularySize: Int?

  @Option(in: 1...largestSize, help: "How often a unit must come to be known.")
  var minimumCount = 2

  @Option(in: 0...largestSize, help: "Embed units in vectors of this size; 0 for one-hot. (default: 64)")
  var embeddingSize: Int?

  @Option(
    in: 1...1_000_000, help: "Units of a text that are read, from its start; the rest is left out. (default: 1000)")
  var longest: Int?

  @Option(
    help: ArgumentHelp(
      "Add a linear model on n-grams of these lengths, in characters, to the network: the mean of both logarithms decides. "
        + "none: the network alone. (default: 1-4)",
      valueName: "n-m|none"),
    transform: { text throws in
      guard let lengths = NGramLengths(argument: text) else {
        throw ValidationError("expected lengths up to \(NGramClassifier.longest), such as 1-4 or 3, or none")
      }
      return lengths
    })
  var ngrams = NGramLengths(1...4)

  /// The options that are for texts alone.
  static let names: Set = [
    "--unit", "--normalize", "--lower-case", "--vocabulary-size", "--minimum-count", "--embedding-size", "--longest",
    "--ngrams", "--vectors", "--freeze-vectors",
  ]

  func validate() throws {
    if unit == .subword {
      if let vocabularySize, vocabularySize < 256 {
        throw ValidationError(
          "The value '\(vocabularySize)' is invalid for '--vocabulary-size <n>': subwords are made of 256 bytes, which are known"
        )
      }
      if GivenOptions.names.contains("--minimum-count") {
        throw ValidationError("'--minimum-count' excludes '--unit subword': a subword comes twice or more")
      }
    }
    guard unit == .byte else { return }
    for (name, isGiven) in [
      ("--normalize", normalize ?? .none != .none), ("--vocabulary-size", vocabularySize != nil),
    ] where isGiven {
      throw ValidationError("'\(name)' excludes '--unit byte': all 256 bytes are known, as they are")
    }
  }

  var effectiveUnit: TextTokenizer.Unit { unit ?? .character }

  func tokenizer(fitting texts: [String]) -> TextTokenizer {
    TextTokenizer(
      fitting: texts, unit: effectiveUnit,
      form: TextForm(isLowercased: lowerCase, normalization: normalize ?? .nfc),
      vocabularySize: vocabularySize ?? ([.word, .spaced].contains(effectiveUnit) ? 20_000 : nil),
      minimumCount: minimumCount)
  }
}

/// Lengths of n-grams: 1-4, 3, or none.
struct NGramLengths: Sendable {
  let orders: ClosedRange<Int>?

  init(_ orders: ClosedRange<Int>?) { self.orders = orders }

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    if argument == "none" {
      self.init(nil)
    } else if let first = parts[0], let last = parts.count == 2 ? parts[1] : parts.count == 1 ? first : nil,
      1 <= first, first <= last, last <= NGramClassifier.longest
    {
      self.init(first...last)
    } else {
      return nil
    }
  }
}

/// Where texts come from, and how they are read.
struct TextClassSource {
  let reading: TableOptions
  /// As the command line or the model names them; nil: only a folder of folders will do.
  let columns: LabelledTexts.Columns?

  /// - Parameter needsLabels: whether a table must have a column of labels.
  /// - Throws: `TableError`; `ValidationError` where a column is not named.
  func read(_ path: String, needsLabels: Bool) throws -> LabelledTexts {
    if LabelledTexts.isFolder(path) { return try LabelledTexts(folder: path) }
    guard let columns else { throw ValidationError("a table needs '--text-column <name>'") }
    if needsLabels, columns.label == nil { throw ValidationError("a table needs '--label-column <name>'") }
    if SequenceOptions.isTS(path) {
      throw ValidationError("'--text-column' is for tables, not for the .ts file \(path)")
    }
    var wanted = columns
    if !needsLabels { wanted.label = nil }
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw TableError(error) }
    let texts =
      if LabelledTexts.isJSONLines(bytes, file: path) {
        try LabelledTexts(jsonLines: bytes, file: path, wanted)
      } else {
        try LabelledTexts(CSVTable(bytes, file: path, reading.tableReading), wanted)
      }
    Note.remarks(texts.remarks)
    return texts
  }
}
