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
  /// The byte at `offset` of the file begins no valid UTF-8 sequence. `file` is nil for bytes in memory.
  case invalidUTF8(file: String?, offset: Int, byte: UInt8)
  /// The text repeats one character: there is nothing to learn.
  case singleSymbol(UInt32, unit: Vocabulary.Unit)
  /// The vocabulary lacks a character of the text. `offset` counts characters (bytes in the byte unit) from 0;
  /// `file` is nil for a text that is no file, such as a prompt.
  case unknownSymbol(UInt32, unit: Vocabulary.Unit, offset: Int, file: String?)
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
    case .invalidUTF8(let file, let offset, let byte):
      "\(printable(file ?? "the text")) is not valid UTF-8: byte 0x\(hexadecimal(byte, width: 2)) "
        + "at offset \(offset); to train on any file, use bytes as the unit of the vocabulary"
    case .singleSymbol(let symbol, let unit):
      "the text holds only one distinct character, \(name(of: symbol, unit)); there is nothing to learn"
    case .unknownSymbol(let symbol, let unit, let offset, let file):
      "\(name(of: symbol, unit)) at offset \(offset) of \(printable(file ?? "the text")) "
        + "is not in the vocabulary"
    case .invalidVocabulary(let reason):
      "not a vocabulary: \(reason)"
    case .notEnoughMemory(let needed, let available):
      "the text needs \(needed >> 20) MiB as tokens and \(available >> 20) MiB of memory are available"
    }
  }

  init(_ error: FileError) {
    self =
      error.kind == .missing
      ? .missing(path: error.path) : .unreadable(path: error.path, reason: error.reason)
  }
}

/// As a person would look it up: 'é' (U+00E9), U+000A, byte 0xE9.
private func name(of symbol: UInt32, _ unit: Vocabulary.Unit) -> String {
  guard unit == .unicodeScalar else { return "byte 0x\(hexadecimal(symbol, width: 2))" }
  let code = "U+\(hexadecimal(symbol, width: 4))"
  guard let scalar = Unicode.Scalar(symbol) else { return code }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
    return code
  case .nonspacingMark, .enclosingMark, .spacingMark:
    // Alone it would sit on the quotation mark.
    return "'\u{25CC}\(scalar)' (\(code))"
  default:
    return "'\(scalar)' (\(code))"
  }
}

private func hexadecimal(_ value: some BinaryInteger, width: Int) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
