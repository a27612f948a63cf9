import Glibc

extension DurableFile {
  /// What `keep` did.
  package enum Keeping: Sendable {
    /// The file has a name more than before.
    case added
    /// The name stood for another file, which is gone.
    case replaced
    /// The name stood for this file already.
    case stood
    /// There is no file at the path.
    case missing
  }

  /// Gives the regular file at `path` a second name beside it, under which its content stays when `path` is replaced:
  /// a hard link or, where the file system or its owner has none, a durable copy.
  ///
  /// At no time is either name without a whole file, if it had one. The link is on the disk when the directory is next
  /// synced, by `replace` for one.
  ///
  /// - Parameter owner: after which temporary files are named.
  package static func keep(_ path: String, as second: String, owner: String) throws(FileError) -> Keeping {
    let original = try FileTarget.followLinks(path)
    guard let file = try? FileStatus(of: original) else { return .missing }
    let standing = try? FileStatus(of: second)
    if standing?.identity == file.identity { return .stood }

    // A link is made only where nothing is: it comes under a temporary name that is then moved over what is there.
    let name = standing == nil ? second : FileTarget.split(second).directory + temporaryName(for: owner)
    if unsafe link(cPath(original), cPath(name)) == 0 {
      guard standing != nil else { return .added }
      guard unsafe rename(cPath(name), cPath(second)) == 0 else {
        let code = errno
        _ = unsafe unlink(cPath(name))
        throw FileError(.link, second, errno: code)
      }
      return .replaced
    }
    guard cannotLink(errno) else { throw FileError(.link, second, errno: errno) }
    try copy(original, to: second, owner: owner)
    return standing == nil ? .added : .replaced
  }

  /// Whether no link can be made between these two names, whatever the state of the disk.
  private static func cannotLink(_ code: CInt) -> Bool {
    // EPERM also stands for another user's file; EMLINK for one that has too many names.
    code == EPERM || code == EACCES || code == EOPNOTSUPP || code == ENOTSUP || code == ENOSYS || code == EMLINK
      || code == EXDEV
  }

  private static func copy(_ path: String, to second: String, owner: String) throws(FileError) {
    let name = cPath(path)
    let source = retryingOnInterrupt { unsafe open(name, O_RDONLY | O_CLOEXEC) }
    guard source >= 0 else { throw FileError(.open, path, errno: errno) }
    defer { _ = close(source) }
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    try replace(second, owner: owner) { (file) throws(FileError) in
      while true {
        let count = unsafe piece.withUnsafeMutableBytes { buffer in
          retryingOnInterrupt { unsafe read(source, buffer.baseAddress!, buffer.count) }
        }
        guard count >= 0 else { throw FileError(.read, path, errno: errno) }
        if count == 0 { return }
        try file.write(piece.span.extracting(..<count))
      }
    }
  }

  /// Removes a name, and the file if it was its last one. It is no error if there is none.
  package static func remove(_ path: String) throws(FileError) {
    try checkPath(path, .remove)
    guard unsafe unlink(cPath(path)) == 0 || errno == ENOENT else { throw FileError(.remove, path, errno: errno) }
  }

  // MARK: Temporary names

  /// Removes the temporary files that killed processes left when they wrote the file `name` in `directory`, as far as
  /// the system allows. Only for who knows that nobody writes that file now.
  package static func removeTemporaries(of name: String, in directory: String) {
    guard let entries = try? listDirectory(directory) else { return }
    for entry in entries where isTemporary(entry.name, of: name) { _ = unsafe unlink(cPath(directory + entry.name)) }
  }

  /// Whether `name` is one that a temporary file of `file` may have.
  static func isTemporary(_ name: String, of file: String) -> Bool {
    let bytes = Array(name.utf8)
    let (start, end) = (Array(".\(stem(file)).".utf8), Array(".tmp".utf8))
    guard bytes.count > start.count + end.count, bytes.starts(with: start), bytes.suffix(end.count) == end[...] else {
      return false
    }
    let number = bytes[start.count..<bytes.count - end.count]
    return number.count <= 16
      && number.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  /// Hidden, so that a directory given as training text skips what a killed process left.
  static func temporaryName(for name: String) -> String {
    let random = UInt64.random(in: .min ... .max)
    return ".\(stem(name)).\(String(random, radix: 16)).tmp"
  }

  /// The file's name as names made from it begin: short enough for every file system, whatever the target's name, and
  /// different for different names.
  package static func stem(_ name: String) -> String {
    let scalars = name.unicodeScalars
    guard scalars.count > 32 else { return name }
    // FNV-1a (Fowler, Noll, Vo).
    let hash = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return String(scalars.prefix(32)) + "~" + String(hash, radix: 16)
  }
}
