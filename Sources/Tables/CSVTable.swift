import Storage
import Recurrent

/// A table in text: comma-separated values after RFC 4180, UTF-8, the first line naming the columns.
///
/// Line ends are LF, CRLF or CR; a byte order mark is passed over, and so are empty lines at the end. One thing differs
/// from the RFC: blanks around a field do not belong to it, unless they are quoted. Everything else that is not in order is
/// an error: nothing is guessed or filled.
package struct CSVTable: Sendable {
  package let file: String
  /// The columns' names, all different.
  package let header: [String]
  /// The line of each row in the file, from 1.
  package private(set) var lines: [Int] = []
  private let bytes: [UInt8]
  /// [rows, columns]
  private var fields: [Field] = []

  /// A field's bytes, without its outer quotes and blanks.
  private struct Field {
    let start: Int
    let end: Int
    let isQuoted: Bool
  }

  /// Reads the file at `path`.
  /// - Parameter separator: nil: whichever of comma, semicolon, tab and bar is the most frequent in the first line.
  package init(path: String, separator: UInt8? = nil) throws(TableError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw TableError(error) }
    try self.init(bytes, file: path, separator: separator)
  }

  package init(_ bytes: [UInt8], file: String, separator: UInt8? = nil) throws(TableError) {
    if let fault = EncodingFault(bytes.span, file: file) { throw TableError(file, line: fault.line, .encoding(fault)) }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard bytes[start...].contains(where: { !$0.isBlank && !$0.endsLine }) else { throw TableError(file, .empty) }
    var reader = Reader(
      file: file, bytes: bytes, separator: separator ?? Self.detectSeparator(bytes[start...]), offset: start)
    self.file = file
    self.bytes = bytes
    var names: [Field] = []
    try reader.record(into: &names, header: [])
    header = names.map { Self.text($0, bytes) }
    try checkHeader()
    while reader.hasMore {
      lines.append(reader.line)
      let before = fields.count
      let line = reader.line
      try reader.record(into: &fields, header: header)
      let found = fields.count - before
      guard found == header.count else {
        let last = fields[fields.count - 1]
        let isEmpty = found == 1 && last.start == last.end && !last.isQuoted
        if isEmpty, !reader.hasMoreText {
          // Only empty lines follow.
          fields.removeLast()
          lines.removeLast()
          break
        }
        throw TableError(file, line: line, isEmpty ? .emptyLine : .ragged(expected: header.count, found: found))
      }
    }
    // In a table of one column an empty line is a missing value, but not at the end of the file.
    while header.count == 1, let last = fields.last, last.start == last.end, !last.isQuoted {
      fields.removeLast()
      lines.removeLast()
    }
    guard !lines.isEmpty else { throw TableError(file, .noRows) }
  }

  package var rowCount: Int { lines.count }

  private func checkHeader() throws(TableError) {
    var places: [String: Int] = [:]
    for (index, name) in header.enumerated() {
      if name.isEmpty { throw TableError(file, line: 1, .unnamedColumn(index + 1)) }
      // A dictionary of strings takes spellings that Unicode calls equivalent for one.
      if let first = places.updateValue(index, forKey: name) {
        let isSame = header[first].unicodeScalars.elementsEqual(name.unicodeScalars)
        throw TableError(
          file, line: 1, column: name,
          isSame
            ? .duplicateColumn(first: first + 1)
            : .otherSpelling(first: first + 1, of: header[first], by: name))
      }
    }
    if header.allSatisfy({ Double($0) != nil }) { throw TableError(file, line: 1, .headerOfNumbers) }
  }

  private static func detectSeparator(_ bytes: ArraySlice<UInt8>) -> UInt8 {
    var isQuoted = false
    var counts = [UInt8](",;\t|".utf8).map { (byte: $0, count: 0) }
    for byte in bytes {
      if byte == .quote { isQuoted.toggle() }
      if isQuoted { continue }
      if byte.endsLine { break }
      if let index = counts.firstIndex(where: { $0.byte == byte }) { counts[index].count += 1 }
    }
    let most = counts.map(\.count).max()
    // The first of equals.
    return counts.first { $0.count == most }!.byte
  }

  // MARK: Access

  /// - Throws: `TableError.Reason.noSuchColumn`.
  package func column(_ name: String) throws(TableError) -> Int {
    guard let index = header.firstIndex(of: name) else {
      throw TableError(file, column: name, .noSuchColumn(available: header))
    }
    return index
  }

  package func text(_ row: Int, _ column: Int) -> String { Self.text(fields[row * header.count + column], bytes) }

  private static func text(_ field: Field, _ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes[field.start..<field.end], as: UTF8.self)
    return field.isQuoted && text.utf8.contains(.quote) ? text.replacing("\"\"", with: "\"") : text
  }

  /// The number in a field; nil where it is missing: empty, NA, N/A, NaN, null, none or ? in any case of letters.
  /// - Throws: `TableError` where it is text, or infinite.
  package func number(_ row: Int, _ column: Int) throws(TableError) -> Double? {
    let text = text(row, column)
    do { return try parseNumber(text) } catch {
      throw TableError(file, line: lines[row], column: header[column], error)
    }
  }

  /// Whether the column is one of numbers: its first value that is not missing is a number. Text further below, and a number
  /// that cannot be taken, is an error of the file, not a reason to leave the column out.
  package func isNumeric(_ column: Int) -> Bool {
    for row in 0..<rowCount {
      do throws(TableError.Reason) { if try parseNumber(text(row, column)) != nil { return true } } catch {
        if case .notANumber = error { return false }
        return true
      }
    }
    return false
  }
}

/// About what a `Float` holds; squares and sums of such numbers do not overflow a `Double`.
private let largestNumber = 1e38

/// A decimal number; nil where it is missing.
/// - Throws: what is wrong with it.
package func parseNumber(_ text: String) throws(TableError.Reason) -> Double? {
  guard let first = text.utf8.first else { return nil }
  // As C prints it, with the sign of its bits.
  if ["-nan", "+nan"].contains(text.lowercased()) { return nil }
  // `Double` would also take hexadecimal numbers and words.
  let isDecimal = (0x30...0x39).contains(first) || "+-.".utf8.contains(first)
  if isDecimal, !text.utf8.contains(where: { $0 | 0x20 == 0x78 }), let value = Double(text) {
    guard value.isFinite else { throw .notFinite(text) }
    guard abs(value) <= largestNumber else { throw .tooLarge(text) }
    return value
  }
  switch text.lowercased() {
  case "na", "n/a", "nan", "null", "none", "?": return nil
  case "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity": throw .notFinite(text)
  default: throw .notANumber(text)
  }
}

extension TableError.Reason: Error {}

// MARK: Reading

extension CSVTable {
  /// Takes records apart, and knows the line.
  private struct Reader {
    let file: String
    let bytes: [UInt8]
    let separator: UInt8
    var offset: Int
    var line = 1

    init(file: String, bytes: [UInt8], separator: UInt8, offset: Int) {
      (self.file, self.bytes, self.separator, self.offset) = (file, bytes, separator, offset)
    }

    var hasMore: Bool { offset < bytes.count }

    /// Whether anything but line ends and blanks follows.
    var hasMoreText: Bool { bytes[offset...].contains { !$0.isBlank && !$0.endsLine } }

    /// The fields up to the end of the line, and that end.
    mutating func record(into fields: inout [Field], header: [String]) throws(TableError) {
      let first = fields.count
      while true {
        let number = fields.count - first
        fields.append(try field(column: number < header.count ? header[number] : nil))
        guard offset < bytes.count else { return }
        if bytes[offset] == separator {
          offset += 1
          continue
        }
        endLine()
        return
      }
    }

    private mutating func endLine() {
      if bytes[offset] == .carriageReturn, offset + 1 < bytes.count, bytes[offset + 1] == .lineFeed { offset += 1 }
      offset += 1
      line += 1
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte.isBlank && byte != separator }

    private func endsField(_ byte: UInt8) -> Bool { byte == separator || byte.endsLine }

    /// Leaves `offset` at the separator, the line end, or the end of the file.
    private mutating func field(column: String?) throws(TableError) -> Field {
      while offset < bytes.count, isBlank(bytes[offset]) { offset += 1 }
      if offset < bytes.count, bytes[offset] == .quote { return try quotedField(column) }
      let start = offset
      var end = offset
      while offset < bytes.count, !endsField(bytes[offset]) {
        if bytes[offset] == .quote { throw TableError(file, line: line, column: column, .quoteInField) }
        offset += 1
        if !isBlank(bytes[offset - 1]) { end = offset }
      }
      return Field(start: start, end: end, isQuoted: false)
    }

    private mutating func quotedField(_ column: String?) throws(TableError) -> Field {
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
      return Field(start: start, end: end, isQuoted: true)
    }
  }
}

extension UInt8 {
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
  fileprivate var endsLine: Bool { self == .lineFeed || self == .carriageReturn }
  fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
