import Foundation
import Recurrent
import Storage
import Testing

@Suite("Tokenizers of others")
struct TokenizerFileTests {
  private static let directory = Fixture.directory.appending(path: "Tokenizers")

  private static func json(_ name: String) throws -> JSON {
    try JSON(parsing: Array(Data(contentsOf: directory.appending(path: name))))
  }

  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "tokenizer-\(UInt64.random(in: 0 ... .max))")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  /// Each byte by the letter that stands for it, from the table of the file's own writer.
  private func name(_ vocabulary: Vocabulary, _ token: Int32) -> String {
    var others = 0
    var letters: [UInt32: Character] = [:]
    for byte in UInt32(0)..<256 {
      let prints = (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
      letters[byte] = Character(Unicode.Scalar(prints ? byte : UInt32(256 + others))!)
      others += prints ? 0 : 1
    }
    return String(vocabulary.symbols(of: token).map { letters[$0]! })
  }

  @Test("A tokenizer.json gives the tokens that its own library gives, by itself and written again")
  func tokens() throws {
    let vocabulary = try Vocabulary(tokenizerFile: Self.directory.appending(path: "tokenizer.json").path)
    // All but the added token.
    #expect(vocabulary.count == 339)
    let cases = try #require(Self.json("texts.json").array)
    #expect(cases.count == 7)
    let written = try String(decoding: vocabulary.tokenizerJSON().serialized(), as: UTF8.self)
    try withFile(written) { path in
      let again = try Vocabulary(tokenizerFile: path)
      #expect(again == vocabulary)
      for test in cases {
        let text = try #require(test["text"]?.string)
        let expected = try #require(test["tokens"]?.array).compactMap(\.string)
        let tokens = try vocabulary.encode(text)
        #expect(tokens.map { name(vocabulary, $0) } == expected, "\(text.debugDescription)")
        #expect(Array(vocabulary.decode(tokens).utf8) == Array(text.utf8))
      }
    }
    // The numbers that stand in the file are those that the tokens have.
    let names = try #require(JSON(parsing: written)["model"]?["vocab"])
    for token in 0..<Int32(vocabulary.count) { #expect(names[name(vocabulary, token)]?.integer == Int(token)) }
  }

  @Test("A merges.txt gives the same")
  func merges() throws {
    let list = try #require(Self.json("tokenizer.json")["model"]?["merges"]?.array)
    let lines = list.map { $0.array.map { $0.compactMap(\.string).joined(separator: " ") } ?? $0.string ?? "" }
    try withFile((["#version: 0.2"] + lines).joined(separator: "\n") + "\n") { path in
      let own = try Vocabulary(tokenizerFile: Self.directory.appending(path: "tokenizer.json").path)
      #expect(try Vocabulary(tokenizerFile: path) == own)
      // As Windows has it.
      try withFile("\u{FEFF}" + (["#version: 0.2"] + lines).joined(separator: "\r\n")) { path in
        let read = try Vocabulary(tokenizerFile: path)
        #expect(read == own)
      }
    }
  }

  @Test(
    "Others are refused by name",
    arguments: [
      ("{", "it is no JSON"), ("{}", "it has no model"),
      (#"{"model":{"type":"WordPiece"}}"#, "its model is WordPiece, expected BPE on bytes"),
      (#"{"model":{"type":"BPE","end_of_word_suffix":"</w>","merges":[]}}"#, "its model has end_of_word_suffix"),
      (
        #"{"normalizer":{"type":"NFC"},"model":{"type":"BPE","merges":[]}}"#, "it has the normalizer NFC, expected none"
      ),
      (#"{"pre_tokenizer":{"type":"Metaspace"},"model":{"type":"BPE","merges":[]}}"#, "its pre-tokenizer is Metaspace"),
      (#"{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE"}}"#, "its model has no merges"),
      (#"{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","merges":["a"]}}"#, "merge 0 is no pair"),
      (
        #"{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","merges":["a b","abc d"]}}"#,
        "merge 1 is of what no merge before it has made"
      ),
      (
        #"{"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","merges":["日 b"]}}"#,
        "merge 0 is of letters that stand for no byte"
      ),
      ("a b\nc\n", "line 2 is no pair of tokens"), ("#version: 0.2\n", "it has no merges"),
    ])
  func refused(text: String, reason: String) throws {
    try withFile(text) { path in
      let error = #expect(throws: TextError.self) { try Vocabulary(tokenizerFile: path) }
      #expect(error?.description.contains("cannot read \(path): \(reason)") == true, "\(error?.description ?? "")")
    }
  }
}
