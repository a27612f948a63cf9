import Glibc

/// Where a path leads: links followed, whether or not anything is there.
package struct FilePlace: Sendable {
  /// Where a file is, or will be: in which directory, under which bytes.
  struct Name: Sendable, Hashable {
    let directory: FileStatus.Identity
    let bytes: [UInt8]
  }

  /// Of what is there.
  let status: FileStatus?
  /// Nil for a descriptor, and where there is no such directory.
  let name: Name?
  /// For a path that stands for one.
  let descriptor: CInt?

  /// Of an open file.
  init(_ status: FileStatus?) { (self.status, name, descriptor) = (status, nil, nil) }

  package init(_ path: String) {
    status = try? FileStatus(of: path)
    descriptor = DescriptorPath.number(of: path)
    guard descriptor == nil, let end = try? FileTarget.followLinks(path) else {
      name = nil
      return
    }
    let (directory, last) = FileTarget.split(end)
    name = (try? FileStatus(of: directory)).map { Name(directory: $0.identity, bytes: PathBytes.bytes(last)) }
  }

  package var isThere: Bool { status != nil }

  /// Whether it takes bytes without being replaced: a pipe, a device, an open descriptor.
  package var isStream: Bool {
    descriptor != nil || status?.kind == .stream || status?.kind == .characterDevice
  }

  /// Whether both are one file. By device and inode, whatever the number of its names, and before it is there by its place.
  func isSameFile(as other: FilePlace) -> Bool {
    if let status, let otherStatus = other.status, status.kind == .regular, status.identity == otherStatus.identity {
      return true
    }
    return name != nil && name == other.name && !isStream
  }

  /// Whether both are one pipe or one descriptor, which can be read once, and by one writer be written.
  func isSameStream(as other: FilePlace) -> Bool {
    if let descriptor, descriptor == other.descriptor { return true }
    guard let status, let otherStatus = other.status else { return false }
    return status.kind == .stream && status.identity == otherStatus.identity
  }
}
