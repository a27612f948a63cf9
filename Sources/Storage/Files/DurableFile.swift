import Glibc

/// A file that appears whole or not at all, and that a power cut right after does not take away.
///
///     try DurableFile.replace("model.safetensors") { (file) throws(FileError) in
///       try file.write(header.span)
///       try file.write(parameters)    // a Span: straight from where it lies, no copy
///     }
package struct DurableFile: ~Copyable {
  /// Where the bytes go until all of them are there.
  private enum Place {
    case temporary(FileTarget, path: String, descriptor: CInt)
    /// For a stream, from which nothing can be taken back.
    case memory([UInt8])
  }

  private let path: String
  private var place: Place
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
  /// A pipe, a device and an open descriptor (`/dev/stdout`) take the bytes as they are, once all are there.
  ///
  /// - Parameter owner: after which the temporary file is named, for `removeTemporaries(of:)`; nil: the target.
  /// - Throws: `FileError` if the target is a directory or another thing that takes no bytes, if its directory
  ///   is missing or not writable, if the disk is full; if another process keeps a checkpoint there; and what `body` throws.
  package static func replace(
    _ path: String, owner: String? = nil, _ body: (inout DurableFile) throws(FileError) -> Void
  ) throws(FileError) {
    try replace(path, owner: owner, failure: { $0 }, body)
  }

  /// The same for a body that fails in other ways, too.
  /// - Parameter failure: what is thrown for an error of the file.
  package static func replace<Failure: Error>(
    _ path: String, owner: String? = nil, failure convert: (FileError) -> Failure,
    _ body: (inout DurableFile) throws(Failure) -> Void
  ) throws(Failure) {
    let isStream = OutputStream.stands(at: path)
    var file: DurableFile
    do throws(FileError) {
      file = isStream ? DurableFile(collectingFor: path) : try DurableFile(creatingFor: path, owner: owner)
    } catch { throw convert(error) }
    do throws(Failure) {
      try body(&file)
      if let failure = file.failure { throw convert(failure) }
      do throws(FileError) { try file.sync() } catch { throw convert(error) }
    } catch {
      file.discard()
      throw error
    }
    do throws(FileError) { try file.putInPlace() } catch { throw convert(error) }
  }

  /// Checks, before hours of work, that `path` can be written: the directory exists and takes a new file, the
  /// target is no directory. Nothing is left behind, an existing target is not touched.
  package static func verifyWritable(_ path: String, owner: String? = nil) throws(FileError) {
    if OutputStream.stands(at: path) { return try OutputStream.verifyWritable(path) }
    try verifyReplaceable(path, owner: owner)
  }

  /// The same for what must be a file that can be read again.
  package static func verifyReplaceable(_ path: String, owner: String? = nil) throws(FileError) {
    try DurableFile(creatingFor: path, owner: owner).discard()
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
  private init(collectingFor path: String) {
    self.path = path
    place = .memory([])
  }

  private init(creatingFor path: String, owner: String? = nil) throws(FileError) {
    let target = try FileTarget(path)
    try CheckpointNames(path).refuseIfLocked(path)
    var temporary = ""
    var descriptor: CInt = -1
    for _ in 0..<16 {
      temporary = target.directory + DurableFile.temporaryName(for: owner ?? target.name)
      let name = cPath(temporary)
      descriptor = retryingOnInterrupt {
        unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, target.permissions ?? 0o666)
      }
      if descriptor >= 0 || errno != EEXIST { break }
    }
    guard descriptor >= 0 else { throw FileError(.create, path, errno: errno) }
    // The mask narrows new files only; a replaced file keeps its permissions where the file system has any.
    if let permissions = target.permissions { _ = fchmod(descriptor, permissions) }
    self.path = path
    place = .temporary(target, path: temporary, descriptor: descriptor)
  }

  private mutating func write(raw bytes: RawSpan) throws(FileError) {
    try write(raw: bytes, at: nil)
    checksum.append(raw: bytes)
    byteCount += bytes.byteCount
  }

  /// - Parameter offset: nil: at the end.
  private mutating func write(raw bytes: RawSpan, at offset: Int?) throws(FileError) {
    if let failure { throw failure }
    switch place {
    case .temporary(_, _, let descriptor):
      let code: CInt = unsafe bytes.withUnsafeBytes { unsafe Self.write($0, to: descriptor, at: offset) }
      guard code == 0 else {
        let error = FileError(.write, path, errno: code)
        failure = error
        throw error
      }
    case .memory(var all):
      place = .memory([])
      unsafe bytes.withUnsafeBytes { buffer in
        if let offset {
          unsafe all.replaceSubrange(offset..<offset + buffer.count, with: buffer)
        } else {
          unsafe all.append(contentsOf: buffer)
        }
      }
      place = .memory(all)
    }
  }

  private static func write(_ buffer: UnsafeRawBufferPointer, to descriptor: CInt, at offset: Int?) -> CInt {
    var written = 0
    while written < buffer.count {
      let piece = min(buffer.count - written, largestTransfer)
      let count = retryingOnInterrupt {
        let bytes = unsafe buffer.baseAddress! + written
        if let offset { return unsafe pwrite(descriptor, bytes, piece, off_t(offset + written)) }
        return unsafe Glibc.write(descriptor, bytes, piece)
      }
      guard count >= 0 else { return errno }
      guard count > 0 else { return EIO }
      written += count
    }
    return 0
  }

  private func sync() throws(FileError) {
    guard case .temporary(_, _, let descriptor) = place else { return }
    guard retryingOnInterrupt({ fsync(descriptor) }) == 0 else { throw FileError(.sync, path, errno: errno) }
  }

  private func discard() {
    guard case .temporary(_, let temporary, let descriptor) = place else { return }
    _ = close(descriptor)
    _ = unsafe unlink(cPath(temporary))
  }

  private func putInPlace() throws(FileError) {
    switch place {
    case .memory(let bytes): try OutputStream.write(bytes, to: path)
    case .temporary(let target, let temporary, let descriptor):
      // After EINTR the descriptor is closed all the same, and the data are synced.
      guard close(descriptor) == 0 || errno == EINTR else { throw giveUp(temporary, .close, errno) }
      guard unsafe rename(cPath(temporary), cPath(target.resolved)) == 0 else {
        throw giveUp(temporary, .rename, errno)
      }
      try syncDirectory(target.directory)
    }
  }

  private func syncDirectory(_ path: String) throws(FileError) {
    let name = cPath(path)
    let directory = retryingOnInterrupt { unsafe open(name, O_RDONLY | O_CLOEXEC) }
    guard directory >= 0 else {
      // A directory one may write but not read cannot be synced; the file is in place.
      if errno == EACCES || errno == EPERM { return }
      throw FileError(.sync, self.path, errno: errno)
    }
    let result = retryingOnInterrupt { fsync(directory) }
    let code = errno
    _ = close(directory)
    // Some network file systems cannot sync a directory and say EINVAL.
    guard result == 0 || code == EINVAL else { throw FileError(.sync, self.path, errno: code) }
  }

  private func giveUp(_ temporary: String, _ operation: FileError.Operation, _ code: CInt) -> FileError {
    _ = unsafe unlink(cPath(temporary))
    return FileError(operation, path, errno: code)
  }
}
