import Storage

/// Writes rows as a CSV table (RFC 4180, line ends LF) to a file, whole or not at all, or to standard output. A terminal
/// gets fields with what would change it escaped; files and pipes get them as they are.
func writeTable(_ rows: [[String]], to path: String?) throws {
  let path = path.flatMap { DescriptorPath.isStandardOutput($0) ? nil : $0 }
  let rows = path == nil && Descriptor.output.isTerminal ? rows.map { $0.map(visible) } : rows
  let text = rows.map(csvLine).joined()
  if let path { try replaceFile(path, with: text) } else { try output(Array(text.utf8)) }
}

/// - Throws: `Failure`; what was at `path` before is then still there.
func replaceFile(_ path: String, with text: String) throws(Failure) {
  let bytes = Array(text.utf8)
  do {
    try DurableFile.replace(path) { (file) throws(FileError) in try file.write(bytes.span) }
  } catch { throw Failure(message: error.description) }
}

/// A row as a line of such a table.
func csvLine(_ row: [String]) -> String { row.map(quoted).joined(separator: ",") + "\n" }

private func quoted(_ field: String) -> String {
  let needsQuotes =
    field.utf8.contains { ",;|\t\"\r\n".utf8.contains($0) } || field.hasPrefix(" ") || field.hasSuffix(" ")
  return needsQuotes ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
}
