/// Why bytes are no text in UTF-8, where, and what to do: the same words whatever the text is for.
package struct EncodingFault: Error, Sendable, Hashable {
  /// Of the first byte that begins no character; 0 where the whole is in another encoding.
  package let offset: Int
  /// From 1.
  package let line: Int
  /// From 1, in characters.
  package let column: Int
  /// To stand after the name of the file and the line.
  package let reason: String

  /// nil where the bytes are a text in UTF-8.
  /// - Parameters:
  ///   - bytes: of the text, or of a piece of it.
  ///   - file: for the command that converts it; nil for a text that is no file.
  ///   - start: where in the text the bytes begin.
  package init?(
    _ bytes: Span<UInt8>, file: String?, startingAt start: (offset: Int, line: Int, column: Int) = (0, 1, 1)
  ) {
    let survey = Survey(bytes)
    guard let offset = survey.firstInvalid else {
      // A zero is a character, too, but in UTF-16 and UTF-32 every other may be one.
      guard survey.hasZero, let encoding = TextEncoding(of: bytes, isValidUTF8: true) else { return nil }
      (self.offset, line, column) = (0, 1, 1)
      reason = Self.reason(encoding, file)
      return
    }
    if let encoding = TextEncoding(of: bytes, isValidUTF8: false), encoding != .windows1252 {
      (self.offset, line, column) = (0, 1, 1)
      reason = Self.reason(encoding, file)
      return
    }
    let place = survey.place
    (self.offset, line) = (start.offset + offset, start.line + place.line - 1)
    column = place.column + (place.line == 1 ? start.column - 1 : 0)
    let digits = String(bytes[offset], radix: 16, uppercase: true)
    let byte = "not UTF-8: byte 0x\(digits) at offset \(self.offset) (column \(column)) begins no character; "
    if survey.isCut {
      reason = byte + "the text ends in the middle of one: it seems to be cut off"
    } else if survey.isMostlyUTF8 {
      reason = byte + "most of the text is UTF-8: it seems to be damaged there"
    } else if TextEncoding(of: bytes, isValidUTF8: false) == .windows1252 {
      reason = byte + "it seems to be WINDOWS-1252 or Latin-1; to convert it: \(Self.command("WINDOWS-1252", file))"
    } else {
      reason =
        byte
        + "to convert it, with the name of its encoding: \(Self.command("ENCODING", file)) (iconv -l lists the names)"
    }
  }

  private static func reason(_ encoding: TextEncoding, _ file: String?) -> String {
    "not UTF-8 but, it seems, \(encoding.rawValue); to convert it: \(command(encoding.rawValue, file))"
  }

  /// As a shell takes it; without files where there are none to name.
  private static func command(_ encoding: String, _ file: String?) -> String {
    let command = "iconv -f \(encoding) -t UTF-8"
    guard let file, file != "-", !file.hasPrefix("/dev/"), !file.hasPrefix("/proc/"), file == printable(file) else {
      return command
    }
    let name = file.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let dot = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 } ?? name.endIndex
    let target = file.dropLast(name.count) + name[..<dot] + "-utf8" + name[dot...]
    return "\(command) \(quoted(file)) > \(quoted(String(target)))"
  }

  private static func quoted(_ path: String) -> String {
    let path = path.hasPrefix("-") ? "./" + path : path
    let isPlain = path.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "_./+,:@%-".utf8.contains(byte)
    }
    return isPlain ? path : "'\(path.replacing("'", with: "'\\''"))'"
  }
}

/// What there is of UTF-8 in some bytes.
private struct Survey {
  private(set) var firstInvalid: Int?
  /// Of the first invalid byte.
  private(set) var place = LineCounter()
  private(set) var hasZero = false
  /// Characters of two bytes and more.
  private var wideCount = 0
  private var invalidCount = 0
  /// Bytes at the end that begin a character and lack its end.
  private var cutCount = 0

  var isMostlyUTF8: Bool { wideCount > invalidCount }

  /// One byte at the end could be a letter of another encoding.
  var isCut: Bool { firstInvalid != nil && invalidCount == cutCount && (cutCount > 1 || wideCount > 0) }

  init(_ bytes: Span<UInt8>) {
    var offset = 0
    while offset < bytes.count {
      if let (scalar, length) = decodeScalar(bytes, at: offset, end: bytes.count) {
        if firstInvalid == nil { place.pass(scalar) }
        if scalar == 0 { hasZero = true }
        wideCount += length > 1 ? 1 : 0
        offset += length
      } else {
        if firstInvalid == nil {
          firstInvalid = offset
          cutCount = Self.isStart(bytes, from: offset) ? bytes.count - offset : 0
        }
        invalidCount += 1
        offset += 1
      }
    }
  }

  /// Whether the bytes from `offset` to the end are the first of a character.
  private static func isStart(_ bytes: Span<UInt8>, from offset: Int) -> Bool {
    let length = bytes[offset] >= 0xF0 ? 4 : bytes[offset] >= 0xE0 ? 3 : 2
    guard bytes[offset] >= 0xC2, bytes[offset] <= 0xF4, bytes.count - offset < length else { return false }
    for index in offset + 1..<bytes.count where bytes[index] & 0xC0 != 0x80 { return false }
    return true
  }
}
