import Glibc

/// A regular file, open for reading at any place by any thread; closed with the last reference to it.
package final class OpenFile: Sendable {
  package let path: String
  /// Bytes, when it was opened.
  package let size: Int
  private let descriptor: CInt

  init(owning descriptor: CInt, path: String, size: Int) {
    self.descriptor = descriptor
    self.path = path
    self.size = size
  }

  deinit { _ = close(descriptor) }

  /// Whether reading one byte after the other would begin with the first.
  var isAtStart: Bool { lseek(descriptor, 0, SEEK_CUR) == 0 }

  /// - Returns: the bytes read, fewer than `target` has room for only where the file ends.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let descriptor = descriptor
    var count = 0
    while count < target.count {
      let base = unsafe target.baseAddress! + count
      let (piece, place) = (min(target.count - count, largestTransfer), off_t(offset + count))
      let result = retryingOnInterrupt { unsafe pread(descriptor, base, piece, place) }
      guard result >= 0 else { throw FileError(.read, path, errno: errno) }
      if result == 0 { break }
      count += result
    }
    return count
  }
}
