/// The directory of a ZIP archive of stored entries (PKWARE's APPNOTE 6.3), checked against the entries themselves.
package struct ZipArchive {
  package struct Entry {
    package let name: String
    /// Of the entry's own header.
    package let headerStart: Int
    package let data: Range<Int>
  }

  package private(set) var entries: [Entry] = []
  private let bytes: [UInt8]

  package init(bytes: [UInt8]) throws(ZipError) {
    self.bytes = bytes
    let directory = try directory()
    var offset = directory.range.lowerBound
    var names: Set<ExactString> = []
    for _ in 0..<directory.count {
      let entry = try entry(at: &offset, directory: directory.range)
      guard names.insert(ExactString(entry.name)).inserted else {
        throw fault("two entries are named \"\(printable(entry.name))\"", at: entry.headerStart)
      }
      entries.append(entry)
    }
    guard offset == directory.range.upperBound else { throw fault("its directory goes on after its end", at: offset) }
    var end = 0
    for entry in entries.sorted(by: { $0.headerStart < $1.headerStart }) {
      guard entry.headerStart >= end else {
        throw fault("the entry \"\(printable(entry.name))\" overlaps another", at: entry.headerStart)
      }
      end = entry.data.upperBound
    }
  }

  private func fault(_ reason: String, at offset: Int?) -> ZipError {
    .invalid(offset: offset, reason: reason)
  }

  /// A little-endian number of `size` bytes.
  private func number(at offset: Int, _ size: Int) throws(ZipError) -> Int {
    guard offset >= 0, bytes.count - offset >= size else { throw fault("it ends in a number", at: bytes.count) }
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    guard let number = Int(exactly: value) else { throw fault("a number in it is too large", at: offset) }
    return number
  }

  private func has(_ signature: StaticString, at offset: Int) -> Bool {
    let wanted = Array(String(describing: signature).utf8)
    return offset >= 0 && offset <= bytes.count - wanted.count
      && bytes[offset..<offset + wanted.count].elementsEqual(wanted)
  }

  // MARK: Directory

  private func directory() throws(ZipError) -> (range: Range<Int>, count: Int) {
    guard let end = try endRecord() else {
      throw fault("it has no end of a ZIP archive; it may be cut short", at: nil)
    }
    guard try number(at: end + 4, 2) == 0, try number(at: end + 6, 2) == 0 else {
      throw fault("it is a part of an archive of several files", at: end)
    }
    var count = try number(at: end + 10, 2)
    var size = try number(at: end + 12, 4)
    var start = try number(at: end + 16, 4)
    var limit = end
    if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
      let locator = end - 20
      guard has("PK\u{6}\u{7}", at: locator) else { throw fault("its Zip64 locator is missing", at: end) }
      let record = try number(at: locator + 8, 8)
      guard record <= locator - 56, has("PK\u{6}\u{6}", at: record),
        try number(at: record + 4, 8) == locator - record - 12
      else { throw fault("its Zip64 end does not lie where it should", at: locator) }
      count = try number(at: record + 32, 8)
      size = try number(at: record + 40, 8)
      start = try number(at: record + 48, 8)
      limit = record
    }
    guard start <= limit, size == limit - start else {
      throw fault("its directory of \(size) bytes at \(start) does not end where its end begins", at: limit)
    }
    // The least that an entry takes.
    guard count <= size / 46 else { throw fault("its directory has no room for \(count) entries", at: start) }
    return (start..<limit, count)
  }

  /// The last place where a record begins whose comment fills the file.
  private func endRecord() throws(ZipError) -> Int? {
    var offset = bytes.count - 22
    while offset >= max(0, bytes.count - 22 - 0xFFFF) {
      if has("PK\u{5}\u{6}", at: offset), try number(at: offset + 20, 2) == bytes.count - offset - 22 { return offset }
      offset -= 1
    }
    return nil
  }

  // MARK: Entries

  private func entry(at offset: inout Int, directory: Range<Int>) throws(ZipError) -> Entry {
    let start = offset
    guard directory.upperBound - start >= 46, has("PK\u{1}\u{2}", at: start) else {
      throw fault("its directory has no entry where one is expected", at: start)
    }
    let nameLength = try number(at: start + 28, 2)
    let extraLength = try number(at: start + 30, 2)
    offset = start + 46 + nameLength + extraLength + (try number(at: start + 32, 2))
    guard offset <= directory.upperBound else { throw fault("an entry of its directory is cut short", at: start) }
    let nameBytes = bytes[start + 46..<start + 46 + nameLength]
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw fault("the name of an entry is not UTF-8", at: start + 46)
    }
    try checkKind(at: start + 8, name)
    let checksum = try number(at: start + 16, 4)
    var compressed = try number(at: start + 20, 4)
    var size = try number(at: start + 24, 4)
    var headerStart = try number(at: start + 42, 4)
    if compressed == 0xFFFF_FFFF || size == 0xFFFF_FFFF || headerStart == 0xFFFF_FFFF {
      let extra = start + 46 + nameLength..<start + 46 + nameLength + extraLength
      var wide = try wideNumbers(in: extra)
      func next(_ value: inout Int) throws(ZipError) {
        guard value == 0xFFFF_FFFF else { return }
        guard !wide.isEmpty else { throw fault("the Zip64 sizes of \"\(printable(name))\" are missing", at: start) }
        value = wide.removeFirst()
      }
      try next(&size)
      try next(&compressed)
      try next(&headerStart)
    }
    guard compressed == size else { throw fault("\"\(printable(name))\" is stored in two sizes", at: start) }
    let dataStart = try localHeader(
      at: headerStart, name: nameBytes, checksum: checksum, size: size, limit: directory.lowerBound)
    guard size <= directory.lowerBound - dataStart else {
      throw fault("\"\(printable(name))\" does not fit into the archive", at: start)
    }
    let data = dataStart..<dataStart + size
    guard Int(CRC32.checksum(bytes.span.extracting(data))) == checksum else {
      throw fault("the checksum of \"\(printable(name))\" does not match its data", at: dataStart)
    }
    return Entry(name: name, headerStart: headerStart, data: data)
  }

  /// Flags and method, at `offset`.
  private func checkKind(at offset: Int, _ name: String) throws(ZipError) {
    guard try number(at: offset, 2) & 0x2041 == 0 else { throw .encrypted(entry: name) }
    let method = try number(at: offset + 2, 2)
    guard method == 0 else { throw .compressed(entry: name, method: method) }
  }

  /// Checks the entry's own header.
  /// - Returns: where the data begin.
  private func localHeader(
    at start: Int, name: ArraySlice<UInt8>, checksum: Int, size: Int, limit: Int
  ) throws(ZipError) -> Int {
    guard start <= limit - 30, has("PK\u{3}\u{4}", at: start) else {
      throw fault("there is no entry where the directory says", at: start)
    }
    let nameLength = try number(at: start + 26, 2)
    let extraLength = try number(at: start + 28, 2)
    let dataStart = start + 30 + nameLength + extraLength
    guard dataStart <= limit, bytes[start + 30..<start + 30 + nameLength].elementsEqual(name) else {
      throw fault("an entry has another name than the directory says", at: start)
    }
    try checkKind(at: start + 6, String(decoding: name, as: UTF8.self))
    // With bit 3 sizes and checksum follow the data; the directory has them too.
    if try number(at: start + 6, 2) & 8 != 0 { return dataStart }
    var sizes = [try number(at: start + 22, 4), try number(at: start + 18, 4)]
    if sizes.contains(0xFFFF_FFFF) {
      var wide = try wideNumbers(in: start + 30 + nameLength..<dataStart)
      for index in sizes.indices where sizes[index] == 0xFFFF_FFFF && !wide.isEmpty {
        sizes[index] = wide.removeFirst()
      }
    }
    guard sizes == [size, size], try number(at: start + 14, 4) == checksum else {
      throw fault("an entry has another size or checksum than the directory says", at: start)
    }
    return dataStart
  }

  /// The numbers of the Zip64 field among the extra fields.
  private func wideNumbers(in range: Range<Int>) throws(ZipError) -> [Int] {
    var offset = range.lowerBound
    while range.upperBound - offset >= 4 {
      let length = try number(at: offset + 2, 2)
      guard length <= range.upperBound - offset - 4 else { break }
      if try number(at: offset, 2) == 1 {
        var numbers: [Int] = []
        for index in 0..<length / 8 { numbers.append(try number(at: offset + 4 + 8 * index, 8)) }
        return numbers
      }
      offset += 4 + length
    }
    return []
  }
}
