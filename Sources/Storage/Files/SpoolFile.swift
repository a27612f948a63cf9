import Glibc

/// Bytes that are put aside to be read a second time: in a file without a name on the disk of the one that is to be written,
/// which is gone with the process however that ends.
package final class SpoolFile {
  private let path: String
  private let descriptor: OwnedDescriptor

  /// - Parameter path: of the file that is to be written, for its directory and for errors.
  /// - Throws: `FileError` where there can be none.
  package init(beside path: String) throws(FileError) {
    let target = try FileTarget(path)
    let name = cPath(target.directory + DurableFile.temporaryName(for: target.name))
    let descriptor = retryingOnInterrupt { unsafe open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
    guard descriptor >= 0 else { throw FileError(.create, path, errno: errno) }
    (self.path, self.descriptor) = (path, OwnedDescriptor(descriptor))
    guard unsafe unlink(name) == 0 else { throw FileError(.remove, path, errno: errno) }
  }

  package func append(_ bytes: [UInt8]) throws(FileError) {
    let code = writeAll(bytes, to: descriptor.number)
    guard code == 0 else { throw FileError(.write, path, errno: code) }
  }

  /// All bytes from the first on. The streams of one spool are read one after the other.
  /// - Parameter name: for errors.
  package func reading(as name: String) throws(FileError) -> ByteStream {
    guard lseek(descriptor.number, 0, SEEK_SET) == 0 else { throw FileError(.read, path, errno: errno) }
    return ByteStream(owning: descriptor, path: name, isFile: true, isRepeatable: false)
  }
}
