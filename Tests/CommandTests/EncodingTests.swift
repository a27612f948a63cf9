import Foundation
import Testing

/// Texts, tables and sequences in other encodings than UTF-8: the same words for all.
struct EncodingTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  static let encodings: [(name: String, encoding: String.Encoding, mark: [UInt8])] = [
    ("UTF-16LE", .utf16LittleEndian, []), ("UTF-16BE", .utf16BigEndian, []),
    ("UTF-16", .utf16LittleEndian, [0xFF, 0xFE]),
    ("UTF-16", .utf16BigEndian, [0xFE, 0xFF]), ("UTF-32LE", .utf32LittleEndian, []), ("UTF-32BE", .utf32BigEndian, []),
    ("UTF-32", .utf32LittleEndian, [0xFF, 0xFE, 0, 0]), ("UTF-32", .utf32BigEndian, [0, 0, 0xFE, 0xFF]),
    ("WINDOWS-1252", .windowsCP1252, []), ("WINDOWS-1252", .isoLatin1, []),
  ]

  @Test(arguments: encodings)
  func advice(_ name: String, _ encoding: String.Encoding, _ mark: [UInt8]) throws {
    func write(_ text: String, to file: String) throws {
      try (Data(mark) + (try #require(text.data(using: encoding)))).write(to: place.url(file))
    }
    try write(sampleText() + "Größe\n", to: "t.txt")
    try write("date,Größe\n" + (1...40).map { "2020-01-\($0),\($0)\n" }.joined(), to: "t.csv")
    try write("@classLabel true größer kleiner\n@data\n1,2:größer\n", to: "t.ts")
    let command = "iconv -f \(name) -t UTF-8"
    expectFailure(
      try place.rnn("train", "--text", "t.txt"), 1, "t.txt, line", "\(command) t.txt > t-utf8.txt", "--bytes")
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "t.csv"), 1, "t.csv, line 1",
      "\(command) t.csv > t-utf8.csv")
    expectFailure(
      try place.rnn("classify", "train", "t.csv", "--label-column", "date", "--per-step"), 1, "t.csv, line 1",
      "\(command) t.csv > t-utf8.csv")
    expectFailure(try place.rnn("classify", "train", "t.ts"), 1, "t.ts, line 1", "\(command) t.ts > t-utf8.ts")
    #expect(!place.exists("model.safetensors"))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/iconv")), arguments: encodings)
  func theCommandConverts(_ name: String, _ encoding: String.Encoding, _ mark: [UInt8]) throws {
    let text = sampleText() + "Größe\n"
    try (Data(mark) + (try #require(text.data(using: encoding)))).write(to: place.url("a b.txt"))
    let errors = try place.rnn("train", "--text", "a b.txt").errors
    let start = try #require(errors.range(of: "iconv")?.lowerBound)
    let command = errors[start...].prefix { $0 != ";" }
    #expect(try place.run("/bin/sh", ["-c", String(command)]).status == 0, "\(command)")
    #expect(try place.data("a b-utf8.txt") == Data(text.utf8))
  }

  @Test func columnsInTwoSpellings() throws {
    try place.write("t,\u{E9},e\u{301}\n1,2,3\n", to: "t.csv")
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "t.csv"), 1, "t.csv, line 1",
      "column 2 in another spelling",
      "U+0065 U+0301 where that has U+00E9")
  }

  @Test func labelsAndNamesInTwoSpellings() throws {
    try place.write("x,label\n1,\u{E9}\n2,a\n3,e\u{301}\n", to: "l.csv")
    expectFailure(
      try place.rnn("classify", "train", "l.csv", "--label-column", "label", "--per-step"), 1, "l.csv, line 4",
      "stands in line 2 in another spelling", "U+00E9 where this has U+0065 U+0301")
    try place.write("n,x,label\n\u{C5},1,a\n\u{212B},2,b\n", to: "n.csv")
    expectFailure(
      try place.rnn("classify", "train", "n.csv", "--label-column", "label", "--sequence-column", "n"), 1,
      "n.csv, line 3",
      "U+00C5 where this has U+212B")
    try place.write("@classLabel true\n@data\n1,2:\u{E9}\n1,2:e\u{301}\n", to: "t.ts")
    expectFailure(try place.rnn("classify", "train", "t.ts"), 1, "t.ts, line 4", "stands in line 3")
  }
}
