import Glibc

/// What a path leads to, symbolic links followed.
package struct FileStatus: Sendable {
  package enum Kind: Sendable {
    case regular, directory, characterDevice
    /// Pipes and sockets.
    case stream
    case other
  }

  /// Equal for two paths exactly if they lead to the same file.
  package struct Identity: Sendable, Hashable {
    let device: UInt64
    let inode: UInt64
  }

  package let kind: Kind
  package let identity: Identity
  /// Bytes; 0 where the system does not know.
  package let size: Int
  let permissions: mode_t

  init(_ raw: stat) {
    kind =
      switch raw.st_mode & mode_t(S_IFMT) {
      case mode_t(S_IFREG): .regular
      case mode_t(S_IFDIR): .directory
      case mode_t(S_IFCHR): .characterDevice
      case mode_t(S_IFIFO), mode_t(S_IFSOCK): .stream
      default: .other
      }
    identity = Identity(
      device: UInt64(truncatingIfNeeded: raw.st_dev), inode: UInt64(truncatingIfNeeded: raw.st_ino))
    size = Int(raw.st_size)
    permissions = raw.st_mode & 0o777
  }

  package init(of path: String) throws(FileError) {
    try checkPath(path, .examine)
    var raw = stat()
    // Where /dev/stdin leads to a socket, or to another user's terminal, its name says less than its number.
    let code =
      if let number = DescriptorPath.number(of: path) { unsafe fstat(number, &raw) } else {
        unsafe stat(cPath(path), &raw)
      }
    guard code == 0 else { throw FileError(.examine, path, errno: errno) }
    self.init(raw)
  }
}

/// Refuses what C would silently read as another path: one cut short at a NUL, or none at all.
func checkPath(_ path: String, _ operation: FileError.Operation) throws(FileError) {
  guard !path.isEmpty else {
    throw FileError(operation, "\"\"", kind: .missing, reason: "the path is empty")
  }
  guard !path.utf8.contains(0) else {
    throw FileError(operation, path, kind: .missing, reason: "the path holds a NUL character")
  }
}

/// A path as the system takes it.
func cPath(_ path: String) -> [CChar] { PathBytes.bytes(path).map { CChar(bitPattern: $0) } + [0] }
