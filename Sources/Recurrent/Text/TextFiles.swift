package import Storage

/// Finds the files that make up a text.
public enum TextFiles {
  /// The files that `paths` name: files as they are, directories with all that is in them.
  ///
  /// The arguments keep their order; the files of one directory are sorted by path, byte by byte, so that the
  /// same tree always gives the same text. Files and directories whose name begins with a dot are passed over,
  /// unless named in `paths`, and so are links that lead nowhere. Other symbolic links are followed; every file
  /// is taken once, by whatever number of ways it is reached.
  ///
  /// - Parameters:
  ///   - paths: of files and directories.
  ///   - fileExtension: takes only such files from directories; with or without its dot.
  /// - Throws: `TextError.missing`, `TextError.unreadable`, `TextError.noMatchingFiles`.
  public static func gather(_ paths: [String], fileExtension: String? = nil) throws(TextError) -> [String] {
    var walk = Walk(Suffix(fileExtension))
    var files: [String] = []
    for path in paths {
      let status: FileStatus
      do { status = try FileStatus(of: path) } catch { throw TextError(error) }
      if status.kind == .directory {
        guard let found = try walk.files(under: path, status) else {
          throw .noMatchingFiles(directory: path, fileExtension: walk.suffix.name)
        }
        files += found
      } else if walk.seen.insert(status.identity).inserted {
        files.append(path)
      }
    }
    return files
  }
}

extension FileUse {
  /// Notes the files that a text is made of. What cannot be read is for reading to say.
  package mutating func reads(text paths: [String], fileExtension: String?, as role: String) {
    for path in paths {
      guard let status = try? FileStatus(of: path), status.kind == .directory else {
        reads(path, as: role)
        continue
      }
      let suffix = Suffix(fileExtension)
      var walk = Walk(suffix)
      let files = try? walk.files(under: path, status)
      reads(tree: path, files: files ?? [], directories: walk.directories, as: role) { suffix.takes($0) }
    }
  }
}

/// Which files of a directory are taken.
private struct Suffix: Sendable {
  /// Without its dot; nil: all.
  let name: String?
  private let bytes: [UInt8]

  init(_ fileExtension: String?) {
    let bare = fileExtension.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
    name = bare == "" ? nil : bare
    bytes = name.map { PathBytes.bytes(".\($0)") } ?? []
  }

  func takes(_ file: String) -> Bool {
    let file = PathBytes.bytes(file)
    return file.first != UInt8(ascii: ".") && file.suffix(bytes.count) == bytes[...]
  }
}

private struct Walk {
  let suffix: Suffix
  /// Files and directories met so far: what keeps a loop of links from going on for ever.
  var seen = Set<FileStatus.Identity>()
  private(set) var directories = Set<FileStatus.Identity>()

  init(_ suffix: Suffix) { self.suffix = suffix }

  /// Nil if no file matches; empty if all that do were met before.
  mutating func files(under root: String, _ status: FileStatus) throws(TextError) -> [String]? {
    var files: [String] = []
    var hasMatch = !seen.insert(status.identity).inserted
    directories.insert(status.identity)
    var pending = [root]
    while let directory = pending.popLast() {
      let entries: [DirectoryEntry]
      do { entries = try listDirectory(directory) } catch { throw TextError(error) }
      // The order decides which of two ways to a file is taken.
      for entry in sorted(entries, by: \.name) where entry.name.utf8.first != UInt8(ascii: ".") {
        guard let status = entry.status else { continue }
        let path = directory.hasSuffix("/") ? directory + entry.name : "\(directory)/\(entry.name)"
        let isFile = status.kind == .regular && suffix.takes(entry.name)
        guard isFile || status.kind == .directory else { continue }
        hasMatch = hasMatch || isFile
        guard seen.insert(status.identity).inserted else { continue }
        if isFile {
          files.append(path)
        } else {
          directories.insert(status.identity)
          pending.append(path)
        }
      }
    }
    return hasMatch ? sorted(files, by: \.self) : nil
  }

  /// By their bytes.
  private func sorted<Element>(_ elements: [Element], by name: (Element) -> String) -> [Element] {
    elements.map { (element: $0, bytes: PathBytes.bytes(name($0))) }
      .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.element)
  }
}
