import Testing

import Recurrent
import TestSupport

/// Characters that a vocabulary lacks, refused, skipped or replaced.
struct UnknownSymbolsTests {
  private func vocabulary(_ text: String, _ unit: Vocabulary.Unit = .unicodeScalar) throws -> Vocabulary {
    try Vocabulary(text: text, unit: unit)
  }

  private func text(_ encoded: Vocabulary.EncodedText, _ vocabulary: Vocabulary) -> String {
    vocabulary.decode(encoded.tokens)
  }

  @Test("Each policy does what it says, and counts")
  func policies() throws {
    let vocabulary = try vocabulary("abc ?")
    let prompt = "aé bé\u{1F600}c"
    #expect(throws: TextError.self) { try vocabulary.encode(prompt, unknown: .refuse) }
    let skipped = try vocabulary.encode(prompt, unknown: .skip)
    #expect(text(skipped, vocabulary) == "a bc")
    #expect(skipped.unknownCounts == [0xE9: 2, 0x1F600: 1])
    let replaced = try vocabulary.encode(prompt, unknown: .replace)
    #expect(text(replaced, vocabulary) == "a? b??c")
    #expect(replaced.unknownCounts == skipped.unknownCounts)
    for policy in Vocabulary.UnknownPolicy.allCases {
      let known = try vocabulary.encode("cab", unknown: policy)
      #expect(try known.tokens == vocabulary.encode("cab") && known.unknownCounts.isEmpty)
      #expect(try vocabulary.encode("", unknown: policy).tokens.isEmpty)
    }
    #expect(try vocabulary.encode("éé", unknown: .skip).tokens.isEmpty)
  }

  @Test(
    "What replaces is the best that the vocabulary has",
    arguments: [
      ("a\u{FFFD}? \n", 0xFFFD), ("a? \n\u{1A}", 0x1A), ("a? \n", 0x3F), ("ab \n", 0x20), ("ab\n", 0x0A), ("ba", 0x61),
    ] as [(String, UInt32)])
  func replacement(_ text: String, _ symbol: UInt32) throws {
    let vocabulary = try vocabulary(text)
    #expect(vocabulary.replacement == symbol)
    #expect(try vocabulary.encode("é", unknown: .replace).tokens == [try #require(vocabulary.token(of: symbol))])
    let bytes = try Vocabulary(unit: .byte, symbols: [0x3F, 0x61])
    #expect(try bytes.encode(bytes: [0xFF, 0x61], unknown: .replace).tokens == [0, 1])
  }

  @Test("A character of several scalars is unknown scalar by scalar")
  func sequences() throws {
    let vocabulary = try vocabulary("a\u{1F468}?")
    let family = "\u{1F468}\u{200D}\u{1F469}"
    #expect(try vocabulary.encode(family, unknown: .skip).unknownCounts == [0x200D: 1, 0x1F469: 1])
    #expect(try vocabulary.encode("e\u{301}", unknown: .skip).unknownCounts == [0x65: 1, 0x301: 1])
    #expect(try vocabulary.encode("\r\n", unknown: .skip).unknownCounts == [0x0D: 1, 0x0A: 1])
  }

  @Test("A corpus skips and replaces in files and memory; the refusal names file, line and column")
  func corpus() throws {
    let directory = try ScratchDirectory()
    let vocabulary = try vocabulary("abc\r\n?")
    let paths = [try directory.makeFile("1", "ab\n"), try directory.makeFile("2", "a\r\nb\rcb\nacxx")]
    let place = TextPlace(offset: 10, line: 4, column: 3)
    #expect(throws: TextError.unknownSymbol(0x78, unit: .unicodeScalar, at: place, file: paths[1])) {
      try Corpus(paths: paths, vocabulary: vocabulary)
    }
    let skipped = try Corpus(paths: paths, vocabulary: vocabulary, unknown: .skip)
    #expect(vocabulary.decode(skipped.training).unicodeScalars.elementsEqual("ab\na\r\nb\rcb\nac".unicodeScalars))
    #expect(skipped.unknownCounts == [0x78: 2])
    let replaced = try Corpus(text: "axxb", vocabulary: vocabulary, validationFraction: 0.5, unknown: .replace)
    #expect(vocabulary.decode(replaced.training) == "a?" && vocabulary.decode(replaced.validation) == "?b")
  }
}
