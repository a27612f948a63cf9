import Glibc

/// Why a file could not be found, read or replaced: the operation, the path as it was given, and the reason.
package struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Operation: String, Sendable {
    case examine, open, read, list, create, write, sync, close, rename, link, remove, lock
  }

  /// The kinds a caller may want to tell apart; everything else is `other`.
  package enum Kind: Sendable, Hashable {
    case missing, isDirectory, notRegularFile, permissionDenied, noSpace, notEnoughMemory, other
    /// By the process of this number, where it is known.
    case locked(process: Int?)
  }

  package let operation: Operation
  package let path: String
  package let kind: Kind
  /// The system's text for the error number, or our own where the system has none.
  package let reason: String

  /// Of the process that has locked the file, where it is known.
  var lockingProcess: Int? { if case .locked(let process) = kind { process } else { nil } }

  /// Whether another has it.
  var isLocked: Bool { if case .locked = kind { true } else { false } }

  package init(_ operation: Operation, _ path: String, kind: Kind, reason: String) {
    self.operation = operation
    self.path = path
    self.kind = kind
    self.reason = reason
  }

  package init(_ operation: Operation, _ path: String, errno code: CInt) {
    let kind: Kind =
      switch code {
      case ENOENT, ENOTDIR: .missing
      case EISDIR: .isDirectory
      case EACCES, EPERM, EROFS: .permissionDenied
      case ENOSPC, EDQUOT, EFBIG: .noSpace
      case ENOMEM: .notEnoughMemory
      default: .other
      }
    let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    self.init(operation, path, kind: kind, reason: reason)
  }

  static func directory(_ operation: Operation, _ path: String) -> FileError {
    FileError(operation, path, kind: .isDirectory, reason: "it is a directory")
  }

  static func notRegular(_ operation: Operation, _ path: String) -> FileError {
    let reason =
      DescriptorPath.number(of: path) == nil
      ? "it is not a regular file" : "it is replaced as a whole, and no stream: give the name of a file"
    return FileError(operation, path, kind: .notRegularFile, reason: reason)
  }

  package var description: String { "cannot \(operation.rawValue) \(printable(path)): \(reason)" }
}
