/// What stands before the first line of a table, and what that line says of its separator.
struct CSVStart {
  /// Of the first line.
  let offset: Int
  /// From 1.
  let line: Int
  /// As Excel's line `sep=;` says.
  let separator: UInt8?

  init(_ bytes: [UInt8]) {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let first = bytes[start...].prefix { !$0.endsLine }
    let text = first.filter { $0 != .quote }
    guard text.count == 5, String(decoding: text.prefix(4), as: UTF8.self).lowercased() == "sep=",
      let separator = text.last, separator != .quote
    else {
      (offset, line, self.separator) = (start, 1, nil)
      return
    }
    let end = first.endIndex
    let isPair = end + 1 < bytes.count && bytes[end] == .carriageReturn && bytes[end + 1] == .lineFeed
    (offset, line, self.separator) = (min(bytes.count, end + (isPair ? 2 : 1)), 2, separator)
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
