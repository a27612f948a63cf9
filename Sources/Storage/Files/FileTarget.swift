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
    if unsafe stat(resolved, &raw) == 0 {
      let status = FileStatus(raw)
      guard status.kind != .directory else { throw .directory(.write, path) }
      guard status.kind == .regular else { throw .notRegular(.write, path) }
      // A rename would replace even a file that its owner made read-only.
      guard unsafe access(resolved, W_OK) == 0 else { throw FileError(.write, path, errno: errno) }
      permissions = status.permissions
    } else {
      guard errno == ENOENT else { throw FileError(.create, path, errno: errno) }
      guard !name.isEmpty else {
        throw FileError(.create, path, kind: .isDirectory, reason: "it names a directory that does not exist")
      }
      var parent = stat()
      guard unsafe stat(directory, &parent) == 0 else {
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
    // The kernel's own limit on the links of one path.
    for _ in 0..<40 {
      var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let length = unsafe target.withUnsafeMutableBytes {
        unsafe readlink(current, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
      }
      if length < 0 { return current }
      // Links in /proc stand for open descriptors (/dev/stdout): what they read as is not where they lead.
      guard !current.hasPrefix("/proc/"), !current.hasPrefix("/dev/fd/") else {
        throw .notRegular(.write, path)
      }
      guard length < target.count, let link = String(validating: target[..<length], as: UTF8.self) else {
        throw FileError(.create, path, kind: .other, reason: "the symbolic link leads to an unusable name")
      }
      if link.hasPrefix("/") {
        current = link
      } else if let slash = current.utf8.lastIndex(of: UInt8(ascii: "/")) {
        current = current[...slash] + link
      } else {
        current = link
      }
    }
    throw FileError(.create, path, errno: ELOOP)
  }
}
