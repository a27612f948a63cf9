import Glibc

/// The bytes of a file, a pipe or a terminal, one piece after the other: no more of them in memory than a piece.
package struct ByteStream: ~Copyable {
  package let path: String
  /// Whether another stream of the same path gives the same bytes again: not of a pipe, nor of a descriptor that the process
  /// was given.
  package let isRepeatable: Bool
  private let isFile: Bool
  private let descriptor: OwnedDescriptor

  /// - Throws: what `readFile` throws before it reads.
  package init(path: String) throws(FileError) {
    let (descriptor, status) = try openForReading(path)
    // The system reads ahead further then; it may also do nothing.
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    let isFile = status.kind == .regular
    self.init(
      owning: OwnedDescriptor(descriptor), path: path, isFile: isFile,
      isRepeatable: isFile && DescriptorPath.number(of: path) == nil)
  }

  init(owning descriptor: OwnedDescriptor, path: String, isFile: Bool, isRepeatable: Bool) {
    (self.descriptor, self.path, self.isFile, self.isRepeatable) = (descriptor, path, isFile, isRepeatable)
  }

  /// The next bytes: as many as there is room for, fewer only at the end.
  /// - Parameter wait: called now and then while a pipe or a terminal has none; where it throws, so does this.
  /// - Throws: `FileError`; what `wait` throws.
  package func next(upTo room: Int, _ wait: () throws -> Void) throws -> [UInt8] {
    var bytes: [UInt8] = []
    repeat {
      while !isFile, !isReady { try wait() }
      let (piece, code) =
        isFile ? readPiece(descriptor.number, room) : readSome(from: descriptor.number, upTo: room - bytes.count)
      guard code == 0 else { throw FileError(.read, path, errno: code) }
      if piece.isEmpty { break }
      if bytes.isEmpty { bytes = piece } else { bytes += piece }
    } while bytes.count < room && !isFile
    return bytes
  }

  /// Whether bytes, the end or an error are there, after a moment at most.
  private var isReady: Bool {
    var entry = pollfd(fd: descriptor.number, events: CShort(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 100) > 0
  }
}

/// Closed with the last reference to it.
final class OwnedDescriptor: Sendable {
  let number: CInt
  init(_ number: CInt) { self.number = number }
  deinit { _ = close(number) }
}
