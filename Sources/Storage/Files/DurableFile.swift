import Glibc

/// A file that appears whole or not at all, and that a power cut right after does not take away.
///
///     try DurableFile.replace("model.safetensors") { (file) throws(FileError) in
///       try file.write(header.span)
///       try file.write(parameters)    // a Span: straight from where it lies, no copy
///     }
package struct DurableFile: ~Copyable {
  private let target: FileTarget
  private let temporary: String
  private let descriptor: CInt
  /// How much has been written.
  package private(set) var byteCount = 0
  /// Of all that was appended.
  package private(set) var checksum = CRC32C()
  /// The first failure; it fails the whole, also if the caller went on after it.
  private var failure: FileError?

  /// Puts what `body` writes at `path`, in place of what was there.
  ///
  /// Bytes go to a temporary file in the same directory, which is synced and renamed over the target; then the
  /// directory is synced. On any error the temporary file is removed and the target is as it was (but for the
  /// last step: then it is the new file, perhaps not yet on the disk).
  ///
  /// A symbolic link stays a link, and the file it leads to is replaced; that file's permissions are kept.
  ///
  /// - Parameter owner: after which the temporary file is named, for `removeTemporaries(of:)`; nil: the target.
  /// - Throws: `FileError` if the target is a directory or another thing than a regular file, if its directory
  ///   is missing or not writable, if the disk is full; and what `body` throws.
  package static func replace(
    _ path: String, owner: String? = nil, _ body: (inout DurableFile) throws(FileError) -> Void
  ) throws(FileError) {
    var file = try DurableFile(creatingFor: path, owner: owner)
    do throws(FileError) {
      try body(&file)
      if let failure = file.failure { throw failure }
      guard sync(file.descriptor) == 0 else { throw FileError(.sync, path, errno: errno) }
    } catch {
      _ = close(file.descriptor)
      _ = unsafe unlink(file.temporary)
      throw error
    }
    try file.putInPlace()
  }

  /// Checks, before hours of work, that `path` can be written: the directory exists and takes a new file, the
  /// target is no directory or device. Nothing is left behind, an existing target is not touched.
  package static func verifyWritable(_ path: String, owner: String? = nil) throws(FileError) {
    let file = try DurableFile(creatingFor: path, owner: owner)
    _ = close(file.descriptor)
    _ = unsafe unlink(file.temporary)
  }

  /// Appends `bytes`.
  package mutating func write(_ bytes: Span<UInt8>) throws(FileError) {
    try write(raw: unsafe bytes.bytes)
  }

  /// Appends `values` as they lie in memory, which is little-endian.
  package mutating func write<Value: BitwiseCopyable & BinaryFloatingPoint>(
    _ values: Span<Value>
  ) throws(FileError) {
    try write(raw: unsafe values.bytes)
  }

  /// Replaces bytes that were written before; `checksum` stays that of the bytes as they were appended.
  /// - Precondition: all of them were.
  package mutating func overwrite(at offset: Int, with bytes: Span<UInt8>) throws(FileError) {
    require(
      offset >= 0 && offset <= byteCount - bytes.count,
      "expected \(bytes.count) bytes in the \(byteCount) written, got them at \(offset)")
    try write(raw: unsafe bytes.bytes, at: offset)
  }
}

extension DurableFile {
  private init(creatingFor path: String, owner: String? = nil) throws(FileError) {
    let target = try FileTarget(path)
    var temporary = ""
    var descriptor: CInt = -1
    for _ in 0..<16 {
      temporary = target.directory + DurableFile.temporaryName(for: owner ?? target.name)
      descriptor = retryingOnInterrupt {
        unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, target.permissions ?? 0o666)
      }
      if descriptor >= 0 || errno != EEXIST { break }
    }
    guard descriptor >= 0 else { throw FileError(.create, path, errno: errno) }
    // The mask narrows new files only; a replaced file keeps its permissions where the file system has any.
    if let permissions = target.permissions { _ = fchmod(descriptor, permissions) }
    self.target = target
    self.temporary = temporary
    self.descriptor = descriptor
  }

  private mutating func write(raw bytes: RawSpan) throws(FileError) {
    try write(raw: bytes, at: nil)
    checksum.append(raw: bytes)
    byteCount += bytes.byteCount
  }

  /// - Parameter offset: nil: at the end.
  private mutating func write(raw bytes: RawSpan, at offset: Int?) throws(FileError) {
    if let failure { throw failure }
    let descriptor = descriptor
    let code: CInt = unsafe bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        // Linux transfers at most 2 GiB a call.
        let piece = min(buffer.count - written, 1 << 30)
        let count = retryingOnInterrupt {
          let bytes = unsafe buffer.baseAddress! + written
          if let offset { return unsafe pwrite(descriptor, bytes, piece, off_t(offset + written)) }
          return unsafe Self.systemWrite(descriptor, bytes, piece)
        }
        guard count >= 0 else { return errno }
        guard count > 0 else { return EIO }
        written += count
      }
      return 0
    }
    guard code == 0 else {
      let error = FileError(.write, target.path, errno: code)
      failure = error
      throw error
    }
  }

  private func putInPlace() throws(FileError) {
    // After EINTR the descriptor is closed all the same, and the data are synced.
    guard close(descriptor) == 0 || errno == EINTR else { throw giveUp(.close, errno) }
    guard unsafe rename(temporary, target.resolved) == 0 else { throw giveUp(.rename, errno) }

    let directory = retryingOnInterrupt { unsafe open(target.directory, O_RDONLY | O_CLOEXEC) }
    guard directory >= 0 else {
      // A directory one may write but not read cannot be synced; the file is in place.
      if errno == EACCES || errno == EPERM { return }
      throw FileError(.sync, target.path, errno: errno)
    }
    let result = retryingOnInterrupt { fsync(directory) }
    let code = errno
    _ = close(directory)
    // Some network file systems cannot sync a directory and say EINVAL.
    guard result == 0 || code == EINVAL else { throw FileError(.sync, target.path, errno: code) }
  }

  private func giveUp(_ operation: FileError.Operation, _ code: CInt) -> FileError {
    _ = unsafe unlink(temporary)
    return FileError(operation, target.path, errno: code)
  }

  private static func sync(_ descriptor: CInt) -> CInt {
    retryingOnInterrupt { fsync(descriptor) }
  }

  private static func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    unsafe Glibc.write(descriptor, bytes, count)
  }
}
