import Glibc

package struct DirectoryEntry: Sendable {
  /// Not the whole path. Bytes that are no UTF-8 show as U+FFFD.
  package let name: String
  /// False if `name` had to be repaired: no path made from it leads to the file.
  package let isNameExact: Bool
  /// Nil for a symbolic link that leads nowhere, and for what may not be examined.
  package let status: FileStatus?
}

/// The entries of the directory at `path` except `.` and `..`, in the file system's order.
package func listDirectory(_ path: String) throws(FileError) -> [DirectoryEntry] {
  try checkPath(path, .list)
  guard let stream = unsafe opendir(path) else { throw FileError(.list, path, errno: errno) }
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
    let repaired = unsafe String(cString: name)
    if repaired == "." || repaired == ".." { continue }
    var info = stat()
    let found = unsafe fstatat(dirfd(stream), name, &info, 0) == 0
    entries.append(
      DirectoryEntry(
        name: repaired, isNameExact: unsafe String(validatingCString: name) != nil,
        status: found ? FileStatus(info) : nil))
  }
}
