package import Storage

/// Why a token file cannot be read or written.
public enum TokenFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no such file.
  case missingFile(String)
  /// The system refused to read or write. A failed write leaves what was there before.
  case io(file: String, reason: String)
  /// Another process writes this file, of this number where it is known.
  case locked(file: String, process: Int?)
  /// The file is of another kind.
  case foreignFile(String, reason: String)
  /// The file is of a version that is not read here.
  case unsupportedVersion(file: String, found: Int, supported: Int)
  /// The file has another size than its header says: it ends early, or something follows its end.
  case wrongSize(file: String, expected: Int, actual: Int)
  /// What stands at this byte of the file breaks the rules of the format.
  case invalid(file: String, offset: Int, reason: String)
  /// These bytes of the file are not as they were written.
  case damaged(file: String, bytes: Range<Int>)
  /// The tokens do not fit into the memory available. Both in bytes.
  case notEnoughMemory(file: String, needed: Int, available: Int)
  /// The vocabulary for which tokens are wanted is not that of the file.
  case otherVocabulary(file: String, reason: String)
  /// The text that is to be written as tokens, or the tokens as a text for what is asked.
  case text(TextError)

  /// One line: which file, what, and where; and what to do if something can be done.
  public var description: String {
    switch self {
    case .missingFile(let file): "there is no file \(printable(file))"
    case .io(let file, let reason): "\(printable(file)): \(reason)"
    case .locked(let file, let process): "\(printable(file)) is being written by \(FileLock.holder(process))"
    case .foreignFile(let file, let reason):
      "\(printable(file)) is not a token file: \(reason); 'rnn tokenize' makes one of texts"
    case .unsupportedVersion(let file, let found, let supported):
      "\(printable(file)) is a token file of version \(found); supported: \(supported)"
    case .wrongSize(let file, let expected, let actual):
      "\(printable(file)) "
        + (actual < expected
          ? "is cut short: it has \(actual) bytes of \(expected)"
          : "is damaged: it has \(actual) bytes where its header says \(expected)")
        + "; 'rnn tokenize' makes it anew from its texts"
    case .invalid(let file, let offset, let reason):
      "\(printable(file)) cannot be read: \(reason) (byte \(offset) of the file)"
    case .damaged(let file, let bytes):
      "\(printable(file)) is damaged: the checksum of its bytes \(bytes.lowerBound) to \(bytes.upperBound - 1) is another; "
        + "copy it again from where it is whole, or make it anew with 'rnn tokenize'"
    case .notEnoughMemory(let file, let needed, let available):
      "the tokens of \(printable(file)) need \(needed >> 20) MiB at once and \(available >> 20) MiB of memory are available"
    case .otherVocabulary(let file, let reason): "\(printable(file)): \(reason)"
    case .text(let error): error.description
    }
  }

  package init(_ error: FileError) {
    self =
      switch error.kind {
      case .missing where error.operation == .open: .missingFile(error.path)
      case .locked(let process): .locked(file: error.path, process: process)
      default: .io(file: error.path, reason: "cannot \(error.operation.rawValue): \(error.reason)")
      }
  }
}
