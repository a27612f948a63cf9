internal import Storage

extension LabelledTexts {
  /// Whether the path is a folder.
  package static func isFolder(_ path: String) -> Bool { (try? FileStatus(of: path))?.kind == .directory }

  /// The files of a folder of folders: the name of each folder is the label of the texts in it. Hidden files and folders are
  /// passed over; in the order of their names.
  /// - Throws: `TableError` where there are no folders in it, one holds no file, or a file is not in UTF-8.
  package init(folder path: String) throws(TableError) {
    let classes = try Self.entries(of: path).filter { $0.status?.kind == .directory }
    guard !classes.isEmpty else {
      throw TableError(
        path,
        .other(
          "there is no folder in the folder: expected one for each class, with its texts in files; of a table give "
            + "the file, with --text-column"))
    }
    var items: [Item] = []
    for folder in classes {
      let place = path + "/" + folder.name
      let files = try Self.entries(of: place).filter { $0.status?.kind == .regular }
      guard !files.isEmpty else {
        throw TableError(place, .other("there is no file in the folder of this class: remove it, or put texts into it"))
      }
      for file in files {
        items.append(
          Item(
            text: try Self.text(place + "/" + file.name), label: folder.name, line: nil, file: place + "/" + file.name))
      }
    }
    self.init(file: path, items: items)
  }

  private static func entries(of path: String) throws(TableError) -> [DirectoryEntry] {
    do { return try listDirectory(path).filter { !$0.name.hasPrefix(".") }.sorted { $0.name < $1.name } } catch {
      throw TableError(error)
    }
  }

  private static func text(_ path: String) throws(TableError) -> String {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw TableError(error) }
    if let fault = EncodingFault(bytes.span, file: path) {
      throw TableError(path, line: fault.line, .encoding(fault, option: nil))
    }
    return String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
  }
}
