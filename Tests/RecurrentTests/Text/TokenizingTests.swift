import Foundation
import Recurrent
import TestSupport
import Testing

import Glibc

/// Texts are made into token files piece by piece; what comes out is what `Corpus` makes of all of them at once.
@Suite("Texts as token files")
struct TokenizingTests {
  let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private var target: String { scratch.file("out.tokens") }

  /// - Parameter pieces: bytes that are read at once.
  private func expectSame(
    _ paths: [String], unit: Vocabulary.Unit = .unicodeScalar, _ form: Vocabulary.Normalization = .none,
    vocabulary: Vocabulary? = nil, unknown: Vocabulary.UnknownPolicy = .refuse, pieces: [Int] = [8, 1 << 20],
    _ comment: String = ""
  ) throws {
    let corpus = try Corpus(
      paths: paths, unit: unit, normalization: form, vocabulary: vocabulary, unknown: unknown)
    for pieceSize in pieces {
      let comment = "\(comment) in pieces of \(pieceSize)"
      let text = try TokenFile.write(
        textFrom: paths, fileExtension: nil, unit: unit, normalization: form, vocabulary: vocabulary,
        unknown: unknown, width: nil, to: target, pieceSize: pieceSize
      ) { _ in }
      #expect(text.file.vocabulary == corpus.vocabulary, "\(comment)")
      #expect(text.unknownCounts == corpus.unknownCounts && text.hadMark == corpus.hadMark, "\(comment)")
      #expect(text.file.digest == corpus.digest, "\(comment)")
      #expect(try text.file.tokens.allTokens() == corpus.training, "\(comment)")
      try text.file.verify()
    }
  }

  /// The error of both, which is one.
  private func expectSameError(
    _ paths: [String], _ form: Vocabulary.Normalization = .none, vocabulary: Vocabulary? = nil
  ) throws -> TextError {
    let error = #expect(throws: TextError.self) {
      try Corpus(paths: paths, normalization: form, vocabulary: vocabulary)
    }
    let known = try #require(error)
    #expect(throws: TokenFileError.text(known)) {
      try TokenFile.write(textFrom: paths, normalization: form, vocabulary: vocabulary, to: target)
    }
    #expect(!FileManager.default.fileExists(atPath: target))
    return known
  }

  /// A text with characters of every width, after so many others.
  private func long(_ prefix: Int) -> [UInt8] {
    [UInt8](repeating: 0x78, count: prefix) + [[UInt8]](repeating: Array("aé中😀\r\nb\r".utf8), count: 20).flatMap { $0 }
  }

  /// Sizes of pieces with whose ends characters meet in every way.
  private static let sizes = [8, 9, 11, 16, 64, 100]

  @Test("Small texts, several files, marks, bytes")
  func small() throws {
    try scratch.makeFile("texts/b.txt", "abc\r\n")
    try scratch.makeFile("texts/a.txt", [0xEF, 0xBB, 0xBF] + Array("é中\n".utf8))
    try scratch.makeFile("texts/empty.txt", "")
    try scratch.makeFile("texts/z.bin", (0..<256).map { UInt8($0) })
    let texts = scratch.file("texts")
    try expectSame([texts + "/b.txt"])
    try expectSame([texts + "/b.txt", texts + "/a.txt", texts + "/empty.txt"])
    try expectSame([texts], unit: .byte)
    try expectSame([texts + "/a.txt"], unit: .byte)
    let text = try TokenFile.write(textFrom: [texts], fileExtension: "txt", to: target)
    #expect(text.file.vocabulary.decode(try text.file.tokens.allTokens()) == "é中\nabc\r\n")
  }

  @Test("Characters across the ends of pieces")
  func pieces() throws {
    for prefix in 0..<5 {
      try expectSame([scratch.makeFile("long.txt", long(prefix))], pieces: Self.sizes, "\(prefix)")
    }
  }

  @Test("Forms of Unicode, across the ends of pieces", arguments: Vocabulary.Normalization.allCases)
  func forms(form: Vocabulary.Normalization) throws {
    // Marks out of order, Hangul in parts, kana with voicing marks; and no ASCII but at the start.
    let unit = "e\u{301}\u{327}\u{1100}\u{1161}\u{11A8}か\u{3099}中ﬁ\u{AC00}\u{11A8}\u{F73}\u{F71}"
    let wide = Array(String(unit.unicodeScalars.filter { !$0.isASCII }.map { Character($0) }).utf8)
    for prefix in [0, 1, 2] {
      let x = [UInt8](repeating: 0x78, count: prefix)
      let bytes = Array(unit.utf8) + x + [[UInt8]](repeating: wide, count: 8).flatMap { $0 } + x
      try expectSame([scratch.makeFile("long.txt", bytes)], form, pieces: Self.sizes, "\(prefix)")
    }
  }

  @Test("A vocabulary that is given", arguments: Vocabulary.UnknownPolicy.allCases)
  func given(unknown: Vocabulary.UnknownPolicy) throws {
    let path = try scratch.makeFile("long.txt", long(1))
    try expectSame([path], vocabulary: try Corpus(text: "xaé中😀\r\nb?").vocabulary, unknown: unknown)
    guard unknown != .refuse else { return }
    try expectSame([path], vocabulary: try Corpus(text: "xab\r?").vocabulary, unknown: unknown)
  }

  @Test("Errors are those of the text in memory, with their places")
  func errors() throws {
    let vocabulary = try Corpus(text: "xaé中\r\nb").vocabulary
    guard
      case .unknownSymbol(0x1F600, _, let place, _) = try expectSameError(
        [scratch.makeFile("ok.txt", "ab"), scratch.makeFile("smiley.txt", Array("ab\r\n\nab".utf8) + long(0))],
        vocabulary: vocabulary)
    else { return #expect(Bool(false)) }
    #expect(place.line == 3 && place.column == 6)
    // In the first piece: the same words, too. Later the place alone is promised.
    for (name, bytes) in [
      ("latin1", Array("caf".utf8) + [0xE9] + Array(repeating: 0x20, count: 500)), ("cut", Array("aé".utf8.dropLast())),
      ("wide", [0x61, 0, 0x62, 0, 0x63, 0]), ("zero", [0x61, 0, 0xFF]),
    ] as [(String, [UInt8])] {
      _ = try expectSameError([scratch.makeFile(name, bytes)])
    }
    for bytes in [long(2) + [0xFF, 0x61], long(3) + Array("\né".utf8.dropLast()), long(0) + [0xC3, 0x28] + long(0)] {
      let path = try scratch.makeFile("fault.txt", bytes)
      let memory = #expect(throws: TextError.self) { try Corpus(paths: [path]) }
      let streamed = #expect(throws: TokenFileError.self) {
        try TokenFile.write(
          textFrom: [path], fileExtension: nil, unit: .unicodeScalar, normalization: .none, vocabulary: nil,
          unknown: .refuse, width: nil, to: target, pieceSize: 16
        ) { _ in }
      }
      guard case .notUTF8(_, let expected, _)? = memory, case .text(.notUTF8(_, let place, let reason))? = streamed
      else {
        return #expect(Bool(false))
      }
      #expect(place == expected && reason.contains("offset \(place.offset)"))
    }
    _ = try expectSameError([scratch.makeFile("one", "aaaa")])
    _ = try expectSameError([scratch.makeFile("empty", "")])
    _ = try expectSameError([scratch.file("none")])
    #expect(try scratch.names.allSatisfy { !$0.hasSuffix(".tmp") })
  }

  @Test("A pipe is read once, and nothing of it stays on the disk")
  func pipe() async throws {
    let path = scratch.file("pipe")
    try #require(unsafe mkfifo(path, 0o600) == 0)
    let bytes = [[UInt8]](repeating: long(3), count: 1000).flatMap { $0 }
    let corpus = try Corpus(paths: [try scratch.makeFile("same.txt", bytes)])
    let writer = Task.detached {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      for start in stride(from: 0, to: bytes.count, by: 100_000) {
        try handle.write(contentsOf: bytes[start..<min(start + 100_000, bytes.count)])
      }
      try handle.close()
    }
    let text = try TokenFile.write(textFrom: [path], to: target)
    try await writer.value
    #expect(try text.file.tokens.allTokens() == corpus.training)
    #expect(text.file.digest == corpus.digest && text.byteCount == bytes.count)
    #expect(try scratch.names == ["out.tokens", "pipe", "same.txt"])
  }

  @Test("A text that changes between the passes, a hook that throws, a vocabulary too large for the width")
  func refusals() throws {
    struct Stop: Error {}
    let path = try scratch.makeFile("a.txt", "hello, hello")
    let changed = #expect(throws: TokenFileError.self) {
      try TokenFile.write(textFrom: [path], to: target) { progress in
        if progress.pass == 1 { try scratch.makeFile("a.txt", "hello, hell") }
      }
    }
    #expect(changed?.description.contains("changed") == true, "\(changed.map(\.description) ?? "none")")
    #expect(throws: Stop.self) { try TokenFile.write(textFrom: [path], to: target) { _ in throw Stop() } }
    let wide = try scratch.makeFile(
      "wide.txt", String(String.UnicodeScalarView((0x4E00..<0x4F01).map { Unicode.Scalar($0)! })))
    #expect(throws: TokenFileError.self) { try TokenFile.write(textFrom: [wide], width: .bits8, to: target) }
    #expect(try TokenFile.write(textFrom: [wide], to: target).file.width == .bits16)
    #expect(try scratch.names == ["a.txt", "out.tokens", "wide.txt"])
  }
}
