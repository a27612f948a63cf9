import Storage

/// Why a text cannot be read, or not be used for training.
public enum TextError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no file or directory at `path`.
  case missing(path: String)
  /// The file or directory exists but cannot be read.
  case unreadable(path: String, reason: String)
  /// No file under the directory has the extension, or with nil: there is no file.
  case noMatchingFiles(directory: String, fileExtension: String?)
  /// The text has no characters. `source` names its files.
  case empty(source: String)
  /// The text has `count` characters where at least `needed` are.
  case tooShort(count: Int, needed: Int)
  /// The text is no UTF-8, at this byte or, with offset 0, as a whole. `reason` says what it seems to be, and how it can
  /// be converted; `file` is nil for bytes in memory. With bytes as the unit of the vocabulary any file will do.
  case notUTF8(file: String?, at: TextPlace, reason: String)
  /// The text repeats one character: there is nothing to learn.
  case singleSymbol(UInt32, unit: Vocabulary.Unit)
  /// The vocabulary lacks a character of the text. The place counts characters (bytes in the byte unit) of the text as the
  /// vocabulary normalizes it; `file` is nil for a text that is no file, such as a prompt.
  case unknownSymbol(UInt32, unit: Vocabulary.Unit, at: TextPlace, file: String?)
  /// The symbols make no vocabulary.
  case invalidVocabulary(reason: String)
  /// The text, as tokens, does not fit in the memory available. Both in bytes.
  case notEnoughMemory(needed: Int, available: Int)

  /// One line: what, where, and what to do if something can be done.
  public var description: String {
    switch self {
    case .missing(let path):
      "there is no file or directory \(printable(path))"
    case .unreadable(let path, let reason):
      "cannot read \(printable(path)): \(reason)"
    case .noMatchingFiles(let directory, let fileExtension):
      if let fileExtension {
        "no file under \(printable(directory)) has the extension .\(printable(fileExtension))"
      } else {
        "there is no file under \(printable(directory)) (hidden ones are not counted)"
      }
    case .empty(let source):
      "\(printable(source)): the text is empty"
    case .tooShort(let count, let needed):
      "the text is too short: it has \(count) characters and at least \(needed) are needed; "
        + "use more text, a smaller batch or shorter sequences"
    case .notUTF8(let file, let place, let reason):
      "\(printable(file ?? "the text")), line \(place.line): \(reason)"
    case .singleSymbol(let symbol, let unit):
      "the text holds only one distinct character, \(unit.name(of: symbol)); there is nothing to learn"
    case .unknownSymbol(let symbol, let unit, let place, let file):
      "\(unit.name(of: symbol)) at offset \(place.offset) of \(printable(file ?? "the text")) "
        + "(line \(place.line), column \(place.column)) is not in the vocabulary"
    case .invalidVocabulary(let reason):
      "not a vocabulary: \(reason)"
    case .notEnoughMemory(let needed, let available):
      "the text needs \(needed >> 20) MiB as tokens and \(available >> 20) MiB of memory are available"
    }
  }

  /// A token file where a text is expected.
  static func tokenFile(_ path: String) -> TextError {
    .unreadable(
      path: path,
      reason:
        "it is a token file, a whole text by itself: give its name alone where a text is read (in programs: TokenFile)")
  }

  init(_ error: FileError) {
    self =
      error.kind == .missing
      ? .missing(path: error.path) : .unreadable(path: error.path, reason: error.reason)
  }
}
