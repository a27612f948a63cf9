import Storage

/// A field's bytes, without its outer quotes and blanks.
struct CSVField {
  let start: Int
  let end: Int
  let isQuoted: Bool

  var isEmpty: Bool { start == end && !isQuoted }
}

/// Takes the records of a table apart, and knows the line.
struct CSVReader {
  let file: String
  let bytes: [UInt8]
  let separator: UInt8
  var comment: UInt8?
  var offset: Int
  var line: Int

  var hasMore: Bool { offset < bytes.count }

  /// Whether anything but line ends, blanks and comments follows.
  var hasMoreText: Bool {
    bytes[offset...].split(whereSeparator: \.endsLine).contains { line in
      line.first { !$0.isBlank }.map { $0 != comment } ?? false
    }
  }

  /// The fields up to the end of the line, and that end.
  mutating func record(into fields: inout [CSVField], header: [String]) throws(TableError) {
    let first = fields.count
    while true {
      let number = fields.count - first
      fields.append(try field(column: number < header.count ? header[number] : nil))
      guard offset < bytes.count else { return }
      if bytes[offset] == comment {
        while offset < bytes.count, !bytes[offset].endsLine { offset += 1 }
        guard offset < bytes.count else { return }
      }
      if bytes[offset] == separator {
        offset += 1
        continue
      }
      endLine()
      return
    }
  }

  /// Passes over lines that are comments alone.
  /// - Returns: how many.
  mutating func skipComments() -> Int {
    guard let comment else { return 0 }
    var count = 0
    while let start = bytes[offset...].firstIndex(where: { !isBlank($0) }), bytes[start] == comment {
      offset = start
      while offset < bytes.count, !bytes[offset].endsLine { offset += 1 }
      if offset < bytes.count { endLine() }
      count += 1
    }
    return count
  }

  /// Lines from a place to the end that are not empty.
  func lineCount(from start: Int) -> Int {
    var (count, isEmpty) = (0, true)
    for byte in bytes[start...] {
      if byte.endsLine {
        isEmpty = true
      } else if isEmpty, !byte.isBlank {
        count += 1
        isEmpty = false
      }
    }
    return count
  }

  private mutating func endLine() {
    if bytes[offset] == .carriageReturn, offset + 1 < bytes.count, bytes[offset + 1] == .lineFeed { offset += 1 }
    offset += 1
    line += 1
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte.isBlank && byte != separator }

  private func endsField(_ byte: UInt8) -> Bool { byte == separator || byte.endsLine || byte == comment }

  /// Leaves `offset` at the separator, the line end, or the end of the file.
  private mutating func field(column: String?) throws(TableError) -> CSVField {
    while offset < bytes.count, isBlank(bytes[offset]) { offset += 1 }
    if offset < bytes.count, bytes[offset] == .quote { return try quotedField(column) }
    let start = offset
    var end = offset
    while offset < bytes.count, !endsField(bytes[offset]) {
      if bytes[offset] == .quote { throw TableError(file, line: line, column: column, .quoteInField) }
      offset += 1
      if !isBlank(bytes[offset - 1]) { end = offset }
    }
    return CSVField(start: start, end: end, isQuoted: false)
  }

  private mutating func quotedField(_ column: String?) throws(TableError) -> CSVField {
    let startLine = line
    offset += 1
    let start = offset
    while true {
      guard offset < bytes.count else { throw TableError(file, line: startLine, column: column, .openQuote) }
      let byte = bytes[offset]
      if byte == .quote {
        guard offset + 1 < bytes.count, bytes[offset + 1] == .quote else { break }
        offset += 2
      } else if byte.endsLine {
        endLine()
      } else {
        offset += 1
      }
    }
    let end = offset
    offset += 1
    while offset < bytes.count, isBlank(bytes[offset]) { offset += 1 }
    guard offset == bytes.count || endsField(bytes[offset]) else {
      throw TableError(file, line: line, column: column, .textAfterQuote)
    }
    return CSVField(start: start, end: end, isQuoted: true)
  }
}

extension UInt8 {
  static let quote = UInt8(ascii: "\"")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  var endsLine: Bool { self == .lineFeed || self == .carriageReturn }
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
