/// What a text that should be UTF-8, and is not, seems to be encoded in. The raw value is the name that `iconv` knows.
///
/// A guess by the bytes, made to be told and never to be acted upon: nothing is decoded by it.
package enum TextEncoding: String, Sendable, Hashable {
  /// With a byte order mark, which says the order.
  case utf16 = "UTF-16"
  case utf16LittleEndian = "UTF-16LE"
  case utf16BigEndian = "UTF-16BE"
  /// With a byte order mark, which says the order.
  case utf32 = "UTF-32"
  case utf32LittleEndian = "UTF-32LE"
  case utf32BigEndian = "UTF-32BE"
  /// Also for ISO 8859-1 (Latin-1), which is the same but for control characters.
  case windows1252 = "WINDOWS-1252"

  /// - Parameter isValidUTF8: whether the bytes would pass for UTF-8, as those of "ab" in UTF-16 do; it takes more then.
  /// - Returns: nil where it cannot be told.
  package init?(of bytes: Span<UInt8>, isValidUTF8: Bool) {
    if let wide = Self.marked(bytes) ?? Self.unmarked(bytes, isValidUTF8: isValidUTF8) {
      self = wide
    } else if !isValidUTF8, Self.isWindows1252(bytes) {
      self = .windows1252
    } else {
      return nil
    }
  }

  // MARK: Two or four bytes a unit

  private static func marked(_ bytes: Span<UInt8>) -> TextEncoding? {
    func starts(with mark: [UInt8]) -> Bool {
      bytes.count >= mark.count && mark.indices.allSatisfy { bytes[$0] == mark[$0] }
    }
    if starts(with: [0xFF, 0xFE, 0, 0]) || starts(with: [0, 0, 0xFE, 0xFF]) { return .utf32 }
    return starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]) ? .utf16 : nil
  }

  private static func unmarked(_ bytes: Span<UInt8>, isValidUTF8: Bool) -> TextEncoding? {
    if isText32(bytes, order: [3, 2, 1, 0]) { return .utf32LittleEndian }
    if isText32(bytes, order: [0, 1, 2, 3]) { return .utf32BigEndian }
    let little = evidence16(bytes, high: 1, isValidUTF8: isValidUTF8)
    let big = evidence16(bytes, high: 0, isValidUTF8: isValidUTF8)
    if little == 0, big == 0 { return nil }
    return little >= big ? .utf16LittleEndian : .utf16BigEndian
  }

  /// - Parameter order: where in a unit its bytes stand, the highest first.
  private static func isText32(_ bytes: Span<UInt8>, order: [Int]) -> Bool {
    guard bytes.count >= 4 else { return false }
    for start in stride(from: 0, through: bytes.count - 4, by: 4) {
      let value = order.reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[start + $1]) }
      guard isOfText(value) else { return false }
    }
    return true
  }

  /// Units that are below U+0100, as line ends and digits are in every script; 0 where the bytes are no text in UTF-16.
  /// - Parameter high: where in a unit its high byte stands.
  private static func evidence16(_ bytes: Span<UInt8>, high: Int, isValidUTF8: Bool) -> Int {
    var (zeros, controls, lineEnds, units) = (0, 0, 0, 0)
    var lead: UInt32?
    for start in stride(from: 0, to: bytes.count - 1, by: 2) {
      let unit = UInt32(bytes[start + high]) << 8 | UInt32(bytes[start + 1 - high])
      units += 1
      zeros += unit < 0x100 ? 1 : 0
      controls += unit < 0x2000 ? 1 : 0
      lineEnds += unit == 0x0A || unit == 0x0D ? 1 : 0
      if let first = lead {
        guard unit & 0xFC00 == 0xDC00, isOfText(0x1_0000 + (first & 0x3FF) << 10 + unit & 0x3FF) else { return 0 }
        lead = nil
      } else if unit & 0xFC00 == 0xD800 {
        lead = unit
      } else {
        guard isOfText(unit) else { return 0 }
      }
    }
    // What is valid UTF-8 has to look wrong as such: about every second byte is a control character, or there are many
    // zeros, also beside line ends.
    let looksWrong = controls * 4 >= units * 3 || (lineEnds > 0 && zeros * 8 >= units)
    return isValidUTF8 && !looksWrong ? 0 : zeros
  }

  /// Whether texts have such a character: controls but line ends and tabs, and numbers that stand for nothing, are none.
  private static func isOfText(_ value: UInt32) -> Bool {
    guard let scalar = Unicode.Scalar(value) else { return false }
    switch scalar.properties.generalCategory {
    case .control: return (0x09...0x0D).contains(value)
    case .unassigned, .privateUse, .surrogate: return false
    default: return true
    }
  }

  // MARK: One byte a character

  /// Whether the bytes from 0x80 on stand as the letters of Western Europe do, alone or two together among others, and
  /// punctuation outside words. Cyrillic, Greek or Chinese has them in longer runs; code pages of DOS and of Central Europe
  /// have letters where this encoding has punctuation.
  private static func isWindows1252(_ bytes: Span<UInt8>) -> Bool {
    var (count, odd, rare) = (0, 0, 0)
    var start = 0
    while start < bytes.count {
      guard bytes[start] >= 0x80 else {
        start += 1
        continue
      }
      var end = start + 1
      while end < bytes.count, bytes[end] >= 0x80 { end += 1 }
      count += end - start
      let followsLetter = start > 0 && isLetter(bytes[start - 1])
      let isInWord = followsLetter && end < bytes.count && isLetter(bytes[end])
      for index in start..<end {
        switch bytes[index] {
        case 0x81, 0x8D, 0x8F, 0x90, 0x9D: return false
        // Œ œ À…ÿ
        case 0x8C, 0x9C, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0xFF: odd += end - start > 2 ? 1 : 0
        // Š Ž š ž Ÿ
        case 0x8A, 0x8E, 0x9A, 0x9E, 0x9F: rare += 1
        // ‚ „ which open
        case 0x82, 0x84: odd += followsLetter ? 1 : 0
        // ’ – — · and the soft hyphen
        case 0x92, 0x96, 0x97, 0xAD, 0xB7: break
        default: odd += isInWord ? 1 : 0
        }
      }
      start = end
    }
    return count > 0 && odd * 10 <= count && rare * 2 <= count
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
