import Foundation

/// What stands before the first line of a table, and what that line says of its separator.
struct CSVStart {
  /// Of the first line.
  let offset: Int
  /// From 1.
  let line: Int
  /// As Excel's line `sep=;` says.
  let separator: UInt8?

  /// What was passed over.
  let remark: String?

  /// - Parameters:
  ///   - count: lines to pass over; empty ones and comments after them are passed over, too.
  ///   - comment: what comments begin with, beside #.
  init(_ bytes: [UInt8], skipping count: Int = 0, comment: UInt8? = nil) {
    var lines = Lines(bytes: bytes, offset: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    for _ in 0..<count where !lines.isAtEnd { lines.skip() }
    lines.skipEmpty()
    let text = lines.current.filter { $0 != .quote }
    if text.count == 5, String(decoding: text.prefix(4), as: UTF8.self).lowercased() == "sep=", let last = text.last {
      separator = last
      lines.skip()
      lines.skipEmpty()
    } else {
      separator = nil
    }
    var comments = 0
    var last = lines
    while let first = lines.current.first(where: { !$0.isBlank }),
      first == comment || lines.current.first == UInt8(ascii: "#")
    {
      comments += 1
      last = lines
      lines.skip()
      lines.skipEmpty()
    }
    guard comments > 0, !lines.isAtEnd else {
      (offset, line, remark) = (last.offset, last.line, nil)
      return
    }
    if comment == nil, Self.isHeader(last.current, of: lines.current, separator) {
      // A name may be # itself.
      let mark = last.current.dropFirst().first.map { $0 == .quote || ",;\t|".utf8.contains($0) } ?? false
      let blanks = last.current.dropFirst().prefix { $0 == UInt8(ascii: " ") }.count
      offset = last.offset + (mark ? 0 : 1 + blanks)
      line = last.line
      comments -= 1
    } else {
      (offset, line) = (lines.offset, lines.line)
    }
    remark =
      comments == 0
      ? nil
      : "\(comments) \(comments == 1 ? "line" : "lines") of comments (\(comment.map { String(UnicodeScalar($0)) } ?? "#")) before the names passed over"
  }

  /// Whether a line that begins with # names the columns: as many as the next line has fields, which hold no names.
  private static func isHeader(
    _ comment: ArraySlice<UInt8>, of row: ArraySlice<UInt8>, _ separator: UInt8?
  ) -> Bool {
    let separator = separator ?? detectSeparator(row)
    func fields(_ line: ArraySlice<UInt8>) -> [String] {
      line.split(separator: separator, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces)
      }
    }
    let (names, values) = (fields(comment), fields(row))
    guard names.count == values.count, names.count > 1 || !names[0].dropFirst().contains(" ") else { return false }
    return values.contains { !$0.isEmpty }
      && values.allSatisfy { $0.isEmpty || NumberText($0) != nil || looksLikeTime($0) }
  }

  /// 2001-02-03, 3.2.2001 04:05, 08:30; whatever it may mean.
  static func looksLikeTime(_ text: String) -> Bool {
    guard text.utf8.first?.isDigit == true, text.utf8.allSatisfy({ $0.isDigit || "-/.: TZ+".utf8.contains($0) }) else {
      return false
    }
    let marks = text.utf8.count { "-/.:".utf8.contains($0) }
    let isClock = text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == marks && (4...5).contains(text.utf8.count)
    return marks >= 2 && text.utf8.count(where: \.isDigit) >= 5 || marks == 1 && isClock
  }

  /// A line of a text after the other.
  private struct Lines {
    let bytes: [UInt8]
    var offset: Int
    /// From 1.
    var line = 1

    var isAtEnd: Bool { offset >= bytes.count }
    var current: ArraySlice<UInt8> { bytes[offset...].prefix { !$0.endsLine } }

    mutating func skip() {
      let end = current.endIndex
      let isPair = end + 1 < bytes.count && bytes[end] == .carriageReturn && bytes[end + 1] == .lineFeed
      offset = min(bytes.count, end + (isPair ? 2 : 1))
      line += 1
    }

    mutating func skipEmpty() {
      // An empty file stays one.
      while bytes[offset...].contains(where: { !$0.isBlank && !$0.endsLine }), current.allSatisfy(\.isBlank) { skip() }
    }
  }

  /// Whichever of comma, semicolon, tab and bar is the most frequent in the first line. Commas between digits are no
  /// separators where another one is there.
  static func detectSeparator(_ bytes: ArraySlice<UInt8>) -> UInt8 {
    var isQuoted = false
    var counts = [UInt8](",;\t|".utf8).map { (byte: $0, count: 0) }
    var decimalCommas = 0
    for (index, byte) in zip(bytes.indices, bytes) {
      if byte == .quote { isQuoted.toggle() }
      if isQuoted { continue }
      if byte.endsLine { break }
      if let place = counts.firstIndex(where: { $0.byte == byte }) { counts[place].count += 1 }
      if byte == .comma, index > bytes.startIndex, index + 1 < bytes.endIndex, bytes[index - 1].isDigit,
        bytes[index + 1].isDigit
      {
        decimalCommas += 1
      }
    }
    if decimalCommas == counts[0].count, counts.dropFirst().contains(where: { $0.count > 0 }) { counts[0].count = 0 }
    let most = counts.map(\.count).max()
    // The first of equals.
    return counts.first { $0.count == most }?.byte ?? .comma
  }
}
