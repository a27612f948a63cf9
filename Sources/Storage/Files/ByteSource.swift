/// Bytes that are read piece by piece, at any place: in memory, or in a file.
///
/// A file is read where it lies by positioned reads, on purpose not by mapping it into memory: if the disk fails, or if
/// another process cuts the file short, a mapped byte ends the process by a signal; a read fails with an error, or finds
/// the end too early, and can say so.
package enum ByteSource: Sendable {
  case memory([UInt8])
  case file(OpenFile)

  /// Opens a file, of which nothing is read yet; what cannot be read at any place (a pipe, a terminal) is read whole.
  /// - Throws: what `readFile` throws.
  package init(path: String) throws(FileError) {
    let (descriptor, status) = try openForReading(path)
    let file = OpenFile(owning: descriptor, path: path, size: status.size)
    // Files made up by the system as they are read (/proc) have no size.
    // And one that was given open may have been read in part.
    if status.kind == .regular, status.size > 0, file.isAtStart {
      self = .file(file)
    } else {
      self = .memory(try withExtendedLifetime(file) { () throws(FileError) in try readAll(descriptor, status, path) })
    }
  }

  /// Bytes; of a file, when it was opened.
  package var count: Int {
    switch self {
    case .memory(let bytes): bytes.count
    case .file(let file): file.size
    }
  }

  /// Reads values as they lie there, little-endian, into `range` of `target` (nil: all of it).
  /// - Parameter offset: of the first byte, in `0...count`.
  /// - Returns: the bytes read, fewer than asked for only where there are no more.
  package func read<Value: BitwiseCopyable & Numeric>(
    at offset: Int, into target: inout MutableSpan<Value>, _ range: Range<Int>? = nil
  ) throws(FileError) -> Int {
    let range = range ?? 0..<target.count
    require(
      range.lowerBound >= 0 && range.upperBound <= target.count,
      "expected a range in \(target.count) values, got \(range)")
    require(offset >= 0 && offset <= count, "expected an offset in 0...\(count), got \(offset)")
    let stride = MemoryLayout<Value>.stride
    let places = range.lowerBound * stride..<range.upperBound * stride
    if places.isEmpty { return 0 }
    // Every bit pattern is a number. The result goes by an enum: closures of the standard library throw untyped errors.
    let result: Result<Int, FileError> = unsafe target.withUnsafeMutableBytes { target in
      let target = unsafe UnsafeMutableRawBufferPointer(rebasing: target[places])
      switch self {
      case .memory(let bytes):
        let end = min(bytes.count, offset + target.count)
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: .init(rebasing: $0[offset..<end])) }
        return .success(end - offset)
      case .file(let file):
        do throws(FileError) { return .success(unsafe try file.read(at: offset, into: target)) } catch {
          return .failure(error)
        }
      }
    }
    return try result.get()
  }
}
