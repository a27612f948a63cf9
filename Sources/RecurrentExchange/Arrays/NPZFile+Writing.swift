package import Recurrent
import Storage

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
    require(Set(arrays.map { ExactString($0.name) }).count == arrays.count, "two arrays have one name")
    do {
      try DurableFile.replace(path) { (file) throws(FileError) in
        var directory: [UInt8] = []
        for (index, array) in arrays.enumerated() {
          let header = NPYFile.header(S.self, shape: array.shape)
          let data = littleEndianBytes(values(index))
          require(
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
