import Glibc

/// The right to do something that only one may do at a time, among all processes that ask for it under one path.
///
/// A lock of the whole file (`flock`): held by the open file, so that a second one in the same process is refused too,
/// and gone with the process, however that ends. The file holds the number of the process. It goes when the lock is
/// given back; a killed process leaves it, and it does not matter.
package struct FileLock: ~Copyable, Sendable {
  private let path: String
  private let descriptor: CInt
  /// False where the file system cannot lock: then nobody is refused.
  package let isExclusive: Bool

  /// - Parameters:
  ///   - path: of the lock's own file, in a directory that can be written.
  ///   - protected: what messages name instead.
  /// - Throws: `FileError`, of kind `locked` where another holds it.
  package init(_ path: String, for protected: String) throws(FileError) {
    let (descriptor, isExclusive) = try Self.acquire(path, for: protected)
    self.path = path
    self.descriptor = descriptor
    self.isExclusive = isExclusive
  }

  private static func acquire(
    _ path: String, for protected: String
  ) throws(FileError) -> (descriptor: CInt, isExclusive: Bool) {
    try checkPath(path, .lock)
    while true {
      let descriptor = retryingOnInterrupt {
        unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
      }
      guard descriptor >= 0 else { throw FileError(.lock, protected, errno: errno) }
      guard retryingOnInterrupt({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else {
        let code = errno
        if cannotLock(code) { return (descriptor, false) }
        defer { _ = close(descriptor) }
        guard code == EWOULDBLOCK else { throw FileError(.lock, protected, errno: code) }
        let process = process(in: descriptor)
        throw FileError(
          .lock, protected, kind: .locked(process: process),
          reason: process.map { "process \($0) has locked it" } ?? "another process has locked it")
      }
      // Between opening and locking, the holder may have removed the file: the lock is then one of a file that nobody
      // else will ever find.
      if stands(path, descriptor) {
        write(process: getpid(), to: descriptor)
        return (descriptor, true)
      }
      _ = close(descriptor)
    }
  }

  deinit {
    // Before the lock is given back: after it the path might be that of the next one's lock.
    if isExclusive, Self.stands(path, descriptor) { _ = unsafe unlink(path) }
    _ = close(descriptor)
  }

  /// Network and other file systems without locks.
  private static func cannotLock(_ code: CInt) -> Bool {
    code == ENOLCK || code == EOPNOTSUPP || code == ENOTSUP || code == ENOSYS || code == EINVAL
  }

  /// Whether `path` is that of the open file.
  private static func stands(_ path: String, _ descriptor: CInt) -> Bool {
    var opened = stat()
    var named = stat()
    guard unsafe fstat(descriptor, &opened) == 0, unsafe stat(path, &named) == 0 else { return false }
    return FileStatus(opened).identity == FileStatus(named).identity
  }

  /// A full disk does not keep anyone from locking: then the number is not known.
  private static func write(process: pid_t, to descriptor: CInt) {
    guard ftruncate(descriptor, 0) == 0 else { return }
    let text = Array("\(process)\n".utf8)
    _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress!, $0.count, 0) }
  }

  private static func process(in descriptor: CInt) -> Int? {
    var bytes = [UInt8](repeating: 0, count: 24)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress!, $0.count, 0) }
    guard count > 0 else { return nil }
    return Int(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }
}
