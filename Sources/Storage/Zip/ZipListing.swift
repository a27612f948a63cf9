/// The names in the directory of a ZIP archive of any kind, for telling what it is: entries may be compressed, and are not
/// looked at.
package enum ZipListing {
  /// Of a directory larger than that only the beginning is read.
  private static let mostBytes = 1 << 22

  /// nil where there is no directory at the end.
  package static func names(_ source: ByteSource) throws(FileError) -> [String]? {
    // The end record and a comment, with the Zip64 locator before it.
    let tailStart = max(0, source.count - 22 - 0xFFFF - 20)
    let tail = try bytes(source, tailStart..<source.count)
    var end = tail.count - 22
    while end >= 0, !tail[end...].starts(with: "PK\u{5}\u{6}".utf8) { end -= 1 }
    guard end >= 0 else { return nil }
    var (size, start) = (number(tail, end + 12, 4), number(tail, end + 16, 4))
    if start == 0xFFFF_FFFF || size == 0xFFFF_FFFF, end >= 20, tail[(end - 20)...].starts(with: "PK\u{6}\u{7}".utf8) {
      let place = number(tail, end - 12, 8)
      guard place >= 0, place <= source.count - 56 else { return nil }
      let record = try bytes(source, place..<place + 56)
      guard record.starts(with: "PK\u{6}\u{6}".utf8) else { return nil }
      (size, start) = (number(record, 40, 8), number(record, 48, 8))
    }
    guard start >= 0, size >= 0, start <= source.count, size <= source.count - start else { return nil }
    return names(try bytes(source, start..<start + min(size, mostBytes)))
  }

  private static func names(_ directory: [UInt8]) -> [String]? {
    var names: [String] = []
    var offset = 0
    while directory.count - offset >= 46, directory[offset...].starts(with: "PK\u{1}\u{2}".utf8) {
      let length = number(directory, offset + 28, 2)
      guard length <= directory.count - offset - 46 else { break }
      names.append(String(decoding: directory[offset + 46..<offset + 46 + length], as: UTF8.self))
      offset += 46 + length + number(directory, offset + 30, 2) + number(directory, offset + 32, 2)
    }
    return names.isEmpty && !directory.isEmpty ? nil : names
  }

  private static func bytes(_ source: ByteSource, _ range: Range<Int>) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var span = bytes.mutableSpan
    let count = try source.read(at: range.lowerBound, into: &span)
    // A file that was cut short meanwhile ends in zeros.
    return count == bytes.count ? bytes : Array(bytes[..<count]) + [UInt8](repeating: 0, count: range.count - count)
  }

  /// Little-endian; -1 where it does not fit.
  private static func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> Int {
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    return Int(exactly: value) ?? -1
  }
}
