internal import Storage

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
    let archive: ZipArchive
    do { archive = try ZipArchive(bytes: bytes) } catch { throw ExchangeError(error, file: file) }
    self.file = file
    var arrays: [NumberArray] = []
    for entry in archive.entries {
      guard entry.name.hasSuffix(".npy") else {
        throw .unsupportedArray(
          file: file, array: entry.name, reason: "is no .npy file; in Python, write the file with numpy.savez")
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

extension ExchangeError {
  fileprivate init(_ error: ZipError, file: String) {
    self =
      switch error {
      case .invalid(let offset, let reason): .invalidArrayFile(file, offset: offset, reason: reason)
      case .encrypted(let entry): .unsupportedArray(file: file, array: entry, reason: "is encrypted")
      case .compressed(let entry, method: 8):
        .unsupportedArray(
          file: file, array: entry,
          reason: "is compressed; in Python, write the file with numpy.savez instead of numpy.savez_compressed")
      case .compressed(let entry, let method):
        .unsupportedArray(file: file, array: entry, reason: "is compressed by method \(method)")
      }
  }
}
