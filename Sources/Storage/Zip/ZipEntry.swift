/// The records of an archive of less than 4 GiB.
package struct ZipEntry {
  let name: String
  let size: Int
  let checksum: UInt32
  let offset: Int

  /// - Parameters:
  ///   - size: bytes of the data.
  ///   - checksum: their `CRC32`.
  ///   - offset: of the entry's own header in the archive.
  package init(name: String, size: Int, checksum: UInt32, offset: Int) {
    self.name = name
    self.size = size
    self.checksum = checksum
    self.offset = offset
  }

  /// What both headers share: version 2.0, flags (names are UTF-8), stored, 1 January 1980, checksum, sizes, lengths.
  private var common: [UInt8] {
    var bytes: [UInt8] = []
    for value: UInt16 in [20, 0x800, 0, 0, 0x21] { appendLittleEndian(value, to: &bytes) }
    for value in [checksum, UInt32(size), UInt32(size)] { appendLittleEndian(value, to: &bytes) }
    for value in [UInt16(name.utf8.count), 0] { appendLittleEndian(value, to: &bytes) }
    return bytes
  }

  package var localHeader: [UInt8] { Array("PK\u{3}\u{4}".utf8) + common + Array(name.utf8) }

  package var directoryEntry: [UInt8] {
    var bytes = Array("PK\u{1}\u{2}".utf8) + [20, 0] + common
    for value: UInt16 in [0, 0, 0, 0, 0] { appendLittleEndian(value, to: &bytes) }
    appendLittleEndian(UInt32(offset), to: &bytes)
    return bytes + Array(name.utf8)
  }

  package static func end(directory size: Int, at offset: Int, count: Int) -> [UInt8] {
    var bytes = Array("PK\u{5}\u{6}".utf8)
    for value in [0, 0, UInt16(count), UInt16(count)] { appendLittleEndian(value, to: &bytes) }
    for value in [UInt32(size), UInt32(offset)] { appendLittleEndian(value, to: &bytes) }
    return bytes + [0, 0]
  }
}
