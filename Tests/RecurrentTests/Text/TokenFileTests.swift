import FaultInjector
import Foundation
import Recurrent
import Storage
import TestSupport
import Testing

import Glibc

@Suite("Token files")
struct TokenFileTests {
  let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  /// More than two blocks of the narrowest tokens.
  private static let tokens = (0..<40_000).map { Int32($0 * $0 % 97) }

  private func vocabulary(_ count: Int = 97) throws -> Vocabulary {
    try Vocabulary(unit: .unicodeScalar, symbols: (0..<UInt32(count)).map { 0x100 + $0 }, normalization: .nfc)
  }

  @discardableResult
  private func write(
    _ tokens: [Int32] = tokens, width: TokenFile.Width? = nil, to name: String = "a.tokens"
  ) throws -> String {
    let vocabulary = try vocabulary()
    try TokenFile.write(to: scratch.file(name), vocabulary: vocabulary, width: width) { writer in
      // In pieces that have nothing to do with the blocks.
      for start in stride(from: 0, to: tokens.count, by: 777) {
        try writer.append(Array(tokens[start..<min(start + 777, tokens.count)]))
      }
      #expect(writer.count == tokens.count)
    }
    return scratch.file(name)
  }

  @Test("What is written is read, at every width and at any place", arguments: TokenFile.Width.allCases)
  func roundTrip(width: TokenFile.Width) throws {
    for count in [1, 5, 4096, 16_384, 16_385, 40_000] {
      let tokens = Array(Self.tokens[..<count])
      let file = try TokenFile(path: try write(tokens, width: width))
      #expect(file.count == count && file.width == width)
      #expect(try file.vocabulary == vocabulary())
      #expect(try file.tokens.allTokens() == tokens)
      try file.verify()
      for _ in 0..<20 {
        let start = Int.random(in: 0..<count)
        let range = start..<Int.random(in: start...count)
        #expect(try file.tokens.tokens(in: range) == Array(tokens[range]))
      }
    }
  }

  @Test("The width is the least that does, and the digest that of the text")
  func header() throws {
    #expect(try TokenFile(path: write()).width == .bits8)
    #expect(
      [256, 257, 65_536, 65_537].map { TokenFile.Width(vocabularyCount: $0) } == [.bits8, .bits16, .bits16, .bits32])
    let corpus = try Corpus(text: "hello, wörld\n", validationFraction: 0.3)
    try TokenFile.write(to: scratch.file("b.tokens"), vocabulary: corpus.vocabulary) { writer in
      try writer.append(corpus.training + corpus.validation)
    }
    let file = try TokenFile(path: scratch.file("b.tokens"))
    #expect(file.digest == corpus.digest)
    let (training, validation) = file.tokens.divided(validationFraction: 0.3)
    #expect(try training.allTokens() == corpus.training)
    #expect(try validation.allTokens() == corpus.validation)
    #expect(TokenFile.isTokenFile(at: file.path))
    #expect(!TokenFile.isTokenFile(at: scratch.path) && !TokenFile.isTokenFile(at: scratch.file("none")))
  }

  @Test("Tokens of another vocabulary that has all symbols")
  func translation() throws {
    let file = try TokenFile(path: write())
    let larger = try Vocabulary(
      unit: .unicodeScalar, symbols: [0x20] + (0..<250).map { 0x80 + $0 }, normalization: .nfc)
    let shift = try #require(larger.token(of: 0x100))
    #expect(try file.tokens(for: larger).allTokens() == Self.tokens.map { $0 + shift })
    for (other, words) in [
      (try vocabulary(96), "U+0160"),
      (try Vocabulary(unit: .unicodeScalar, symbols: file.vocabulary.symbols), "form nfc"),
      (try Vocabulary(unit: .byte, symbols: [1, 2]), "bytes"),
    ] {
      let error = #expect(throws: TokenFileError.self) { try file.tokens(for: other) }
      #expect(error?.description.contains(words) == true && error?.description.contains("rnn tokenize") == true)
    }
  }

  // MARK: Files that are none

  @Test("Every flipped bit is found: in the header and the vocabulary at opening, in the tokens at reading")
  func flipped() throws {
    let whole = try readFile(try write())
    let start = 4096
    for offset in Array(0..<16) + [16, 23, 24, 31, 32, 35, 36, 59, 60, 63, 64, 65, 64 + 4 * 97 - 1] {
      var bytes = whole
      bytes[offset] ^= 1 << UInt8(offset % 8)
      let error = #expect(throws: TokenFileError.self) { try TokenFile(bytes: bytes, file: "x.tokens") }
      #expect(error?.description.contains("x.tokens") == true, "\(offset)")
    }
    for offset in [start, start + 16_383, start + 16_384, start + 39_999, whole.count - 1] {
      var bytes = whole
      bytes[offset] ^= 0x10
      let file = try TokenFile(bytes: bytes, file: "x.tokens")
      let first = offset == whole.count - 1 ? start + 32_768 : start + (offset - start) / 16_384 * 16_384
      let range = first..<min(first + 16_384, start + 40_000)
      #expect(throws: TokenFileError.damaged(file: "x.tokens", bytes: range)) { try file.verify() }
      #expect(throws: TokenFileError.damaged(file: "x.tokens", bytes: range)) { try file.tokens.allTokens() }
      // What does not lie in that block can be read.
      let other = offset < start + 16_384 ? 20_000..<20_100 : 0..<100
      #expect(try file.tokens.tokens(in: other) == Array(Self.tokens[other]))
    }
  }

  @Test("A file that ends early, or goes on behind its end")
  func wrongSize() throws {
    let whole = try readFile(try write())
    for count in [0, 1, 7, 8, 11, 12, 63, 64, 100, 4095, 4096, whole.count - 1] {
      let error = #expect(throws: TokenFileError.self) { try TokenFile(bytes: Array(whole[..<count]), file: "x") }
      if count >= 8 {
        guard case .wrongSize(_, _, count)? = error else {
          Issue.record("\(count): \(error.map(\.description) ?? "none")")
          continue
        }
      }
    }
    #expect(throws: TokenFileError.wrongSize(file: "x", expected: whole.count, actual: whole.count + 1)) {
      try TokenFile(bytes: whole + [0], file: "x")
    }
  }

  @Test("Numbers made up by somebody who knows checksums")
  func forged() throws {
    let whole = try readFile(try write())
    func forged(_ offset: Int, _ bytes: [UInt8]) throws -> TokenFileError? {
      var file = whole
      file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      var checksum = CRC32C()
      checksum.append(file.span.extracting(0..<60))
      checksum.append(file.span.extracting(64..<64 + 4 * 97))
      for index in 0..<4 { file[60 + index] = UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * index)) }
      return #expect(throws: TokenFileError.self) { try TokenFile(bytes: file, file: "x") }
    }
    for (offset, bytes, words) in [
      (8, [2], "version 2"), (12, [2], "unit 2"), (13, [5], "form of Unicode 5"), (14, [7], "7 bits"),
      (15, [1], "bits"),
      (16, [UInt8](repeating: 0, count: 8), "empty"), (16, [UInt8](repeating: 0xFF, count: 8), "tokens"),
      (16, [0, 0, 0, 0, 0, 0, 0, 0x04], "cut short"), (16, [0, 0, 0, 0, 0, 0, 0, 0x08], "tokens"),
      (32, [0, 0, 0, 0], "0 symbols"), (32, [0xFF, 0xFF, 0xFF, 0xFF], "4294967295 symbols"),
      (32, [0, 0, 0x10, 0], "cut short"), (40, [1], "zeros"), (64, [0, 2, 0, 0], "vocabulary"),
      (64, [0, 0xD8, 0, 0], "scalar"),
    ] as [(Int, [UInt8], String)] {
      let error = try forged(offset, bytes)
      #expect(error?.description.contains(words) == true, "\(offset): \(error.map(\.description) ?? "none")")
    }
    // A token that the vocabulary lacks, where the block's checksum is right.
    var file = whole
    file[4096 + 3] = 97
    var checksum = CRC32C()
    checksum.append(file.span.extracting(4096..<4096 + 16_384))
    for index in 0..<4 {
      file[4096 + 40_000 + index] = UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * index))
    }
    #expect(
      throws: TokenFileError.invalid(
        file: "x", offset: 4099, reason: "there is a token 97, and the vocabulary has 97")
    ) { try TokenFile(bytes: file, file: "x").tokens.tokens(in: 0..<10) }
  }

  @Test("Files of other kinds, directories, and what is not there")
  func foreign() throws {
    for (name, content, words) in [
      ("a.txt", "a text", "does not begin as one"), ("b.npz", "PK\u{3}\u{4}", "ZIP"), ("c", "", "it is empty"),
    ] {
      let path = try scratch.makeFile(name, content)
      let error = #expect(throws: TokenFileError.self) { try TokenFile(path: path) }
      #expect(error?.description.contains(words) == true, "\(error.map(\.description) ?? "none")")
    }
    #expect(throws: TokenFileError.missingFile(scratch.file("none"))) { try TokenFile(path: scratch.file("none")) }
    let directory = #expect(throws: TokenFileError.self) { try TokenFile(path: scratch.path) }
    #expect(directory?.description.contains("directory") == true)
    // Where a text is wanted it is named as what it is; as bytes, too.
    let path = try write()
    for unit in [Vocabulary.Unit.unicodeScalar, .byte] {
      let error = #expect(throws: TextError.self) { try Corpus(paths: [path], unit: unit) }
      #expect(error?.description.contains("token file") == true)
    }
  }

  // MARK: Files that change

  @Test("A file that is replaced stays what it was; one that is cut or written over is found out")
  func changed() throws {
    let path = try write()
    let file = try TokenFile(path: path)
    try write([1, 2, 3])
    #expect(try file.tokens.allTokens() == Self.tokens)
    let other = try TokenFile(path: try write(to: "b.tokens"))
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: other.path))
    try handle.seek(toOffset: 4096 + 20_000)
    try handle.write(contentsOf: [7, 8, 9])
    #expect(try other.tokens.tokens(in: 0..<16_384) == Array(Self.tokens[..<16_384]))
    let range = 4096 + 16_384..<4096 + 32_768
    #expect(throws: TokenFileError.damaged(file: other.path, bytes: range)) {
      try other.tokens.tokens(in: 20_100..<20_101)
    }
    try handle.truncate(atOffset: 4096 + 16_384 + 10)
    #expect(throws: TokenFileError.wrongSize(file: other.path, expected: other.byteCount, actual: 4096 + 16_394)) {
      try other.tokens.tokens(in: 20_100..<20_101)
    }
  }

  // MARK: Writing

  @Test("What fails leaves what was there, and nothing else")
  func failures() throws {
    struct Stop: Error {}
    let path = try write([5, 6, 7])
    let before = try readFile(path)
    let vocabulary = try vocabulary()
    #expect(throws: Stop.self) {
      try TokenFile.write(to: path, vocabulary: vocabulary) { writer in
        try writer.append(Self.tokens)
        throw Stop()
      }
    }
    let empty = #expect(throws: TokenFileError.self) { try TokenFile.write(to: path, vocabulary: vocabulary) { _ in } }
    #expect(empty?.description.contains("empty") == true)
    for place in [scratch.path, scratch.file("none/a.tokens"), "/dev/full", "/dev/null"] {
      #expect(throws: TokenFileError.self) {
        try TokenFile.write(to: place, vocabulary: vocabulary) { try $0.append([1]) }
      }
    }
    #expect(try readFile(path) == before)
    #expect(try scratch.names == ["a.tokens"])
  }

  @Test("A full disk, at every write", .enabled(if: fault_injector_works(), "glibc without a sanitizer"))
  func fullDisk() throws {
    let path = try write([5, 6, 7])
    let before = try readFile(path)
    for call in [FAULT_CALL_WRITE, FAULT_CALL_PWRITE, FAULT_CALL_FSYNC, FAULT_CALL_RENAME] {
      try write([5, 6, 7])
      var position = 0
      while true {
        fault_injector_add(call, position, FAULT_ERROR, ENOSPC, true)
        fault_injector_arm()
        let error = Result { try write() }
        let wasMet = fault_injector_count(call) > position
        fault_injector_disarm()
        guard wasMet else { break }
        #expect(throws: TokenFileError.self) { try error.get() }
        // The directory is synced when the new file is in place.
        #expect(try readFile(path) == before || call == FAULT_CALL_FSYNC && position == 1)
        #expect(try scratch.names == ["a.tokens"])
        position += 1
      }
      #expect(position > 0)
    }
  }

  @Test("Wrong use stops")
  func mistakes() async {
    await #expect(processExitsWith: .failure) {
      let vocabulary = try Vocabulary(unit: .byte, symbols: [1, 2])
      try TokenFile.write(to: "/tmp/never.tokens", vocabulary: vocabulary) { try $0.append([2]) }
    }
    await #expect(processExitsWith: .failure) { _ = try TokenSource([1, 2]).tokens(in: 1..<3) }
    await #expect(processExitsWith: .failure) {
      _ = try TokenStreams([1, 2, 3, 4, 5], batchSize: 2, sequenceLength: 1).selecting(1..<3)
    }
  }
}
