import Foundation
import Testing

import Recurrent
import TestSupport

@Suite("Corpus")
struct CorpusTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  @Test("The vocabulary is that of the whole text, the validation part its end")
  func split() throws {
    let corpus = try Corpus(text: "aaaaaaaabz", validationFraction: 0.25)
    #expect(corpus.vocabulary.symbols == [0x61, 0x62, 0x7A])
    #expect(corpus.training == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(corpus.validation == [1, 2])
    let whole = try Corpus(text: "ab")
    #expect(whole.training == [0, 1])
    #expect(whole.validation == [])
    let most = try Corpus(text: "abc", validationFraction: 0.999)
    #expect(most.training.count == 1)
  }

  @Test("Files are put one after the other, with nothing between")
  func files() throws {
    let paths = [
      try directory.makeFile("b", "xy"), try directory.makeFile("a", "z\r\n"),
      try directory.makeFile("c", ""),
    ]
    let corpus = try Corpus(paths: paths)
    #expect(corpus.vocabulary.decode(corpus.training) == "xyz\r\n")
    let sorted = try Corpus(paths: [directory.path])
    #expect(sorted.vocabulary.decode(sorted.training) == "z\r\nxy")
    #expect(sorted.vocabulary == corpus.vocabulary)
  }

  @Test("Any file can be read as bytes")
  func bytes() throws {
    let content = (0..<512).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let corpus = try Corpus(paths: [directory.makeFile("data", content)], unit: .byte)
    #expect(corpus.vocabulary.count == 256)
    #expect(corpus.training == content.map { Int32($0) })
  }

  @Test("A given vocabulary is used, with its unit")
  func givenVocabulary() throws {
    let vocabulary = try Corpus(text: "abc").vocabulary
    let corpus = try Corpus(text: "cc", unit: .byte, vocabulary: vocabulary)
    #expect(corpus.vocabulary == vocabulary)
    #expect(corpus.training == [2, 2])
    let paths = [try directory.makeFile("1", "abc"), try directory.makeFile("2", "ab\u{E9}")]
    #expect(
      throws:
        TextError.unknownSymbol(
          0xE9, unit: .unicodeScalar, at: TextPlace(offset: 2, line: 1, column: 3), file: paths[1])
    ) {
      try Corpus(paths: paths, vocabulary: vocabulary)
    }
    #expect(
      throws:
        TextError.unknownSymbol(0x64, unit: .unicodeScalar, at: TextPlace(offset: 0, line: 1, column: 1), file: nil)
    ) {
      try Corpus(text: "d", vocabulary: vocabulary)
    }
  }

  @Test("Texts that cannot be learnt from")
  func unusable() throws {
    let empty = try directory.makeFile("empty", "")
    #expect(throws: TextError.empty(source: empty)) { try Corpus(paths: [empty]) }
    #expect(throws: TextError.empty(source: "the text")) { try Corpus(text: "") }
    #expect(throws: TextError.empty(source: "0 paths")) { try Corpus(paths: []) }
    #expect(throws: TextError.singleSymbol(0x61, unit: .unicodeScalar)) { try Corpus(text: "aaaa") }
    #expect(throws: TextError.singleSymbol(0x0A, unit: .byte)) { try Corpus(text: "\n\n", unit: .byte) }
  }

  @Test("A byte that is no UTF-8 is found in its file")
  func invalidUTF8() throws {
    let good = try directory.makeFile("good", "héé")
    let bad = try directory.makeFile("bad", Array("caf".utf8) + [0xE9] + Array(" au lait".utf8))
    let error = #expect(throws: TextError.self) { try Corpus(paths: [good, bad]) }
    guard case .notUTF8(bad, TextPlace(offset: 3, line: 1, column: 4), _) = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect("\(error!)".contains("byte 0xE9 at offset 3"))
    #expect("\(error!)".contains("iconv -f WINDOWS-1252 -t UTF-8"), "the advice is missing")
    // Half a character at the end of one file is not made whole by the next.
    let first = try directory.makeFile("first", Array("é".utf8.prefix(1)))
    let second = try directory.makeFile("second", Array("é".utf8.suffix(1)))
    let half = #expect(throws: TextError.self) { try Corpus(paths: [first, second]) }
    guard case .notUTF8(first, TextPlace(offset: 0, line: 1, column: 1), _) = try #require(half) else {
      Issue.record("\(String(describing: half))")
      return
    }
    #expect(try Corpus(paths: [first, second], unit: .byte).training == [1, 0])
  }

  @Test("Files that cannot be read")
  func unreadable() throws {
    let missing = directory.file("no")
    #expect(throws: TextError.missing(path: missing)) { try Corpus(paths: [missing]) }
    #expect(throws: TextError.missing(path: "\"\"")) { try Corpus(paths: [""]) }
    let error = #expect(throws: TextError.self) { try Corpus(paths: ["/dev/zero"]) }
    guard case .unreadable("/dev/zero", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("A fraction outside 0..<1 traps", arguments: [-0.1, 1])
  func badFraction(_ fraction: Double) async {
    await #expect(processExitsWith: .failure) { [fraction] in
      _ = try Corpus(text: "abc", validationFraction: fraction)
    }
  }

  @Test("Messages are one line, whatever is in the names")
  func messages() {
    let hostile = "a\nb\u{1B}[2J"
    let errors: [TextError] = [
      .missing(path: hostile), .unreadable(path: hostile, reason: "x"), .empty(source: hostile),
      .noMatchingFiles(directory: hostile, fileExtension: hostile),
      .noMatchingFiles(directory: hostile, fileExtension: nil),
      .tooShort(count: 1, needed: 2),
      .notUTF8(file: hostile, at: TextPlace(offset: 1, line: 1, column: 2), reason: "x"),
      .singleSymbol(10, unit: .byte),
      .singleSymbol(10, unit: .unicodeScalar),
      .unknownSymbol(10, unit: .unicodeScalar, at: TextPlace(offset: 0, line: 1, column: 1), file: hostile),
      .unknownSymbol(.max, unit: .unicodeScalar, at: TextPlace(offset: 0, line: 1, column: 1), file: nil),
      .invalidVocabulary(reason: "x"),
      .notEnoughMemory(needed: 1, available: 2),
    ]
    for error in errors {
      #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 }, "\(error)")
    }
  }
}
