import Storage
import Tables

/// What commands on texts read, which may be a folder of folders: no output may be one of its files, or a new one among them.
extension FileUse {
  /// - Parameters:
  ///   - path: a file, or a folder of folders; nil: nothing.
  ///   - role: the argument or option that names it.
  mutating func reads(texts path: String?, as role: String) {
    guard let path, LabelledTexts.isFolder(path) else { return reads(path, as: role) }
    func entries(of folder: String) -> [DirectoryEntry] {
      ((try? listDirectory(folder)) ?? []).filter { !$0.name.hasPrefix(".") }
    }
    let classes = entries(of: path).filter { $0.status?.kind == .directory }.map { path + "/" + $0.name }
    let files = classes.flatMap { folder in
      entries(of: folder).filter { $0.status?.kind == .regular }.map { folder + "/" + $0.name }
    }
    let directories = Set(classes.compactMap { try? FileStatus(of: $0).identity })
    reads(tree: path, files: files, directories: directories, as: role) { !$0.hasPrefix(".") }
  }
}
