/// Why the files of a piece of work do not go together.
package enum FileConflict: Error, Sendable, Hashable, CustomStringConvertible {
  /// A file is read and would be written.
  case overwritten(path: String, reading: String, writing: String)
  /// A file would be written among those that are read: the next time it would be one of them.
  case readNextTime(tree: String, writing: String)
  /// Two outputs are one file.
  case writtenTwice(String, String)
  /// A pipe, which can be read once.
  case readTwice(path: String, roles: [String])
  /// Another process writes it.
  case locked(path: String, process: Int?)
  /// What stands where an output goes is of another kind: a text that calls it so.
  case otherKind(path: String, kind: String, writing: String)
  /// An output cannot be written at all.
  case unwritable(FileError)

  /// Whether no file but the command line itself is the reason.
  package var isUsage: Bool {
    switch self {
    case .writtenTwice, .readTwice: true
    case .overwritten, .readNextTime, .locked, .otherKind, .unwritable: false
    }
  }

  package var description: String {
    switch self {
    case .overwritten(let path, let reading, let writing):
      "\(printable(path)) is read and would be overwritten (\(reading); \(writing))"
    case .readNextTime(let tree, let writing):
      "\(writing) would be a part of \(tree) the next time; write it elsewhere, or take files of one --extension only"
    case .writtenTwice(let first, let second): "\(first) and \(second) would write the same file"
    case .readTwice(let path, let roles):
      "\(roles.joined(separator: " and ")) both read \(printable(path)), which can be read once"
    case .locked(let path, let process):
      "\(printable(path)) is being written by \(FileLock.holder(process))"
    case .otherKind(let path, let kind, let writing):
      "\(printable(path)) is \(kind), which \(writing) does not replace: name another file, or remove it"
    case .unwritable(let error): error.description
    }
  }
}
