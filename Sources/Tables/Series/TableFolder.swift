import Storage

/// The tables of a folder, in the order of their names.
package enum TableFolder {
  /// `.csv`, `.tsv` and `.txt` files, without their endings.
  /// - Throws: `TableError` where there are none, or one cannot be read.
  package static func tables(at path: String, _ reading: TableReading) throws(TableError) -> [(
    name: String, table: CSVTable
  )] {
    let entries: [DirectoryEntry]
    do { entries = try listDirectory(path) } catch { throw TableError(error) }
    var result: [(name: String, table: CSVTable)] = []
    for name in entries.map(\.name).sorted() {
      guard let dot = name.lastIndex(of: "."), dot != name.startIndex,
        ["csv", "tsv", "txt"].contains(name[name.index(after: dot)...].lowercased())
      else { continue }
      result.append((String(name[..<dot]), try CSVTable(path: path + "/" + name, reading)))
    }
    guard !result.isEmpty else { throw TableError(path, .other("there is no .csv, .tsv or .txt file in the folder")) }
    return result
  }
}
