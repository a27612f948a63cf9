package import Storage

/// Why a file of tensors, a model or a checkpoint, cannot be read or written.
public enum CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no such file.
  case missingFile(String)
  /// The system refused to read or write. A failed write leaves what was there before.
  case io(file: String, reason: String)
  /// Another writer, in the process of this number where it is known, keeps its checkpoints in this file.
  case locked(file: String, process: Int?)
  /// The file stands where a training is to keep its own, and is not replaced.
  case occupied(file: String, reason: String)
  /// The file is of another kind.
  case foreignFile(String, reason: String)
  /// The file has tensors, but they are not those of a model of this package.
  case foreignModel(String, reason: String)
  /// The file ends early: it should have `expected` bytes or more.
  case truncated(file: String, expected: Int, actual: Int)
  /// The header, or the data it describes, breaks the rules of the format. `offset` is that of the byte in the
  /// file, where one byte is to blame.
  case invalidHeader(file: String, offset: Int?, reason: String)
  /// What the file says about itself in its metadata under `key` is missing or makes no sense.
  case invalidMetadata(file: String, key: String, reason: String)
  /// The model has a parameter that the file lacks.
  case missingTensor(file: String, name: String)
  /// The file holds a tensor for which the model has no place.
  case unexpectedTensor(file: String, name: String)
  /// A tensor has another shape than the model's parameter of its name.
  case shapeMismatch(file: String, tensor: String, expected: [Int], actual: [Int])
  /// The tensor's numbers are of a type that is not read here.
  case unsupportedType(file: String, tensor: String, type: String)
  /// The file was written by a version whose files are not read here.
  case unsupportedVersion(file: String, found: String, supported: String)
  /// The file is not as it was written: its checksum should be the one that it names.
  case checksumMismatch(file: String, expected: String, actual: String)

  /// One line: which file, what, and where.
  public var description: String {
    switch self {
    case .missingFile(let file):
      "there is no file \(printable(file))"
    case .io(let file, let reason):
      "\(printable(file)): \(reason)"
    case .locked(let file, let process):
      "\(printable(file)) is being written by \(Self.writer(process))"
    case .occupied(let file, let reason):
      "\(printable(file)) is in the way of a new training: \(reason)"
    case .foreignFile(let file, let reason):
      "\(printable(file)) is not a safetensors file: \(reason)"
    case .foreignModel(let file, let reason):
      "\(printable(file)) is a safetensors file, but no model of Recurrent: \(reason)"
    case .truncated(let file, let expected, let actual):
      "\(printable(file)) is cut short: it has \(actual) bytes where at least \(expected) are expected"
    case .invalidHeader(let file, let offset, let reason):
      "\(printable(file)) cannot be read: \(reason)" + (offset.map { " (byte \($0) of the file)" } ?? "")
    case .invalidMetadata(let file, let key, let reason):
      "\(printable(file)): metadata \"\(printable(key))\": \(reason)"
    case .missingTensor(let file, let name):
      "\(printable(file)) has no tensor \"\(printable(name))\""
    case .unexpectedTensor(let file, let name):
      "\(printable(file)) has a tensor \"\(printable(name))\" that the model has no place for"
    case .shapeMismatch(let file, let tensor, let expected, let actual):
      "\(printable(file)): tensor \"\(printable(tensor))\" has shape \(actual), expected \(expected)"
    case .unsupportedType(let file, let tensor, let type):
      "\(printable(file)): tensor \"\(printable(tensor))\" is of type \(type), which is not read here"
    case .unsupportedVersion(let file, let found, let supported):
      "\(printable(file)) is of version \(printable(found)); supported: \(supported)"
    case .checksumMismatch(let file, let expected, let actual):
      "\(printable(file)) is damaged: its checksum is \(actual), not \(printable(expected))"
    }
  }

  private static func writer(_ process: Int?) -> String {
    process == FileLock.ownProcess ? "another training of this program" : FileLock.holder(process)
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
