import ArgumentParser
import Recurrent
import Tables
import Storage

extension MissingPolicy: NamedChoice {}

extension GapPolicy: NamedChoice {}
extension DuplicatePolicy: NamedChoice {}
extension DateOrder: NamedChoice {}

/// How a table is read.
struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What stands between fields: one character, or tab. (default: comma, semicolon, tab or bar, as found)",
      valueName: "char"),
    transform: { text throws in
      if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
      guard text.utf8.count == 1, let byte = text.utf8.first, (0x21...0x7E).contains(byte) || byte == 0x09,
        byte != UInt8(ascii: "\""), !(0x30...0x39).contains(byte), byte != UInt8(ascii: ".")
      else { throw ValidationError("expected one character, such as , or ; or tab") }
      return byte
    })
  var separator: UInt8?

  @Option(
    help: ArgumentHelp(
      "The decimal mark, . or , (default: as the numbers of a column show together)", valueName: "mark"),
    transform: { text throws in
      guard let mark = DecimalMark(rawValue: text) else { throw ValidationError("expected . or ,") }
      return mark
    })
  var decimal: DecimalMark?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What stands for a missing value, beside empty fields, NA, n.a., NaN, null, #N/A, ?, . and -: texts or numbers, commas "
        + "between them.", valueName: "texts"))
  var missingValues: [String] = []

  @Option(
    help: ArgumentHelp(
      "The encoding of a table that is not UTF-8: windows-1252, latin1, utf-16 and others.", valueName: "name"),
    transform: { text throws in
      guard let encoding = TableEncoding(text) else {
        throw ValidationError("expected one of \(TableEncoding.names.joined(separator: ", "))")
      }
      return encoding
    })
  var encoding: TableEncoding?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether the first line names the columns. (default: unless it holds a time and numbers)")
  var header: Bool?

  @Option(
    in: 0...largestSize,
    help: "Lines to pass over before the names of the columns; those that begin with # are passed over without it.")
  var skipLines = 0

  @Option(
    in: 0...largestSize,
    help: "Lines to pass over at the end, a total or a source for instance; empty ones are not counted.")
  var skipFooter = 0

  @Option(
    help: ArgumentHelp(
      "What comments begin with, also between rows and behind values: one character, as # or %.", valueName: "char"),
    transform: { text throws in
      guard text.utf8.count == 1, let byte = text.utf8.first, (0x21...0x7E).contains(byte),
        !(0x30...0x39).contains(byte), !"\",.+-".utf8.contains(byte), !(0x61...0x7A).contains(byte | 0x20)
      else { throw ValidationError("expected one character, such as # or %") }
      return byte
    })
  var comment: UInt8?

  @Option(
    help: ArgumentHelp(
      "A column, by name or place, that only numbers or names the rows; may be given again. (default: those at the "
        + "beginning without a name)", valueName: "name"))
  var indexColumn: [String] = []

  func validate() throws {
    try refuseTwice("--index-column", indexColumn)
    if let comment, comment == separator {
      throw ValidationError("'--comment' and '--separator' are the same character")
    }
  }

  /// The options by which a table is read.
  static let names: Set = [
    "--separator", "--decimal", "--missing-values", "--encoding", "--header", "--no-header", "--skip-lines",
    "--skip-footer", "--comment",
    "--index-column",
  ]

  /// For the reader.
  var tableReading: TableReading {
    var reading = TableReading(separator: separator)
    reading.decimalMark = decimal
    reading.missingValues = missingValues.flatMap { $0.split(separator: ",").map(String.init) }
    reading.encoding = encoding
    reading.hasHeader = header
    reading.skippedLines = skipLines
    reading.skippedFooterLines = skipFooter
    reading.comment = comment
    reading.indexColumns = indexColumn
    return reading
  }

  /// For the discussion of commands that read tables.
  static let documentation = """
    Tables are read as programs and people write them: separators, decimal marks, thousands, currencies, percent signs, ways to \
    write a missing value, an index column without a name, comments (#) before the names, and a first line that is no header are \
    seen, and said. --separator, --decimal, --missing-values, --encoding, --no-header, --skip-lines, --skip-footer, --comment and \
    --index-column say what is \
    not seen.
    """
}

/// A part of the steps or sequences: so many of them, or a share.
enum PartSize: Sendable, Equatable, ExpressibleByArgument {
  case count(Int)
  case share(Double)

  init?(argument: String) {
    if let count = Int(argument), (0...largestSize).contains(count) {
      self = .count(count)
    } else if let share = Double(argument), share >= 0, share < 1 {
      self = .share(share)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .count(let count): String(count)
    case .share(let share): short(share)
    }
  }

  /// Of `total`; at least 1 where a share above 0 is asked for. May be more than there are.
  func count(of total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .share(let share): share == 0 ? 0 : max(1, Int(Double(total) * share))
    }
  }
}

/// How long to train on a table, and where the results go.
struct TableRunOptions: ParsableArguments, EpochRunOptions {
  @Option(
    name: .customLong("batch-size"), in: 1...largestSize,
    help: "Sequences side by side. (default: 32; 64 where texts are classified, 16 for tags)")
  var givenBatchSize: Int?

  @Option(
    name: .customLong("epochs"), in: 1...largestSize,
    help: "Passes over the training part, at most. (default: 200; 10 where texts are classified, 30 for tags)")
  var givenEpochs: Int?

  @Option(
    name: .customLong("patience"), in: 1...largestSize,
    help:
      "Stop after so many epochs in a row without a new lowest validation loss. (default: 20; 3 where texts are classified, 5 for tags)"
  )
  var givenPatience: Int?

  var batchSize: Int { givenBatchSize ?? 32 }
  var epochs: Int { givenEpochs ?? 200 }
  var patience: Int { givenPatience ?? 20 }

  /// With other defaults.
  func defaulting(batchSize: Int, epochs: Int, patience: Int) -> TableRunOptions {
    var result = self
    result.givenBatchSize = givenBatchSize ?? batchSize
    result.givenEpochs = givenEpochs ?? epochs
    result.givenPatience = givenPatience ?? patience
    return result
  }

  @OptionGroup var multiplying: TrainingPrecisionOption
  @OptionGroup var sharding: ShardOptions
  @OptionGroup var shared: SharedRunOptions

  func validate() throws { try multiplying.validate(with: shared.multiplying) }

  /// Those of a training that goes on: as it was begun, but for what may change.
  func resuming(_ original: TableRunOptions) -> TableRunOptions {
    var result = original
    result.shared = shared
    result.shared.seed = original.shared.seed
    (result.givenEpochs, result.givenPatience) = (givenEpochs, givenPatience)
    return result
  }
}
