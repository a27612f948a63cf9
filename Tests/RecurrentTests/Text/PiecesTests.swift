import Foundation
import Recurrent
import Storage
import Testing

@Suite("Pieces of a vocabulary")
struct PiecesTests {
  /// Letters of several scripts, digits, marks, white space of several kinds, short forms.
  private static func text(_ seed: UInt64, length: Int) -> String {
    let parts = [
      "a", "b", "c", "ab", "the", " ", " ", "  ", "\n", "\t", "'s", "'ll", "'", "1", "23", "!", "…", "é", "e\u{301}",
      "日本",
      "б", "\u{A0}", "😀", "\r\n", "'re", "'x", "²", "x\u{3000}y",
    ]
    var generator = SeededGenerator(seed: seed)
    return (0..<length).map { _ in parts[Int(generator.uniform() * Double(parts.count))] }.joined()
  }

  /// Byte-pair encoding as it is told: all pairs are counted again before each merge.
  private struct Naive {
    var merges: [(String, String)] = []

    static func words(_ text: String) throws -> [String] {
      let pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
      let expression = try NSRegularExpression(pattern: pattern)
      let range = NSRange(location: 0, length: text.utf16.count)
      return expression.matches(in: text, range: range).map { (text as NSString).substring(with: $0.range) }
    }

    init(_ text: String, count: Int) throws {
      var words = try Self.words(text).map { $0.unicodeScalars.map { String($0) } }
      var known = Set<[UInt32]>()
      func scalars(_ part: String) -> [UInt32] { part.unicodeScalars.map(\.value) }
      while known.count < count {
        var counts: [[[UInt32]]: Int] = [:]
        for word in words {
          for (left, right) in zip(word, word.dropFirst()) { counts[[scalars(left), scalars(right)], default: 0] += 1 }
        }
        let best = counts.filter { $0.value > 1 }.min { a, b in
          if a.value != b.value { return a.value > b.value }
          return a.key[0] != b.key[0]
            ? a.key[0].lexicographicallyPrecedes(b.key[0]) : a.key[1].lexicographicallyPrecedes(b.key[1])
        }
        guard let best else { break }
        let pair = best.key.map { part in
          String(String.UnicodeScalarView(part.compactMap { Unicode.Scalar($0) }))
        }
        merges.append((pair[0], pair[1]))
        known.insert(best.key[0] + best.key[1])
        words = words.map { Self.merged($0, merges[merges.count - 1]) }
      }
    }

    private static func isSame(_ a: String, _ b: String) -> Bool { a.unicodeScalars.elementsEqual(b.unicodeScalars) }

    static func merged(_ word: [String], _ pair: (String, String)) -> [String] {
      var (result, index): ([String], Int) = ([], 0)
      while index < word.count {
        if index + 1 < word.count, isSame(word[index], pair.0), isSame(word[index + 1], pair.1) {
          result.append(pair.0 + pair.1)
          index += 2
        } else {
          result.append(word[index])
          index += 1
        }
      }
      return result
    }

    /// All merges in their order, on every word.
    func encode(_ text: String) throws -> [String] {
      try Self.words(text).flatMap { word in
        merges.reduce(word.unicodeScalars.map { String($0) }) { Self.merged($0, $1) }
      }
    }
  }

  private func learnt(
    _ text: String, _ kind: Vocabulary.Pieces.Kind = .subword, count: Int, unit: Vocabulary.Unit = .unicodeScalar
  ) throws -> Vocabulary {
    let corpus = try Corpus(text: text, unit: unit)
    return corpus.vocabulary.learningPieces(kind, from: corpus.training, count: corpus.vocabulary.count + count)
  }

  private func pieces(_ vocabulary: Vocabulary, _ text: String) throws -> [[UInt32]] {
    try vocabulary.encode(text).map { vocabulary.symbols(of: $0) }
  }

  @Test("Learnt and applied as told, on any text", arguments: 1...12)
  func subwords(seed: Int) throws {
    let text = Self.text(UInt64(seed), length: 400)
    let naive = try Naive(text, count: 60)
    let vocabulary = try learnt(text, count: 60)
    // In order.
    let parts = try #require(vocabulary.pieces).parts.map { $0.map { vocabulary.symbols(of: $0) } }
    #expect(parts == naive.merges.map { [Array($0.0.unicodeScalars.map(\.value)), $0.1.unicodeScalars.map(\.value)] })
    for text in [text, Self.text(UInt64(seed + 100), length: 300)] {
      let known = String(
        String.UnicodeScalarView(text.unicodeScalars.filter { vocabulary.token(of: $0.value) != nil }))
      #expect(try pieces(vocabulary, known) == naive.encode(known).map { $0.unicodeScalars.map(\.value) })
    }
  }

  @Test(
    "A text comes out as it went in, characters and bytes, words and subwords",
    arguments: Vocabulary.Pieces.Kind.allCases)
  func roundTrip(kind: Vocabulary.Pieces.Kind) throws {
    for unit in Vocabulary.Unit.allCases {
      for seed in 1...5 {
        let text = Self.text(UInt64(seed), length: 500)
        let vocabulary = try learnt(text, kind, count: 80, unit: unit)
        let tokens = try vocabulary.encode(text)
        #expect(Array(vocabulary.decode(tokens).utf8) == Array(text.utf8))
        #expect(tokens.contains { Int($0) >= vocabulary.symbols.count })
        #expect(vocabulary.symbolCount(of: tokens) == (unit == .byte ? text.utf8.count : text.unicodeScalars.count))
      }
    }
    // Bytes that are no text.
    let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 / 7) }
    let all = try Vocabulary(unit: .byte, symbols: Array(0...255))
    let vocabulary = all.learningPieces(kind, from: bytes.map { Int32($0) }, count: 300)
    var back: [UInt8] = []
    for token in try vocabulary.encode(bytes: bytes) { vocabulary.appendUTF8(of: token, to: &back) }
    #expect(back == bytes)
  }

  @Test("Of bytes the words are cut as of characters")
  func bytes() throws {
    let text = Self.text(7, length: 600)
    let all = try Vocabulary(unit: .byte, symbols: Array(0...255))
    let tokens = try all.encode(text)
    let vocabulary = all.learningPieces(.word, from: tokens, count: 100_000)
    let words = try Naive.words(text).filter { $0.utf8.count > 1 }
    let twice = Dictionary(grouping: words) { Array($0.utf8) }.filter { $0.value.count > 1 }.keys
    let learnt = (256..<vocabulary.count).map { vocabulary.symbols(of: Int32($0)).map { UInt8($0) } }
    #expect(Set(learnt) == Set(twice))
  }

  @Test("Words: the most frequent, then the lesser; others stay spelled")
  func words() throws {
    let vocabulary = try learnt("b the the the of of ab ab xyz", .word, count: 2)
    #expect(
      try pieces(vocabulary, "b the ab of xy") == [
        [0x62], Array(" the".unicodeScalars.map(\.value)), Array(" ab".unicodeScalars.map(\.value)), [0x20], [0x6F],
        [0x66],
        [0x20], [0x78], [0x79],
      ])
  }

  @Test("A long run without a cut is cut, and as soon done")
  func long() throws {
    let text = String(repeating: "ab", count: 50_000) + " " + String(repeating: " ", count: 20_000) + "x"
    let vocabulary = try learnt(text, count: 40)
    let tokens = try vocabulary.encode(text)
    #expect(Array(vocabulary.decode(tokens).utf8) == Array(text.utf8))
    #expect(tokens.count < 3000)
    #expect((0..<vocabulary.count).allSatisfy { vocabulary.symbols(of: Int32($0)).count <= Vocabulary.Pieces.longest })
  }

  @Test("Long runs of characters of several bytes are cut between them", arguments: ["\u{3000}", "😀", "日", "²"])
  func longOfBytes(character: String) throws {
    for count in 168...174 {
      let text = String(repeating: "a" + String(repeating: character, count: 3 * count) + " b\n", count: 2)
      let vocabulary = try learnt(text, .word, count: 20, unit: .byte)
      let tokens = try vocabulary.encode(text)
      #expect(Array(vocabulary.decode(tokens).utf8) == Array(text.utf8))
    }
  }

  @Test("A corpus is cut at the same character, with the same digest")
  func corpus() throws {
    let text = Self.text(3, length: 1000)
    let plain = try Corpus(text: text, validationFraction: 0.25)
    let vocabulary = plain.vocabulary.learningPieces(.subword, from: plain.training, count: plain.vocabulary.count + 50)
    let corpus = plain.encoded(by: vocabulary)
    #expect(corpus.digest == plain.digest)
    #expect(vocabulary.decode(corpus.training) == plain.vocabulary.decode(plain.training))
    #expect(vocabulary.decode(corpus.validation) == plain.vocabulary.decode(plain.validation))
    let again = try Corpus(text: text, vocabulary: vocabulary, validationFraction: 0.25)
    #expect(again.training == corpus.training && again.validation == corpus.validation)
  }

  @Test("A model keeps them, and hands its weights to a vocabulary with more characters")
  func model() throws {
    let vocabulary = try learnt(Self.text(5, length: 400), count: 30)
    let configuration = ModelConfiguration(
      cell: .gru, input: .embedding(vocabularySize: vocabulary.count, size: 3), hiddenSize: 4,
      outputSize: vocabulary.count)
    let model = try Model<Float>(configuration, seed: 1, vocabulary: vocabulary)
    let file = FileManager.default.temporaryDirectory.appending(path: "pieces-\(UInt64.random(in: 0 ... .max))").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    try model.save(to: file)
    let loaded = try Model<Float>(contentsOf: file)
    #expect(loaded.vocabulary == vocabulary)

    let more = try Corpus(text: "ÄÖÜ \(Self.text(6, length: 400))").vocabulary.union(vocabulary)
    #expect(more.pieces?.count == vocabulary.pieces?.count)
    let (adapted, added) = try model.adapted(to: more, seed: 2)
    #expect(added == more.count - vocabulary.count)
    let (old, new) = (model[parameter: "embedding.weight"], adapted[parameter: "embedding.weight"])
    for token in 0..<vocabulary.count {
      let symbols = vocabulary.symbols(of: Int32(token))
      let place = try #require((0..<more.count).first { more.symbols(of: Int32($0)) == symbols })
      #expect(Array(old[3 * token..<3 * token + 3]) == Array(new[3 * place..<3 * place + 3]))
    }
  }

  @Test(
    "What cannot be pieces is refused",
    arguments: [
      (.subword, [[0, 1, 2]], "piece 0 has 3 parts"),
      (.subword, [[0, 3]], "piece 0 is made of token 3, expected 0..<3"),
      (.subword, [[0, 1], [3, 4]], "piece 1 is made of token 4, expected 0..<4"),
      (.subword, [[0, 1], [0, 1]], "piece 1 has the parts of another"), (.word, [[1]], "piece 0 has 1 parts"),
      (.word, [[0, 1], [0, 3]], "piece 1 is made of token 3, expected 0..<3"),
      (.subword, [[0, -1]], "piece 0 is made of token -1, expected 0..<3"),
      (.subword, [[0, 0]] + (0..<9).map { [Int32(3 + $0), Int32(3 + $0)] }, "piece 9 is longer than 512 symbols"),
    ] as [(Vocabulary.Pieces.Kind, [[Int32]], String)])
  func faults(kind: Vocabulary.Pieces.Kind, parts: [[Int32]], reason: String) {
    #expect(throws: TextError.invalidVocabulary(reason: reason)) {
      try Vocabulary.Pieces(kind, parts: parts, symbolCount: 3)
    }
  }

  @Test("Pairs that give the same piece are one token")
  func same() throws {
    let pieces = try Vocabulary.Pieces(.subword, parts: [[0, 1], [1, 2], [0, 4], [3, 2], [5, 5]], symbolCount: 3)
    #expect(pieces.count == 4)
    let vocabulary = try Vocabulary(unit: .unicodeScalar, symbols: [0x61, 0x62, 0x63], pieces: pieces)
    #expect(vocabulary.count == 7)
    #expect(try vocabulary.encode("abcabc") == [6])
    #expect(try vocabulary.encode("abbc") == [3, 4])
  }
}
