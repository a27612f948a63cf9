import Glibc

package struct DirectoryEntry: Sendable {
  /// Not the whole path; `PathBytes` where it is no UTF-8.
  package let name: String
  /// Nil for a symbolic link that leads nowhere, and for what may not be examined.
  package let status: FileStatus?
}

/// The entries of the directory at `path` except `.` and `..`, in the file system's order.
package func listDirectory(_ path: String) throws(FileError) -> [DirectoryEntry] {
  try checkPath(path, .list)
  guard let stream = unsafe opendir(cPath(path)) else { throw FileError(.list, path, errno: errno) }
  defer { _ = unsafe closedir(stream) }

  var entries: [DirectoryEntry] = []
  while true {
    // readdir tells its end from an error by errno alone.
    errno = 0
    guard let raw = unsafe readdir(stream) else {
      guard errno == 0 else { throw FileError(.list, path, errno: errno) }
      return entries
    }
    // The field's address, not a copy of it: a long name may reach past the declared length.
    let name = unsafe UnsafeRawPointer(raw).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name)!)
      .assumingMemoryBound(to: CChar.self)
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
    let text = PathBytes.text(bytes)
    if text == "." || text == ".." { continue }
    var info = stat()
    let found = unsafe fstatat(dirfd(stream), name, &info, 0) == 0
    entries.append(DirectoryEntry(name: text, status: found ? FileStatus(info) : nil))
  }
}
