import Glibc

/// The place where a file is to be put: symbolic links at the end of the path followed, so that replacing
/// `latest -> run/model` replaces `run/model` and leaves the link a link, dangling or not.
package struct FileTarget {
  /// As given, for messages.
  let path: String
  let directory: String
  let name: String
  /// Of the file to be replaced; nil where there is none yet.
  let permissions: mode_t?

  var resolved: String { directory + name }

  init(_ path: String) throws(FileError) {
    try checkPath(path, .create)
    self.path = path
    let resolved = try FileTarget.followLinks(path)
    (directory, name) = FileTarget.split(resolved)

    var raw = stat()
    if unsafe stat(cPath(resolved), &raw) == 0 {
      let status = FileStatus(raw)
      guard status.kind != .directory else { throw .directory(.write, path) }
      guard status.kind == .regular else { throw .notRegular(.write, path) }
      // A rename would replace even a file that its owner made read-only.
      guard unsafe access(cPath(resolved), W_OK) == 0 else { throw FileError(.write, path, errno: errno) }
      permissions = status.permissions
    } else {
      guard errno == ENOENT else { throw FileError(.create, path, errno: errno) }
      guard !name.isEmpty else {
        throw FileError(.create, path, kind: .isDirectory, reason: "it names a directory that does not exist")
      }
      var parent = stat()
      guard unsafe stat(cPath(directory), &parent) == 0 else {
        throw errno == ENOENT
          ? FileError(
            .create, path, kind: .missing, reason: "the directory \(printable(directory)) does not exist")
          : FileError(.create, path, errno: errno)
      }
      permissions = nil
    }
  }

  /// The directory with its final slash, and the name in it.
  package static func split(_ path: String) -> (directory: String, name: String) {
    // "./" is needed by nobody but fsync, which wants the directory by name.
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("./", path) }
    return (String(path[...slash]), String(path[path.utf8.index(after: slash)...]))
  }

  /// `path`, or what the symbolic links at its end lead to, which need not exist.
  package static func followLinks(_ path: String) throws(FileError) -> String {
    var current = path
    for _ in 0..<DescriptorPath.linkLimit {
      switch try link(at: current) {
      case .link(let next): current = next
      case .descriptor: throw .notRegular(.write, path)
      case .end: return current
      }
    }
    throw FileError(.create, path, errno: ELOOP)
  }

  /// What is at the end of a path, as far as links go.
  enum Link {
    case link(String)
    /// Links in /proc stand for open descriptors (/dev/stdout): what they read as is not where they lead.
    case descriptor
    case end
  }

  static func link(at path: String) throws(FileError) -> Link {
    var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let name = cPath(path)
    let length = unsafe target.withUnsafeMutableBytes {
      unsafe readlink(name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    if length < 0 { return .end }
    if path.utf8.starts(with: "/proc/".utf8) || path.utf8.starts(with: "/dev/fd/".utf8) { return .descriptor }
    guard length < target.count else { throw FileError(.create, path, errno: ENAMETOOLONG) }
    let link = PathBytes.text(Array(target[..<length]))
    if link.utf8.first == UInt8(ascii: "/") { return .link(link) }
    // Not split: users see these paths, and the current directory is not named.
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return .link(link) }
    return .link(path[...slash] + link)
  }
}
