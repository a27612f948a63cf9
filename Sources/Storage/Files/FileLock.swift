import Glibc
import Synchronization

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

  /// The lock files that this process holds.
  private static let held = Mutex<Set<FileStatus.Identity>>([])

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
      let descriptor = open(path)
      guard descriptor >= 0 else { throw unusable(path, for: protected, errno) }
      guard retryingOnInterrupt({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else {
        let code = errno
        if cannotLock(code) { return (descriptor, false) }
        defer { _ = close(descriptor) }
        guard code == EWOULDBLOCK else { throw unusable(path, for: protected, code) }
        throw locked(protected, process: process(in: descriptor))
      }
      // Between opening and locking, the holder may have removed the file: the lock is then one of a file that nobody
      // else will ever find.
      if stands(path, descriptor) {
        write(process: getpid(), to: descriptor)
        note(descriptor, isHeld: true)
        return (descriptor, true)
      }
      _ = close(descriptor)
    }
  }

  deinit {
    // Before the lock is given back: after it the path might be that of the next one's lock.
    if isExclusive {
      Self.note(descriptor, isHeld: false)
      if Self.stands(path, descriptor) { _ = unsafe unlink(cPath(path)) }
    }
    _ = close(descriptor)
  }

  /// - Throws: `FileError` of kind `locked` where another process holds the lock at `path`.
  static func refuseIfHeld(_ path: String, for protected: String) throws(FileError) {
    guard let status = try? FileStatus(of: path), status.kind == .regular,
      !held.withLock({ $0.contains(status.identity) })
    else { return }
    let name = cPath(path)
    let descriptor = retryingOnInterrupt { unsafe Glibc.open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
    guard descriptor >= 0 else { return }
    defer { _ = close(descriptor) }
    if retryingOnInterrupt({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0, errno == EWOULDBLOCK {
      throw locked(protected, process: process(in: descriptor))
    }
  }

  static func locked(_ path: String, process: Int?) -> FileError {
    FileError(.lock, path, kind: .locked(process: process), reason: "\(holder(process)) has locked it")
  }

  /// Who holds a lock, for messages: this very process, too, may have asked for it before.
  package static func holder(_ process: Int?) -> String {
    guard let process else { return "another process" }
    return process == ownProcess ? "another part of this program" : "process \(process)"
  }

  package static var ownProcess: Int { Int(getpid()) }

  /// For a lock file that another user left, say: it is not seen, and has to be named.
  private static func unusable(_ path: String, for protected: String, _ code: CInt) -> FileError {
    let error = FileError(.lock, path, errno: code)
    return FileError(
      .lock, protected, kind: error.kind,
      reason: "its lock file \(printable(path)) cannot be used: \(error.reason); if no process writes it, remove it")
  }

  /// One that may not be written can be locked all the same.
  private static func open(_ path: String) -> CInt {
    let name = cPath(path)
    let descriptor = retryingOnInterrupt {
      unsafe Glibc.open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    }
    guard descriptor < 0, errno == EACCES else { return descriptor }
    return retryingOnInterrupt { unsafe Glibc.open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
  }

  private static func note(_ descriptor: CInt, isHeld: Bool) {
    var opened = stat()
    guard unsafe fstat(descriptor, &opened) == 0 else { return }
    let identity = FileStatus(opened).identity
    held.withLock { held in
      held.remove(identity)
      if isHeld { held.insert(identity) }
    }
  }

  /// Network and other file systems without locks.
  private static func cannotLock(_ code: CInt) -> Bool {
    code == ENOLCK || code == EOPNOTSUPP || code == ENOTSUP || code == ENOSYS || code == EINVAL
  }

  /// Whether `path` is that of the open file.
  private static func stands(_ path: String, _ descriptor: CInt) -> Bool {
    var opened = stat()
    var named = stat()
    guard unsafe fstat(descriptor, &opened) == 0, unsafe stat(cPath(path), &named) == 0 else { return false }
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
