import Storage

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
    let bare = fileExtension.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
    let wanted = bare == "" ? nil : bare
    var walk = Walk(suffix: wanted.map { Array(".\($0)".utf8) } ?? [])
    var files: [String] = []
    for path in paths {
      let status: FileStatus
      do { status = try FileStatus(of: path) } catch { throw TextError(error) }
      if status.kind == .directory {
        guard let found = try walk.files(under: path, status) else {
          throw .noMatchingFiles(directory: path, fileExtension: wanted)
        }
        files += found
      } else if walk.seen.insert(status.identity).inserted {
        files.append(path)
      }
    }
    return files
  }
}

private struct Walk {
  let suffix: [UInt8]
  /// Files and directories met so far: what keeps a loop of links from going on for ever.
  var seen = Set<FileStatus.Identity>()

  /// Nil if no file matches; empty if all that do were met before.
  mutating func files(under root: String, _ status: FileStatus) throws(TextError) -> [String]? {
    var files: [String] = []
    var hasMatch = !seen.insert(status.identity).inserted
    var pending = [root]
    while let directory = pending.popLast() {
      let entries: [DirectoryEntry]
      do { entries = try listDirectory(directory) } catch { throw TextError(error) }
      // The order decides which of two ways to a file is taken.
      for entry in entries.sorted(by: { precedes($0.name, $1.name) }) where !entry.name.hasPrefix(".") {
        guard let status = entry.status else { continue }
        let path = directory.hasSuffix("/") ? directory + entry.name : "\(directory)/\(entry.name)"
        let isFile = status.kind == .regular && entry.name.utf8.suffix(suffix.count).elementsEqual(suffix)
        guard isFile || status.kind == .directory else { continue }
        guard entry.isNameExact else { throw .unreadable(path: path, reason: "its name is not valid UTF-8") }
        hasMatch = hasMatch || isFile
        guard seen.insert(status.identity).inserted else { continue }
        if isFile { files.append(path) } else { pending.append(path) }
      }
    }
    return hasMatch ? files.sorted(by: precedes) : nil
  }

  private func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
