import Foundation
import Storage

/// An encoding other than UTF-8 in which a table may be written, by its usual names.
package struct TableEncoding: Sendable, Hashable {
  private static let encodings: [(names: [String], encoding: String.Encoding)] = [
    (["utf8"], .utf8), (["utf16"], .utf16), (["utf16le"], .utf16LittleEndian), (["utf16be"], .utf16BigEndian),
    (["utf32"], .utf32), (["utf32le"], .utf32LittleEndian), (["utf32be"], .utf32BigEndian),
    (["windows1252", "cp1252", "ansi"], .windowsCP1252), (["iso88591", "latin1"], .isoLatin1),
    (["iso88592", "latin2"], .isoLatin2), (["windows1250", "cp1250"], .windowsCP1250),
    (["windows1251", "cp1251"], .windowsCP1251), (["windows1253", "cp1253"], .windowsCP1253),
    (["windows1254", "cp1254"], .windowsCP1254), (["macroman", "macintosh"], .macOSRoman),
    (["shiftjis", "sjis", "cp932"], .shiftJIS), (["eucjp"], .japaneseEUC),
  ]

  /// The names that are known, one for each encoding.
  package static let names = [
    "utf-8", "utf-16", "utf-16le", "utf-16be", "utf-32", "windows-1252", "latin1", "latin2", "windows-1250",
    "windows-1251", "windows-1253", "windows-1254", "macroman", "shift_jis", "euc-jp",
  ]

  package let name: String
  private let encoding: String.Encoding

  /// In any case of letters, with or without dashes.
  package init?(_ name: String) {
    let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
    guard let entry = Self.encodings.first(where: { $0.names.contains(plain) }) else { return nil }
    (self.name, encoding) = (name, entry.encoding)
  }

  /// The option that reads bytes as what they seem to be.
  static func option(for bytes: [UInt8]) -> String {
    let seen = TextEncoding(of: bytes.span, isValidUTF8: false)?.rawValue.lowercased()
    return "--encoding " + (seen.flatMap { TableEncoding($0) }.map(\.name) ?? "NAME")
  }

  /// The text in UTF-8; nil where the bytes are none of this encoding.
  func utf8(_ bytes: [UInt8]) -> [UInt8]? {
    guard encoding != .utf8 else { return bytes }
    guard let text = String(data: Data(bytes), encoding: encoding) else { return nil }
    return Array(text.utf8)
  }
}
