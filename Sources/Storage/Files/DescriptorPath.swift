import Glibc

/// Paths that stand for descriptors which the process was given open: `/dev/stdin`, `/dev/stdout`, `/dev/stderr`,
/// `/dev/fd/N`, and links to them. They are used as they are, not opened again: that would begin a file anew, and fails for
/// sockets and for other users' terminals.
package enum DescriptorPath {
  package static let standardInput = "/dev/stdin"
  package static let standardOutput = "/dev/stdout"

  /// The number of the descriptor; nil for every other path.
  package static func number(of path: String) -> CInt? {
    var current = path
    for _ in 0..<linkLimit {
      if let number = named(current) { return number }
      guard case .link(let next)? = try? FileTarget.link(at: current) else { return nil }
      current = next
    }
    return nil
  }

  package static func isStandardInput(_ path: String) -> Bool { number(of: path) == STDIN_FILENO }

  package static func isStandardOutput(_ path: String) -> Bool { number(of: path) == STDOUT_FILENO }

  /// The kernel's own limit on the links of one path.
  static let linkLimit = 40

  /// Another descriptor of the same open file.
  static func duplicate(_ number: CInt, _ operation: FileError.Operation, _ path: String) throws(FileError) -> CInt {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0 else { throw FileError(operation, path, errno: errno) }
    // Else a device would be refused as one, or found out after hours of work.
    let unusable = operation == .open ? O_WRONLY : O_RDONLY
    guard flags & O_ACCMODE != unusable else { throw FileError(operation, path, errno: EBADF) }
    let copy = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
    guard copy >= 0 else { throw FileError(operation, path, errno: errno) }
    return copy
  }

  private static func named(_ path: String) -> CInt? {
    switch path {
    case standardInput: return STDIN_FILENO
    case standardOutput: return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default: break
    }
    for start in ["/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", "/proc/\(getpid())/fd/"] {
      guard path.utf8.starts(with: start.utf8) else { continue }
      let digits = path.utf8.dropFirst(start.utf8.count)
      guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return CInt(String(decoding: Array(digits), as: UTF8.self))
    }
    return nil
  }
}
