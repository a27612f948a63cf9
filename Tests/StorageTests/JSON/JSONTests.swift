import Storage
import TestSupport
import Testing

@Suite("JSON")
struct JSONTests {
  private func rewritten(_ text: String) throws -> String {
    String(decoding: try JSON(parsing: text).serialized(), as: UTF8.self)
  }

  @Test(
    "Valid texts are read, and written in one way",
    arguments: [
      ("null", "null"), (" true\t\r\n", "true"), ("false", "false"), ("0", "0"), ("-12", "-12"),
      ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
      ("2.0", "2.0"), ("2e0", "2.0"), ("-0", "-0.0"), ("1E+2", "100.0"), ("1.5e-7", "1.5e-07"),
      ("0.1", "0.1"),
      ("5e-324", "5e-324"), ("1e-400", "0.0"), ("\"\"", "\"\""), ("[]", "[]"), ("{}", "{}"), ("[ ]", "[]"),
      ("{ }", "{}"), ("[1, [2, {}], \"a\"]", "[1,[2,{}],\"a\"]"),
      ("{\"b\": 1, \"a\": 2}", "{\"b\":1,\"a\":2}"),
      (#""\"\\\/\b\f\n\r\t""#, #""\"\\/\u0008\u000c\n\r\t""#), (#""\u0041\u00e9\u65E5""#, "\"Aé日\""),
      (#""\ud83d\ude00""#, "\"😀\""), (#""\u0000\u001f\u007f""#, #""\u0000\u001f\u007f""#),
      ("\"é日😀\u{2028}\"", "\"é日😀\u{2028}\""),
      ("\"a\u{0}b\"".replacing("\u{0}", with: "\\u0000"), #""a\u0000b""#),
    ])
  func valid(text: String, expected: String) throws {
    let written = try rewritten(text)
    #expect(Array(written.utf8) == Array(expected.utf8))
    #expect(try rewritten(written) == written, "what was written does not read back")
  }

  /// Each with the offset of the first byte that cannot be right.
  @Test(
    "Invalid texts are refused where they go wrong",
    arguments: [
      ("", 0), (" ", 1), ("nul", 0), ("nulL", 0), ("True", 0), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1),
      ("'a'", 0), ("1 2", 2), ("{} x", 3), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1", 2), ("[", 1),
      ("]", 0),
      ("{\"a\":1,}", 7), ("{,}", 1), ("{a:1}", 1), ("{1:2}", 1), ("{\"a\" 1}", 5), ("{\"a\":}", 5),
      ("{\"a\"}", 4),
      ("{\"a\":1", 6), ("{\"a\":1]", 6), ("[1}", 2), ("01", 0), ("-01", 1), ("-", 1), ("+1", 0), (".5", 0),
      ("1.", 2), ("1.e1", 2), ("1e", 2), ("1e+", 3), ("0x1", 1), ("1_0", 1), ("9223372036854775808", 0),
      ("-9223372036854775809", 0), ("1e400", 0), ("[-1e400]", 1), ("\"a", 2), ("\"a\nb\"", 2), ("\"\t\"", 1),
      ("\"\\x\"", 1), ("\"\\", 2), ("\"\\u12", 5), ("\"\\u12G4\"", 5), (#""\ud800""#, 1), (#""\udc00""#, 1),
      (#""\ud800\u0041""#, 1), (#""\ud800x""#, 1), (#""\ud83d\n""#, 1), ("/* */ 1", 0), ("1 // x", 2),
      ("\u{FEFF}1", 0), ("\u{A0}1", 0), ("{\"a\":1,\"a\":2}", 7), (#"{"a":1,"\u0061":2}"#, 7),
      (#"[{"x":{"k":0,"k":0}}]"#, 13), ("1\u{0}\u{0}", 1),
    ])
  func invalid(text: String, offset: Int) {
    let error = #expect(throws: JSONError.self, "\(text)") { try JSON(parsing: text) }
    #expect(error?.offset == offset, "\(text): \(error?.description ?? "no error")")
  }

  @Test("Every text cut short is refused, but for a number that is still one")
  func truncated() throws {
    let text = Array(#"{"a":[1,-2.5e3,"\u00e9é\ud83d\ude00"],"b":{"c":null,"d":[true,false]}}"#.utf8)
    _ = try JSON(parsing: text)
    for length in 0..<text.count {
      #expect(throws: JSONError.self, "\(length) bytes") { try JSON(parsing: Array(text[..<length])) }
    }
  }

  @Test(
    "Bytes that are no UTF-8 are refused where they stand",
    arguments: [
      [0xFF], [0x80], [0xC0, 0x80], [0xE9, 0x20], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ] as [[UInt8]])
  func invalidUTF8(_ bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) {
      try JSON(parsing: Array("\"aé".utf8) + bytes + Array("\"".utf8))
    }
    #expect(error?.offset == 4)
    let escaped = #expect(throws: JSONError.self) {
      try JSON(parsing: Array("\"\\n".utf8) + bytes + Array("\"".utf8))
    }
    #expect(escaped?.offset == 3)
  }

  @Test("Keys are their bytes: two spellings of é are two keys")
  func keysByBytes() throws {
    let json = try JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(json["\u{E9}"]?.integer == 1)
    #expect(json["e\u{301}"]?.integer == 2)
    #expect(json["e"] == nil)
  }

  @Test("Values inside each other are read to the limit and no further")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try rewritten(nested(JSONReader.depthLimit)) == nested(JSONReader.depthLimit))
    let error = #expect(throws: JSONError.self) { try JSON(parsing: nested(JSONReader.depthLimit + 1)) }
    #expect(error?.offset == JSONReader.depthLimit)
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 1_000_000)) }
    // Side by side is not inside.
    _ = try JSON(parsing: "[" + [String](repeating: "[[]]", count: 1000).joined(separator: ",") + "]")
  }

  @Test("An integer is digits: no fraction, no exponent, no minus zero")
  func integers() throws {
    for text in ["2.0", "2e0", "-0", "0.0", "1E1"] {
      #expect(try JSON(parsing: text).integer == nil, "\(text)")
      #expect(throws: JSONError.self, "\(text)") {
        var reader = JSONReader(Array(text.utf8))
        _ = try reader.integer()
      }
    }
    var reader = JSONReader(Array(" -42".utf8))
    #expect(try reader.integer() == -42)
    #expect(try JSON(parsing: "3").number == 3)
    #expect(try JSON(parsing: "9007199254740993").number == nil, "no Double is that integer")
  }

  @Test("Doubles survive to the bit")
  func doubles() throws {
    var state: UInt64 = 1
    for _ in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Double(bitPattern: state)
      guard value.isFinite else { continue }
      guard case .number(let back) = try JSON(parsing: JSON.number(value).serialized()) else {
        Issue.record("\(value) came back as another kind")
        continue
      }
      #expect(back.bitPattern == value.bitPattern)
    }
  }

  @Test("Every scalar below U+0800, and some above, survives in a string")
  func strings() throws {
    let scalars =
      (0..<0x800).compactMap(Unicode.Scalar.init(_:)) + ["\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10FFFF}"]
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    let json = JSON.object([(text, .string(text))])
    let bytes = try json.serialized()
    #expect(!bytes.contains { $0 < 0x20 })
    let back = try JSON(parsing: bytes)
    #expect(back[text]?.string.map { Array($0.utf8) } == Array(text.utf8))
  }

  @Test("What JSON cannot say is not written")
  func notFinite() {
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(throws: JSONError.self) { try JSON.array([.number(value)]).serialized() }
    }
  }

  @Test("A long string of escapes takes time in proportion")
  func manyEscapes() throws {
    let text = "\"" + String(repeating: "\\n", count: 300_000) + "\""
    var count: Int?
    let seconds = try processorSeconds { count = try JSON(parsing: text).string?.utf8.count }
    #expect(count == 300_000)
    #expect(seconds < 10)
  }

  @Test("Damaged text never does worse than an error")
  func mutations() throws {
    let seed = Array(
      #"{"__metadata__":{"é":"\ud83d\ude00"},"w":{"shape":[1,-2.5e3,null,true],"o":[[],{}]}}"#.utf8)
    var state: UInt64 = 7
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let pieces: [[UInt8]] = ["\"", "\\", "{", "}", "[", "]", ":", ",", "\\u", "\\ud800", "-", "e", "."].map {
      Array($0.utf8)
    }
    for _ in 0..<20_000 {
      var text = seed
      for _ in 0...random(3) {
        let place = random(text.count)
        switch random(4) {
        case 0: text[place] = UInt8(random(256))
        case 1: text.remove(at: place)
        case 2: text.insert(contentsOf: pieces[random(pieces.count)], at: place)
        default: text.removeSubrange(place...)
        }
        if text.isEmpty { break }
      }
      guard let value = try? JSON(parsing: text) else { continue }
      let written = try value.serialized()
      #expect(try JSON(parsing: written).serialized() == written)
    }
  }
}
