internal import Kernels

extension NPZFile {
  /// Writes arrays as `numpy.savez` does, in their order, stored; the file appears whole or not at all. The same arrays
  /// give the same bytes.
  /// - Parameters:
  ///   - arrays: names without `.npy`, which differ.
  ///   - values: called once for each array, in their order.
  /// - Throws: `ExchangeError.file`; `inexpressible` for 4 GiB and more, which this writer does not do.
  package static func write<S: Scalar>(
    to path: String, arrays: [(name: String, shape: [Int])], values: (Int) -> [S]
  ) throws(ExchangeError) {
    let total = arrays.reduce(0) { $0 + $1.shape.reduce(MemoryLayout<S>.size, *) + 512 }
    guard total < 0xFFFF_FFFF, arrays.count < 0xFFFF else {
      throw .inexpressible(framework: "a .npz file", feature: "room for \(ByteCount(total)); write .safetensors")
    }
    precondition(Set(arrays.map { ExactString($0.name) }).count == arrays.count, "two arrays have one name")
    do {
      try DurableFile.replace(path) { (file) throws(FileError) in
        var directory: [UInt8] = []
        for (index, array) in arrays.enumerated() {
          let header = NPYFile.header(S.self, shape: array.shape)
          let data = littleEndianBytes(values(index))
          precondition(
            data.count == array.shape.reduce(MemoryLayout<S>.size, *),
            "\(data.count) bytes for \(array.name) of shape \(array.shape)")
          let entry = ZipEntry(
            name: array.name + ".npy", size: header.count + data.count,
            checksum: CRC32.checksum(data.span, after: CRC32.checksum(header.span)), offset: file.byteCount)
          try file.write(entry.localHeader.span)
          try file.write(header.span)
          try file.write(data.span)
          directory += entry.directoryEntry
        }
        let end = ZipEntry.end(directory: directory.count, at: file.byteCount, count: arrays.count)
        try file.write((directory + end).span)
      }
    } catch { throw ExchangeError(error) }
  }
}

/// The records of an archive of less than 4 GiB.
private struct ZipEntry {
  let name: String
  let size: Int
  let checksum: UInt32
  let offset: Int

  /// What both headers share: version 2.0, flags (names are UTF-8), stored, 1 January 1980, checksum, sizes, lengths.
  private var common: [UInt8] {
    var bytes: [UInt8] = []
    for value: UInt16 in [20, 0x800, 0, 0, 0x21] { appendLittleEndian(value, to: &bytes) }
    for value in [checksum, UInt32(size), UInt32(size)] { appendLittleEndian(value, to: &bytes) }
    for value in [UInt16(name.utf8.count), 0] { appendLittleEndian(value, to: &bytes) }
    return bytes
  }

  var localHeader: [UInt8] { Array("PK\u{3}\u{4}".utf8) + common + Array(name.utf8) }

  var directoryEntry: [UInt8] {
    var bytes = Array("PK\u{1}\u{2}".utf8) + [20, 0] + common
    for value: UInt16 in [0, 0, 0, 0, 0] { appendLittleEndian(value, to: &bytes) }
    appendLittleEndian(UInt32(offset), to: &bytes)
    return bytes + Array(name.utf8)
  }

  static func end(directory size: Int, at offset: Int, count: Int) -> [UInt8] {
    var bytes = Array("PK\u{5}\u{6}".utf8)
    for value in [0, 0, UInt16(count), UInt16(count)] { appendLittleEndian(value, to: &bytes) }
    for value in [UInt32(size), UInt32(offset)] { appendLittleEndian(value, to: &bytes) }
    return bytes + [0, 0]
  }
}
