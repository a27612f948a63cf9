import Testing

import Recurrent

@Suite("Units of text")
struct TextTokenizerTests {
  @Test("Characters: the frequent first, of equals in the order of scalars; the rest is unknown")
  func characters() {
    let tokenizer = TextTokenizer(fitting: ["banana", "cab"])
    #expect(tokenizer.units == ["a", "b", "n", "c"] && tokenizer.count == 5)
    #expect(tokenizer.encode("nab") == [3, 1, 2])
    #expect(tokenizer.encode("xa!") == [TextTokenizer.unknown, 1, 0])
    #expect(tokenizer.piece(of: 3) == "n" && tokenizer.piece(of: 0) == nil)
    #expect(tokenizer.encode("") == [])
    let often = TextTokenizer(fitting: ["banana", "cab"], minimumCount: 2)
    #expect(often.units == ["a", "b", "n"] && often.encode("c") == [0])
    let few = TextTokenizer(fitting: ["banana", "cab"], vocabularySize: 1)
    #expect(few.units == ["a"] && few.encode("nan") == [0, 1, 0])
  }

  @Test("Texts are brought into the form and into lower case before they are cut")
  func normalization() {
    let composed = TextTokenizer(fitting: ["e\u{301}"])
    #expect(composed.units == ["\u{E9}"] && composed.encode("\u{E9}") == [1] && composed.encode("e\u{301}") == [1])
    let asIs = TextTokenizer(fitting: ["e\u{301}"], form: TextForm())
    #expect(asIs.encode("\u{E9}") == [0] && asIs.encode("e\u{301}").count == 2)
    let lower = TextTokenizer(fitting: ["stra\u{DF}e"], form: TextForm(isLowercased: true, normalization: .nfc))
    #expect(lower.encode("STRA\u{DF}E") == lower.encode("stra\u{DF}e"))
    // What the form makes of a compatibility character is brought into lower case, too: U+210C is a black-letter H.
    let wide = TextTokenizer(fitting: ["h"], form: TextForm(isLowercased: true, normalization: .nfkc))
    #expect(wide.encode("\u{210C}") == [1])
    // Angstrom is A with a ring; both are equal as Swift compares strings, and one in NFC.
    #expect(TextTokenizer(fitting: ["\u{C5}"]).encode("\u{212B}") == [1])
    #expect(TextTokenizer(fitting: ["\u{C5}"], form: TextForm()).encode("\u{212B}") == [0])
  }

  @Test("Bytes are all known")
  func bytes() {
    let tokenizer = TextTokenizer(fitting: ["a"], unit: .byte)
    #expect(tokenizer.count == 256 && tokenizer.encode("a\u{E9}") == [0x61, 0xC3, 0xA9])
    #expect(tokenizer.piece(of: 0x61) == "a" && tokenizer.pieces(of: "\u{E9}") == ["\u{C3}", "\u{A9}"])
  }

  @Test("Words: those beyond the size of the vocabulary are unknown")
  func words() {
    let tokenizer = TextTokenizer(
      fitting: ["The cat, the dog.", "The end"], unit: .word, form: TextForm(isLowercased: true, normalization: .nfc),
      vocabularySize: 2)
    #expect(tokenizer.units == ["the", ","])
    #expect(tokenizer.encode("THE bird, the cat") == [1, 0, 2, 1, 0])
    #expect(tokenizer.encode(" \n ") == [])
  }

  @Test("What stands between spaces: the frequent first; and the text of tokens")
  func spaced() {
    let tokenizer = TextTokenizer(fitting: ["b a. b", "c  b\u{A0}a."], unit: .spaced, form: TextForm())
    #expect(tokenizer.units == ["b", "a.", "c"] && tokenizer.count == 4)
    #expect(tokenizer.encode("c a. x b") == [3, 2, 0, 1])
    #expect(tokenizer.decode([1, 0, 3]) == "b <unk> c")
    let limited = TextTokenizer(fitting: ["b a b", "c b a"], unit: .spaced, vocabularySize: 2)
    #expect(limited.units == ["b", "a"] && limited.encode("c") == [0])
  }

  @Test("Characters are scalars, and forms of a letter differ where they are left alone")
  func formsOfLetters() {
    let tokenizer = TextTokenizer(fitting: ["e\u{301}\u{E9}", "\u{E9}"], form: TextForm())
    #expect(tokenizer.units.map { $0.unicodeScalars.map(\.value) } == [[0xE9], [0x65], [0x301]])
    #expect(tokenizer.decode(tokenizer.encode("\u{E9}e")).unicodeScalars.map(\.value) == [0xE9, 0x65])
    #expect(TextForm().apply("E\u{301}").unicodeScalars.count == 2)
    let form = TextForm(isLowercased: true, normalization: .nfc)
    #expect(form.apply("E\u{301}t\u{C9} X").unicodeScalars.map(\.value) == [0xE9, 0x74, 0xE9, 0x20, 0x78])
  }

  @Test("Subwords: bytes and what comes often; any text is known and comes out as it went in")
  func subwords() throws {
    let texts = ["the cat", "the dog", "other cats"]
    let tokenizer = TextTokenizer(fitting: texts, unit: .subword, form: TextForm(), vocabularySize: 261)
    #expect(tokenizer.count == 261 && tokenizer.unit.knowsAll && tokenizer.units.isEmpty)
    for text in texts + ["naïve 日本 \u{1F44D}", " a\tb ", ""] {
      #expect(tokenizer.decode(tokenizer.encode(text)) == text)
      #expect(tokenizer.pieces(of: text).count == tokenizer.encode(text).count)
    }
    #expect(tokenizer.pieces(of: "the cat") == ["the", " cat"])
    // No piece reaches from one text into the next, and what comes once is none.
    #expect(!tokenizer.pieces(of: "cat\nthe").contains { $0.contains("\n") && $0.count > 1 })
    #expect(TextTokenizer(fitting: ["ab", "cd"], unit: .subword).count == 256)
    let kept = try TextTokenizer(annotationText: tokenizer.annotationText, file: "f")
    #expect(kept == tokenizer && kept.encode("the cats") == tokenizer.encode("the cats"))
    for text in [
      "{\"unit\":\"subword\",\"normalization\":\"none\",\"lower_case\":false}",
      "{\"unit\":\"subword\",\"normalization\":\"none\",\"lower_case\":false,\"merges\":[[1,256]]}",
      "{\"unit\":\"subword\",\"normalization\":\"none\",\"lower_case\":false,\"merges\":[[1]]}",
      "{\"unit\":\"subword\",\"normalization\":\"none\",\"lower_case\":false,\"merges\":[\"a\"]}",
    ] {
      #expect(throws: CheckpointError.self) { try TextTokenizer(annotationText: text, file: "f") }
    }
  }

  /// The rules of UAX #29, and its own examples among them.
  static let texts = [
    "The quick (\"brown\") fox can't jump 32.3 feet, right?", "e\u{301}a na\u{EF}ve A_b 3,4 x:y a.b.c don\u{2019}t",
    "\u{65E5}\u{672C}\u{8A9E} \u{30AB}\u{30BF}\u{30AB}\u{30CA} \u{3072}\u{3089}\u{304C}\u{306A} ok",
    "\u{1F1E9}\u{1F1EA}\u{1F1EB}\u{1F1F7}\u{1F1EE}\u{1F1F9} \u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467} a\u{1F44D}\u{1F3FD}b",
    "U.S.A. 1.2.3, a..b 3.a a.3 1,a", "\u{E2A}\u{E27}\u{E31}\u{E2A}\u{E14}\u{E35} hello",
    "'quoted' l'eau c'est-\u{E0}-dire",
    "__init__ x_1 a' 'b \u{201E}so\u{201C} \u{AB}non\u{BB}",
    "\u{41F}\u{440}\u{438}\u{432}\u{435}\u{442}, \u{43C}\u{438}\u{440}!",
    "\u{627}\u{644}\u{639}\u{631}\u{628}\u{64A}\u{629} \u{660}\u{661}", "a\u{AD}b a\u{200D}b 5\u{202F}000 100\u{A0}%",
    "",
    "  two  spaces\tand\r\nlines ", "#tag @name https://example.org/a?b=c 12:30 \u{20AC}5",
  ]

  @Test("Words are those of the standard library's word boundaries", arguments: texts)
  func boundaries(text: String) throws {
    let boundary = try Regex("\\b").wordBoundaryKind(.default)
    let expected = text.split(separator: boundary).map(String.init).filter { word in
      !word.allSatisfy { $0.isWhitespace }
    }
    #expect(TextTokenizer.words(of: text) == expected)
  }

  @Test("Words of random strings are those of the standard library's word boundaries")
  func randomBoundaries() throws {
    let boundary = try Regex("\\b").wordBoundaryKind(.default)
    let alphabet = Array(
      "aB1 ,.':;_-\u{301}\u{E9}\u{2019}\u{4E00}\u{30AB}\u{3042}\u{434}\u{1F600}\u{1F1E9}\u{200D}9\u{660}".unicodeScalars
    )
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<2000 {
      var scalars = String.UnicodeScalarView()
      for _ in 0..<1 + Int(generator.uniform() * 10) {
        let next = alphabet.randomElement(using: &generator)!
        // A mark after a space is a word of its own here, as the space is none.
        if next.properties.generalCategory == .nonspacingMark || next.value == 0x200D,
          scalars.last == " " || scalars.isEmpty
        {
          continue
        }
        scalars.append(next)
      }
      let text = String(scalars)
      let expected = text.split(separator: boundary).map(String.init).filter { word in
        !word.allSatisfy { $0.isWhitespace }
      }
      let found = TextTokenizer.words(of: text)
      #expect(found.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(text.unicodeScalars.map(\.value))")
    }
  }

  @Test("A model's file keeps its tokenizer")
  func kept() throws {
    let tokenizer = TextTokenizer(
      fitting: ["One two", "three, \"four\""], unit: .word, form: TextForm(isLowercased: true, normalization: .nfkc))
    #expect(try TextTokenizer(annotationText: tokenizer.annotationText, file: "f") == tokenizer)
    var model = try Model<Float>(
      ModelConfiguration(
        cell: GRUCell.gru, input: .embedding(vocabularySize: tokenizer.count, size: 2), hiddenSize: 2, outputSize: 2,
        head: .lastStep), seed: 1)
    #expect(try model.tokenizer() == nil)
    model.setTokenizer(tokenizer)
    #expect(try model.tokenizer() == tokenizer)
    for text in [
      "{}", "[]", "{\"unit\":\"word\",\"normalization\":\"nfc\",\"lower_case\":true,\"units\":[\"a\",\"a\"]}",
      "{\"unit\":\"line\",\"normalization\":\"nfc\",\"lower_case\":true,\"units\":[]}",
      "{\"unit\":\"byte\",\"normalization\":\"nfc\",\"lower_case\":true,\"units\":[]}",
      "{\"unit\":\"word\",\"normalization\":\"nfc\",\"lower_case\":true,\"units\":[\"\"]}",
      "{\"unit\":\"word\",\"normalization\":\"nfc\",\"lower_case\":true,\"units\":[1]}",
    ] {
      #expect(throws: CheckpointError.self) { try TextTokenizer(annotationText: text, file: "f") }
    }
    // Of another size than the model.
    model.annotations[TextTokenizer.annotation] = TextTokenizer(units: ["a"], unit: .character).annotationText
    #expect(throws: CheckpointError.self) { try model.tokenizer() }
  }
}
