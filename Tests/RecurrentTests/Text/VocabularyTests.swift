import Testing

import Recurrent

/// A vocabulary of all scalars, so that only the UTF-8 itself can be at fault.
private let allScalars = Result {
  try Vocabulary(unit: .unicodeScalar, symbols: Array(0...0xD7FF) + Array(0xE000...0x10_FFFF))
}

@Suite("Vocabulary")
struct VocabularyTests {
  private func vocabulary(_ text: String, _ unit: Vocabulary.Unit = .unicodeScalar) throws -> Vocabulary {
    try Corpus(text: text, unit: unit).vocabulary
  }

  @Test("Scalars are kept as they are: nothing is composed, line ends are two")
  func scalars() throws {
    let text = "a\r\nb e\u{301} \u{E9}"
    let vocabulary = try vocabulary(text)
    #expect(vocabulary.symbols == [0x0A, 0x0D, 0x20, 0x61, 0x62, 0x65, 0xE9, 0x301])
    #expect(vocabulary.count == 8)
    let tokens = try vocabulary.encode(text)
    #expect(tokens == [3, 1, 0, 4, 2, 5, 7, 2, 6])
    #expect(Array(vocabulary.decode(tokens).utf8) == Array(text.utf8))
    #expect(try vocabulary.encode("e\u{301}") != vocabulary.encode("\u{E9}"))
  }

  @Test("Bytes are kept as they are, also those that are no text")
  func bytes() throws {
    let vocabulary = try Vocabulary(unit: .byte, symbols: Array(0...255))
    let bytes = (0..<256).map { UInt8(255 - $0) }
    let tokens = try vocabulary.encode(bytes: bytes)
    #expect(tokens == bytes.map { Int32($0) })
    var back: [UInt8] = []
    for token in tokens { vocabulary.appendUTF8(of: token, to: &back) }
    #expect(back == bytes)
    #expect(vocabulary.decode([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
    #expect(vocabulary.decode(try vocabulary.encode("日本 😀")) == "日本 😀")
  }

  @Test("Every scalar goes to its UTF-8 and back")
  func everyScalar() throws {
    let vocabulary = try allScalars.get()
    var text = ""
    for scalar in (0...0x10_FFFF).lazy.filter({ $0 < 0x1_1000 || $0 % 97 == 0 }).compactMap(
      Unicode.Scalar.init(_:))
    {
      text.unicodeScalars.append(scalar)
    }
    let tokens = try vocabulary.encode(text)
    #expect(tokens.map { vocabulary.symbols[Int($0)] } == text.unicodeScalars.map(\.value))
    #expect(Array(vocabulary.decode(tokens).utf8) == Array(text.utf8))
  }

  @Test("UTF-8 is judged as the standard library judges it, and the fault is where the good part ends")
  func everyFault() throws {
    let vocabulary = try allScalars.get()
    // Both sides of every boundary in the definition of UTF-8.
    let edges: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
      0xEE, 0xEF,
      0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]
    var sequences: [[UInt8]] = edges.map { [$0] }
    var longest = sequences
    for length in 2...4 {
      // What cannot begin four bytes has been tried with three.
      if length == 4 { longest = longest.filter { $0[0] >= 0xF0 && $0[1] >= 0x7F && $0[2] >= 0x7F } }
      longest = longest.flatMap { start in edges.map { start + [$0] } }
      sequences += longest
    }
    #expect(sequences.first { !isReadRight($0, by: vocabulary) } == nil)
  }

  /// By the standard library: the scalars, or else the fault, at the end of the longest valid part.
  private func isReadRight(_ bytes: [UInt8], by vocabulary: Vocabulary) -> Bool {
    do {
      let symbols = try vocabulary.encode(bytes: bytes).map { vocabulary.symbols[Int($0)] }
      return String(validating: bytes, as: UTF8.self)?.unicodeScalars.map(\.value) == symbols
    } catch {
      let good = (0...bytes.count).last { String(validating: bytes[..<$0], as: UTF8.self) != nil } ?? 0
      guard good < bytes.count, case .notUTF8(nil, let place, let reason) = error else { return false }
      if reason.contains("it seems, UTF-") { return place.offset == 0 }
      return place.offset == good && reason.contains("byte 0x\(String(bytes[good], radix: 16, uppercase: true)) at")
    }
  }

  @Test("A character that the vocabulary lacks is named, with its place")
  func unknown() throws {
    let vocabulary = try vocabulary("abc ")
    let cases: [(text: String, symbol: UInt32, offset: Int, name: String)] = [
      ("abé", 0xE9, 2, "'é' (U+00E9)"), ("é", 0xE9, 0, "'é' (U+00E9)"), ("a\n", 0x0A, 1, "U+000A"),
      ("ae\u{301}", 0x65, 1, "'e' (U+0065)"), ("a\u{301}", 0x301, 1, "'\u{25CC}\u{301}' (U+0301)"),
      ("abc 😀", 0x1F600, 4, "'😀' (U+1F600)"), ("\u{202E}", 0x202E, 0, "U+202E"),
    ]
    for (text, symbol, offset, name) in cases {
      let place = TextPlace(offset: offset, line: 1, column: offset + 1)
      let error = TextError.unknownSymbol(symbol, unit: .unicodeScalar, at: place, file: nil)
      #expect(throws: error) { try vocabulary.encode(text) }
      #expect(error.description.unicodeScalars.starts(with: "\(name) at offset \(offset) of".unicodeScalars))
    }
    let bytes = try self.vocabulary("abc", .byte)
    let error = TextError.unknownSymbol(
      0xC3, unit: .byte, at: TextPlace(offset: 1, line: 1, column: 2), file: nil)
    #expect(throws: error) { try bytes.encode("aé") }
    #expect(error.description.hasPrefix("byte 0xC3 at offset 1"))
    #expect(vocabulary.token(of: 0x61) == 1)
    #expect(vocabulary.token(of: 0x62) == 2)
    #expect(vocabulary.token(of: 0x21) == nil)
    #expect(vocabulary.token(of: .max) == nil)
  }

  @Test("Symbols of a model file are checked")
  func loading() throws {
    let saved = try vocabulary("hello wörld")
    let loaded = try Vocabulary(unit: saved.unit, symbols: saved.symbols)
    #expect(loaded == saved)
    #expect(loaded.hashValue == saved.hashValue)
    #expect(
      try Vocabulary(unit: .byte, symbols: [1, 2]) != Vocabulary(unit: .unicodeScalar, symbols: [1, 2]))
    #expect(try Vocabulary(unit: .unicodeScalar, symbols: [7]).count == 1)
    let bad: [(Vocabulary.Unit, [UInt32])] = [
      (.unicodeScalar, []), (.byte, []), (.unicodeScalar, [2, 1]), (.unicodeScalar, [1, 1]),
      (.byte, [255, 256]),
      (.unicodeScalar, [0xD800]), (.unicodeScalar, [0xDFFF]), (.unicodeScalar, [0x11_0000]),
      (.unicodeScalar, [.max]),
    ]
    for (unit, symbols) in bad {
      let error = #expect(throws: TextError.self, "\(symbols)") {
        try Vocabulary(unit: unit, symbols: symbols)
      }
      guard case .invalidVocabulary = error else {
        Issue.record("\(symbols): \(String(describing: error))")
        continue
      }
    }
    #expect(Vocabulary.Unit(rawValue: "unicodeScalar") == .unicodeScalar, "model files hold this name")
    #expect(Vocabulary.Unit(rawValue: "byte") == .byte, "model files hold this name")
  }

  @Test("A token that is none traps", arguments: [-1, 3] as [Int32])
  func badToken(_ token: Int32) async {
    await #expect(processExitsWith: .failure) { [token] in
      _ = try Vocabulary(unit: .byte, symbols: [1, 2, 3]).decode([token])
    }
  }
}
