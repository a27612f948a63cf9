import Foundation
import Testing

import Storage

/// What is said of bytes that are no UTF-8.
struct TextEncodingTests {
  private static let western = "Größe; prix 3 €, naïve façade, “señor” – l’été\n"
  private static let scripts = [
    "date,value\n2020-01-01,0.5\n", "привет, мир 123\n", "γειά σου 1\n", "你好，世界\n第二行 2\n", "こんにちは 1\n", "한국어 1\n",
    "你好,值\n1,2\n", "שלום 1\n", "नमस्ते 1\n", "😀 ok\n",
  ]

  private func fault(_ bytes: [UInt8], file: String? = "a.csv") -> EncodingFault? {
    EncodingFault(bytes.span, file: file)
  }

  /// In UTF-16 or UTF-32, without a mark.
  private static func wide(_ text: String, _ encoding: TextEncoding) -> [UInt8] {
    switch encoding {
    case .utf16LittleEndian: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    case .utf16BigEndian: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    case .utf32LittleEndian:
      text.unicodeScalars.flatMap { scalar in (0..<4).map { UInt8(truncatingIfNeeded: scalar.value >> (8 * $0)) } }
    default:
      text.unicodeScalars.flatMap { scalar in (0..<4).map { UInt8(truncatingIfNeeded: scalar.value >> (24 - 8 * $0)) } }
    }
  }

  @Test(
    "UTF-8 of any kind is no fault",
    arguments: [
      "", "a", "abc\r\ndef\n", "naïve 你好 😀 e\u{301}", "\u{FEFF}a,b\n", "a\tb\n1\t2\n", "ab\0cd\0efg\0", "a\u{1B}[1mb",
      "\u{7F}\u{80}\u{9F}", "\u{10FFFF}\u{E000}\u{FFFE}", "1\t2\n3\t4\n5\t6\n",
    ])
  func valid(_ text: String) { #expect(fault(Array(text.utf8)) == nil) }

  @Test("UTF-16 and UTF-32 are named with their order, also where their bytes would pass for UTF-8", arguments: scripts)
  func wideEncodings(_ text: String) throws {
    for encoding: TextEncoding in [.utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian, .utf32BigEndian] {
      for bytes in [Self.wide(text, encoding), Self.wide(String(repeating: text, count: 40), encoding)] {
        let reason = try #require(fault(bytes), "\(encoding)").reason
        #expect(
          reason.contains("iconv -f \(encoding.rawValue) -t UTF-8 a.csv > a-utf8.csv"), "\(encoding): \(reason)")
      }
    }
  }

  @Test("A byte order mark says the order", arguments: scripts)
  func marks(_ text: String) throws {
    for (encoding, name) in [
      (TextEncoding.utf16LittleEndian, "UTF-16"), (.utf16BigEndian, "UTF-16"), (.utf32LittleEndian, "UTF-32"),
      (.utf32BigEndian, "UTF-32"),
    ] {
      let reason = try #require(fault(Self.wide("\u{FEFF}" + text, encoding))).reason
      #expect(reason.contains("iconv -f \(name) -t"), "\(reason)")
    }
  }

  @Test(
    "Western letters of one byte are taken for Windows-1252",
    arguments: [
      western, "caf\u{E9}", "Gr\u{F6}\u{DF}e,1\n", "\u{E0} la carte\n", "x;\u{80} 5\n", "na\u{EF}ve",
      "\u{C5}r,v\n1,2\n",
    ])
  func windows(_ text: String) throws {
    let bytes =
      text.unicodeScalars.contains("“")
      ? [UInt8](try #require(text.data(using: .windowsCP1252))) : text.unicodeScalars.map { UInt8($0.value) }
    let found = try #require(fault(bytes))
    #expect(found.reason.contains("iconv -f WINDOWS-1252 -t UTF-8 a.csv > a-utf8.csv"), "\(found.reason)")
    let first = try #require(bytes.firstIndex { $0 >= 0x80 })
    #expect(
      found.offset == first && found.reason.contains("byte 0x\(String(bytes[first], radix: 16, uppercase: true))"))
  }

  @Test(
    "Other encodings are not taken for it",
    arguments: [
      // привет in Windows-1251 and KOI8-R, 日本語 in Shift JIS, 你好世界 in GBK, für in CP437, été in CP850 and Mac Roman, zażółć in Windows-1250
      [0xEF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2], [0xD0, 0xD2, 0xC9, 0xD7, 0xC5, 0xD4], [0x93, 0xFA, 0x96, 0x7B, 0x8C, 0xEA],
      [0xC4, 0xE3, 0xBA, 0xC3, 0xCA, 0xC0, 0xBD, 0xE7], [0x66, 0x81, 0x72], [0x82, 0x74, 0x82], [0x8E, 0x74, 0x8E],
      [0x7A, 0x61, 0xBF, 0xF3, 0xB3, 0xE6, 0x21],
    ] as [[UInt8]])
  func others(_ bytes: [UInt8]) throws {
    let reason = try #require(fault(bytes + [0x0A])).reason
    #expect(
      reason.contains("iconv -f ENCODING -t UTF-8 a.csv > a-utf8.csv") && reason.contains("iconv -l"), "\(reason)")
  }

  @Test("Damaged UTF-8 is called so")
  func damaged() throws {
    let text = Array("größer, schöner, naïve\n".utf8)
    #expect(try #require(fault(text + [0xFF] + text)).reason.contains("damaged"))
    #expect(try #require(fault(text + [0xE2, 0x82])).reason.contains("cut off"))
    #expect(try #require(fault(text + [0xC3])).reason.contains("cut off"))
    #expect(try #require(fault([0x61, 0xF0, 0x9F, 0x98])).reason.contains("cut off"))
  }

  @Test("The place is that of the first byte, as editors count")
  func place() throws {
    let found = try #require(fault(Array("a\r\nb\rc\né€x".utf8) + [0xE9, 0x20]))
    #expect((found.offset, found.line, found.column) == (13, 4, 4))
  }

  @Test("The command is one that a shell takes")
  func command() throws {
    let bytes = Array("caf".utf8) + [0xE9, 0x20]
    let commands = [
      ("a", "a > a-utf8"), ("dir.d/a b.txt", "'dir.d/a b.txt' > 'dir.d/a b-utf8.txt'"),
      ("-x.csv", "./-x.csv > ./-x-utf8.csv"),
      ("it's", "'it'\\''s' > 'it'\\''s-utf8'"), (".hidden", ".hidden > .hidden-utf8"),
      ("é.txt", "'é.txt' > 'é-utf8.txt'"),
    ]
    for (file, part) in commands {
      #expect(try #require(fault(bytes, file: file)).reason.contains("-t UTF-8 \(part)"), "\(file)")
    }
    for file in [nil, "/dev/stdin", "-", "/proc/self/fd/0", "a\nb"] {
      #expect(try #require(fault(bytes, file: file)).reason.hasSuffix("iconv -f WINDOWS-1252 -t UTF-8"))
    }
  }

  @Test("Spellings are told apart by their code points")
  func spellings() {
    let (left, right) = differingSpellings("Caf\u{E9}s", "Cafe\u{301}s")
    #expect(left == "U+00E9" && right == "U+0065 U+0301")
    #expect(differingSpellings("a", "a") == ("", ""))
    #expect(differingSpellings("\u{212B}", "\u{C5}") == ("U+212B", "U+00C5"))
  }
}
