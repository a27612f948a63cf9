import Glibc

/// What takes bytes one after the other and cannot be replaced as a file is: a pipe, a device, a descriptor that the process
/// was given. What was written to it stays written.
enum OutputStream {
  /// Whether `path` leads to one.
  static func stands(at path: String) -> Bool { FilePlace(path).isStream }

  /// Whether it can be written, without waiting for anyone.
  static func verifyWritable(_ path: String) throws(FileError) {
    if let number = DescriptorPath.number(of: path) {
      _ = close(try DescriptorPath.duplicate(number, .create, path))
    } else if unsafe access(cPath(path), W_OK) != 0 {
      throw FileError(.write, path, errno: errno)
    }
  }

  /// - Returns: a descriptor for the caller to close. A named pipe waits for its reader.
  static func open(_ path: String) throws(FileError) -> CInt {
    if let number = DescriptorPath.number(of: path) { return try DescriptorPath.duplicate(number, .create, path) }
    let name = cPath(path)
    let descriptor = retryingOnInterrupt { unsafe Glibc.open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY) }
    guard descriptor >= 0 else { throw FileError(.open, path, errno: errno) }
    return descriptor
  }

  static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = try open(path)
    defer { _ = close(descriptor) }
    let code = writeAll(bytes, to: descriptor)
    guard code == 0 else { throw FileError(.write, path, errno: code) }
  }
}
