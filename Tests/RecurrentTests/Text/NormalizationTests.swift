import Foundation
import Testing

import Recurrent
import TestSupport

/// Texts in a normal form, which a vocabulary keeps and a model's file tells.
struct NormalizationTests {
  private static let text = "Cafe\u{301} \u{E9}te\u{301} \u{FB01}n \u{1E9B}\u{323} \u{1100}\u{1161}\u{11A8} \u{212B}\n"

  private func scalars(_ corpus: Corpus) -> [UInt32] {
    corpus.training.map { corpus.vocabulary.symbols[Int($0)] }
  }

  @Test("Without a form, spellings stay apart")
  func none() throws {
    let corpus = try Corpus(text: Self.text)
    #expect(scalars(corpus) == Self.text.unicodeScalars.map(\.value))
    #expect(corpus.vocabulary.normalization == .none)
  }

  @Test(
    "Each form is Unicode's",
    arguments: [
      (Vocabulary.Normalization.nfc, "Caf\u{E9} \u{E9}t\u{E9} \u{FB01}n \u{1E9B}\u{323} \u{AC01} \u{C5}\n"),
      (.nfd, "Cafe\u{301} e\u{301}te\u{301} \u{FB01}n \u{17F}\u{323}\u{307} \u{1100}\u{1161}\u{11A8} A\u{30A}\n"),
      (.nfkc, "Caf\u{E9} \u{E9}t\u{E9} fin \u{1E69} \u{AC01} \u{C5}\n"),
      (.nfkd, "Cafe\u{301} e\u{301}te\u{301} fin s\u{323}\u{307} \u{1100}\u{1161}\u{11A8} A\u{30A}\n"),
    ])
  func forms(_ form: Vocabulary.Normalization, _ expected: String) throws {
    let corpus = try Corpus(text: Self.text, normalization: form)
    #expect(scalars(corpus) == expected.unicodeScalars.map(\.value))
    // A prompt is brought into the same form.
    #expect(try corpus.vocabulary.encode(Self.text) == corpus.training)
    #expect(try Corpus(text: Self.text, vocabulary: corpus.vocabulary).training == corpus.training)
    #expect(try Corpus(text: expected, normalization: form).digest == corpus.digest)
  }

  @Test("A long text is brought into its form as a short one, wherever it is cut")
  func pieces() throws {
    // Without any ASCII for a while, and with marks at every distance from the cuts.
    for (filler, composed) in [
      ("x", "x"), ("\u{4E00}", "\u{4E00}"), ("e\u{301}", "\u{E9}"), ("\u{1100}\u{1161}", "\u{AC00}"),
    ] {
      func text(_ filler: String, _ middle: String, _ end: String) -> String {
        String(repeating: filler, count: 66_000) + middle + String(repeating: end, count: 40_000)
      }
      let corpus = try Corpus(text: text(filler, "e\u{301}\u{323}\n", "o\u{308} "), normalization: .nfc)
      let expected = text(composed, "\u{1EB9}\u{301}\n", "\u{F6} ")
      #expect(scalars(corpus).elementsEqual(expected.unicodeScalars.map(\.value)))
    }
  }

  @Test(
    "Sequences at which Foundation fails, by Python's unicodedata",
    arguments: [
      ([0xAC00, 0x11A8], [0xAC01], [0xAC01]), ([0x1100, 0x1161, 0x11A8], [0xAC01], [0xAC01]),
      ([0xAC01, 0x11A8], [0xAC01, 0x11A8], [0xAC01, 0x11A8]),
      ([0x61, 0x328, 0xF73], [0x105, 0xF71, 0xF72], [0x105, 0xF71, 0xF72]),
      ([0x1C4, 0x323, 0x307], nil, [0x44, 0x1E92, 0x30C, 0x307]), ([0xFF76, 0xFF9E], [0xFF76, 0xFF9E], [0x30AC]),
      ([0x385, 0x323], nil, [0x20, 0x323, 0x308, 0x301]), ([0x9C7, 0x9BE], [0x9CB], [0x9CB]),
      ([0xCCB], [0xCCB], [0xCCB]), ([0xCC6, 0xCC2, 0xCD5], [0xCCB], [0xCCB]),
      ([0x958], [0x915, 0x93C], [0x915, 0x93C]), ([0x301, 0x61], [0x301, 0x61], [0x301, 0x61]),
      ([0x6F, 0x309, 0x31B], [0x1EDF], [0x1EDF]), ([0x1D15F], [0x1D158, 0x1D165], [0x1D158, 0x1D165]),
    ] as [([UInt32], [UInt32]?, [UInt32]?)])
  func sequences(_ scalars: [UInt32], _ nfc: [UInt32]?, _ nfkc: [UInt32]?) throws {
    for (form, expected) in [(Vocabulary.Normalization.nfc, nfc), (.nfkc, nfkc)] {
      guard let expected else { continue }
      #expect(try self.scalars(of: scalars, form) == expected)
    }
  }

  @Test("A form is equivalent to its text, one for all spellings, and its own form")
  func properties() throws {
    // Letters, marks of all classes, Hangul, and what decomposes in several ways; but for U+0F73 and its like, which the
    // standard library orders otherwise.
    let choice: [UInt32] = [
      0x61, 0x65, 0x6F, 0xE9, 0x1E69, 0x17F, 0x212B, 0x300, 0x301, 0x307, 0x323, 0x327, 0x328, 0x345, 0x31B, 0x5AE,
      0x1DCE,
      0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0x3B1, 0x1F00, 0x915, 0x93C, 0xF71, 0xF72, 0x30AB, 0x3099,
    ]
    var state: UInt64 = 1
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    for _ in 0..<400 {
      let drawn = (0..<1 + draw(8)).map { _ in choice[draw(choice.count)] }
      let composed = try scalars(of: drawn, .nfc)
      let decomposed = try scalars(of: drawn, .nfd)
      // Strings of the standard library are equal where they are canonically equivalent.
      #expect(text(composed) == text(drawn) && text(decomposed) == text(drawn), "\(drawn)")
      #expect(try scalars(of: composed, .nfd) == decomposed && scalars(of: decomposed, .nfc) == composed, "\(drawn)")
      #expect(try scalars(of: composed, .nfc) == composed && scalars(of: decomposed, .nfd) == decomposed, "\(drawn)")
      #expect(composed.count <= decomposed.count)
    }
  }

  /// The form of a text of its own.
  private func scalars(of scalars: [UInt32], _ form: Vocabulary.Normalization) throws -> [UInt32] {
    // A corpus needs two characters; an ASCII one at the end joins nothing.
    Array(self.scalars(try Corpus(text: text(scalars + [0x0A, 0x0D]), normalization: form)).dropLast(2))
  }

  private func text(_ scalars: [UInt32]) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars.compactMap { Unicode.Scalar($0) })
    return String(text)
  }

  @Test("Files are normalized each by itself, after the mark at their start")
  func files() throws {
    let directory = try ScratchDirectory()
    let paths = [
      try directory.makeFile("a", "\u{FEFF}ae"), try directory.makeFile("b", "\u{301}b"),
      try directory.makeFile("c", "e\u{301}\u{FEFF}"),
    ]
    let corpus = try Corpus(paths: paths, normalization: .nfc)
    #expect(scalars(corpus) == [0x61, 0x65, 0x301, 0x62, 0xE9, 0xFEFF])
    #expect(corpus.hadMark)
    // As earlier versions read files, whose trainings go on.
    let earlier = try Corpus(
      paths: [paths[0]], fileExtension: nil, unit: .unicodeScalar, vocabulary: nil, validationFraction: 0,
      keepsMarks: true)
    #expect(try earlier.digest == Corpus(text: "\u{FEFF}ae").digest && earlier.hadMark)
    #expect(try Corpus(paths: [paths[0]], unit: .byte).training.count == 5, "bytes are taken as they are")
  }

  @Test("The form stands in the file of a model, and nothing where there is none")
  func modelFile() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("m")
    func model(_ form: Vocabulary.Normalization) throws -> Model<Float> {
      let corpus = try Corpus(text: "e\u{301}ab", normalization: form)
      return try Model<Float>(
        ModelConfiguration(
          cell: .gru, input: .oneHot(vocabularySize: corpus.vocabulary.count), hiddenSize: 4,
          outputSize: corpus.vocabulary.count), seed: 1, vocabulary: corpus.vocabulary)
    }
    for form in Vocabulary.Normalization.allCases {
      try model(form).save(to: path)
      let read = try #require(try Model<Float>(contentsOf: path).vocabulary)
      #expect(read.normalization == form)
      let contents = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect((contents.range(of: Data("normalization".utf8)) == nil) == (form == .none))
    }
    try model(.nfc).save(to: path)
    #expect(throws: TextError.self) { try Vocabulary(unit: .byte, symbols: [1, 2], normalization: .nfc) }
    var other = try #require(try Model<Float>(contentsOf: path).vocabulary)
    #expect(other != (try Vocabulary(unit: .unicodeScalar, symbols: other.symbols)))
    other = other.union(try Vocabulary(unit: .unicodeScalar, symbols: [0x7A]))
    #expect(other.normalization == .nfc)
  }

  @Test("Bytes have no form")
  func bytes() async {
    await #expect(processExitsWith: .failure) { _ = try Corpus(text: "abc", unit: .byte, normalization: .nfc) }
  }
}
