import Glibc

/// All bytes of a file, a pipe or a terminal.
///
/// - Throws: `FileError` of kind `missing`, `isDirectory`, `permissionDenied`; `notRegularFile` for devices but /dev/null,
///   some of which never end; `notEnoughMemory` before allocating for a file larger than what is available.
package func readFile(_ path: String) throws(FileError) -> [UInt8] {
  let (descriptor, status) = try openForReading(path)
  defer { _ = close(descriptor) }
  return try readAll(descriptor, status, path)
}

/// Opens what has an end: a file, a pipe or a terminal.
func openForReading(_ path: String) throws(FileError) -> (descriptor: CInt, status: FileStatus) {
  try checkPath(path, .open)
  let descriptor: CInt
  if let number = DescriptorPath.number(of: path) {
    descriptor = try DescriptorPath.duplicate(number, .open, path)
  } else {
    let name = cPath(path)
    descriptor = retryingOnInterrupt { unsafe open(name, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError(.open, path, errno: errno) }
  }
  do throws(FileError) {
    var raw = stat()
    guard unsafe fstat(descriptor, &raw) == 0 else { throw FileError(.examine, path, errno: errno) }
    let status = FileStatus(raw)
    switch status.kind {
    case .regular, .stream: break
    case .directory: throw FileError.directory(.read, path)
    case .characterDevice where isatty(descriptor) == 1 || isNull(raw): break
    case .characterDevice, .other: throw FileError.notRegular(.read, path)
    }
    return (descriptor, status)
  } catch {
    _ = close(descriptor)
    throw error
  }
}

/// Whether it is /dev/null, which ends at once.
private func isNull(_ device: stat) -> Bool {
  var null = stat()
  return unsafe stat("/dev/null", &null) == 0 && null.st_rdev == device.st_rdev
}

/// All bytes from where the descriptor stands.
func readAll(_ descriptor: CInt, _ status: FileStatus, _ path: String) throws(FileError) -> [UInt8] {
  var bytes: [UInt8] = []
  // One more than the size, so that the end is seen without growing.
  var room = status.kind == .regular ? status.size + 1 : 1 << 16
  while true {
    guard room <= SystemMemory.available() else {
      throw FileError(
        .read, path, kind: .notEnoughMemory,
        reason: "its \(bytes.count + room) bytes do not fit in the memory available")
    }
    let (piece, code) = readPiece(descriptor, room)
    guard code == 0 else { throw FileError(.read, path, errno: code) }
    if bytes.isEmpty { bytes = piece } else { bytes += piece }
    if piece.count < room { return bytes }
    room = max(bytes.count, 1 << 16)
  }
}

/// Up to `room` bytes, fewer only at the end, and the error number or 0.
func readPiece(_ descriptor: CInt, _ room: Int) -> (bytes: [UInt8], code: CInt) {
  var code: CInt = 0
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
    while count < room {
      let base = unsafe buffer.baseAddress! + count
      let piece = min(room - count, largestTransfer)
      let result = retrying(descriptor, .reading) { unsafe read(descriptor, base, piece) }
      guard result > 0 else {
        if result < 0 { code = errno }
        return
      }
      count += result
    }
  }
  return (bytes, code)
}
