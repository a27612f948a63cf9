import Glibc

/// A file that grows at its end by one writer at a time, or a stream.
package struct AppendedFile: ~Copyable {
  private let path: String
  private let descriptor: CInt
  /// Whether what it holds can be cut; not of a stream.
  package let isFile: Bool

  /// Opens the file, made where there is none, and locks it. What it holds stays.
  /// - Throws: `FileError`, of kind `locked` where another writes it.
  package init(_ path: String) throws(FileError) {
    self.path = path
    if OutputStream.stands(at: path) {
      (descriptor, isFile) = (try OutputStream.open(path), false)
      return
    }
    try CheckpointNames(path).refuseIfLocked(path)
    try checkPath(path, .open)
    let name = cPath(path)
    // Every write goes to the end, wherever that is by then: where the file system cannot lock, two writers mix their lines
    // but leave no holes.
    let descriptor = retryingOnInterrupt { unsafe open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw FileError(.open, path, errno: errno) }
    if retryingOnInterrupt({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0, errno == EWOULDBLOCK {
      _ = close(descriptor)
      throw FileLock.locked(path, process: nil)
    }
    (self.descriptor, isFile) = (descriptor, true)
  }

  deinit { _ = close(descriptor) }

  /// Bytes that it holds.
  private var count: Int { Int(max(0, lseek(descriptor, 0, SEEK_END))) }

  /// Takes away what is beyond the first `count` bytes; nothing from a stream.
  package func cut(to count: Int) throws(FileError) {
    guard isFile, retryingOnInterrupt({ ftruncate(descriptor, off_t(count)) }) != 0 else { return }
    throw FileError(.write, path, errno: errno)
  }

  /// Appends the bytes, of a file all or none.
  package func append(_ bytes: [UInt8]) throws(FileError) {
    let before = isFile ? count : 0
    let code = writeAll(bytes, to: descriptor)
    guard code != 0 else { return }
    try? cut(to: before)
    throw FileError(.write, path, errno: code)
  }
}
