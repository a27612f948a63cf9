internal import Kernels

/// NumPy's format of several arrays: a ZIP archive of .npy files.
///
/// Read strictly: the central directory, each entry's own header and its checksum must agree, and no two entries share
/// bytes. Entries are stored, as `numpy.savez` does; compressed ones are refused by name.
package struct NPZFile: Sendable {
  /// The path, for messages.
  package let file: String
  /// In the order of the archive's directory, which is that in which they were saved; names without `.npy`.
  package let arrays: [NumberArray]

  /// Reads the file at `path`.
  package init(path: String) throws(ExchangeError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw ExchangeError(error) }
    try self.init(bytes: bytes, file: path)
  }

  /// Takes the bytes of a whole file; `file` names it in messages.
  package init(bytes: [UInt8], file: String) throws(ExchangeError) {
    let archive = try ZipArchive(bytes: bytes, file: file)
    self.file = file
    var arrays: [NumberArray] = []
    for entry in archive.entries {
      guard entry.name.hasSuffix(".npy") else {
        throw .invalidArrayFile(
          file, offset: entry.headerStart, reason: "the entry \"\(printable(entry.name))\" is no .npy file")
      }
      arrays.append(
        try NPYFile.array(
          bytes: bytes, range: entry.data, file: file, name: String(entry.name.dropLast(".npy".count))))
    }
    self.arrays = arrays
  }

  /// The first bytes of a ZIP archive, also of an empty one.
  static func isArchive(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: "PK\u{3}\u{4}".utf8) || bytes.starts(with: "PK\u{5}\u{6}".utf8)
  }
}
