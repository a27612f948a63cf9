import ArgumentParser
import Recurrent
import Storage

/// `rnn vocabulary`: what the tokens of a model are.
struct VocabularyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary",
    abstract: "Show the tokens of a model, cut a text into them, or learn subwords from a text.",
    subcommands: [ShowVocabulary.self, LearnVocabulary.self])
}

struct ShowVocabulary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the tokens of a model, or how a text is cut into them.",
    discussion: """
      Tokens are written as text in quotes, what cannot be printed as \\n, \\t or \\x and two digits. Without --encode the \
      pieces come in the order in which they were learnt.

      \(FilePath.documentation)
      """)

  @Argument(reading: "A model of text, a token file, a tokenizer.json or a merges.txt.") var file: String

  @Option(help: "Show how this text is cut into tokens.") var encode: String?

  @Flag(help: "Show all tokens with their numbers.") var all = false

  @Flag(help: "Write a JSON object: unit, count, symbols, pieces; with --encode, tokens; with --all, texts.") var json =
    false

  /// Pieces that are shown without `--all`.
  private static let shown = 24

  func run() throws {
    try FileUse(reading: [(file, "<file>")]).check()
    let vocabulary = try VocabularyFile.read(file)
    let encoded: [Int32]?
    do { encoded = try encode.map { try vocabulary.encode($0) } } catch {
      throw Failure(message: "--encode: \(error)")
    }
    if json { return try output(object(vocabulary, encoded).serialized() + [0x0A]) }
    if let encoded {
      return try output(table([["token", "text"]] + encoded.map { [String($0), vocabulary.quoted($0)] }, right: [0]))
    }
    if all {
      return try output(
        table(
          [["token", "text"]] + (0..<Int32(vocabulary.count)).map { [String($0), vocabulary.quoted($0)] }, right: [0]))
    }
    let normalization = vocabulary.normalization == .none ? [] : [["form", vocabulary.normalization.rawValue]]
    var rows = [
      ["tokens", grouped(vocabulary.count)], [vocabulary.symbolName + "s", grouped(vocabulary.symbols.count)],
    ]
    if let pieces = vocabulary.pieces {
      rows.append([pieces.kind.rawValue + "s", grouped(pieces.count)])
      let first = Int32(vocabulary.symbols.count)
      let shown = (first..<Int32(vocabulary.count)).prefix(Self.shown).map { vocabulary.quoted($0) }
      rows.append(["the first", shown.joined(separator: " ") + (pieces.count > shown.count ? " …" : "")])
    }
    try output(table(rows + normalization))
  }

  private func object(_ vocabulary: Vocabulary, _ encoded: [Int32]?) -> JSON {
    let texts = (0..<Int32(vocabulary.count)).map { JSON.string(vocabulary.decode([$0])) }
    return .object(
      [
        (key: "unit", value: .string(vocabulary.unit == .byte ? "byte" : "unicode-scalar")),
        (key: "count", value: .integer(vocabulary.count)), (key: "symbols", value: .integer(vocabulary.symbols.count)),
        (key: "pieces", value: vocabulary.pieces.map { .string($0.kind.rawValue) } ?? .null),
      ] + (encoded.map { [(key: "tokens", value: .array($0.map { .integer(Int($0)) }))] } ?? [])
        + (all ? [(key: "texts", value: .array(texts))] : []))
  }
}

struct LearnVocabulary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn", abstract: "Learn subwords from a text, and write them as a tokenizer.json.",
    discussion: """
      Byte-pair encoding on bytes, as GPT-2 has it: nothing is unknown, and every text comes out as it went in. The file is \
      one of Hugging Face's tokenizers; rnn train --vocabulary takes it. (rnn train --pieces learns from its own text.)

      \(FilePath.documentation)
      """)

  @Argument(
    help: ArgumentHelp("Files, or directories with all files in them.", valueName: "text"), transform: FilePath.reading)
  var text: [String]

  @Option(
    name: .customLong("extension"),
    help: ArgumentHelp("Take only files with this extension from directories.", valueName: "name"))
  var fileExtension: String?

  @Option(in: 257...1_000_000, help: "The most tokens, the 256 bytes included.")
  var vocabularySize = 2000

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write, usually tokenizer.json.", valueName: "file"),
    transform: FilePath.writing)
  var output: String

  func run() throws {
    var files = FileUse(reading: [], writing: [(output, "--output", .tokenizer)])
    files.reads(text: text, fileExtension: fileExtension, as: "<text>")
    let outputs = try files.hold()
    defer { outputs.release() }
    let corpus = try Corpus(paths: text, fileExtension: fileExtension, unit: .byte)
    let vocabulary = corpus.ofAllBytes.learningPieces(.subword, size: vocabularySize)
    guard let pieces = vocabulary.pieces, pieces.count > 0 else {
      throw Failure(message: "the text has no two neighbours that come twice: there is nothing to learn")
    }
    let bytes = try vocabulary.tokenizerJSON().serialized() + [0x0A]
    do {
      try DurableFile.replace(output) { (file) throws(FileError) in try file.write(bytes.span) }
    } catch { throw Failure(message: "\(error)") }
    Note.note("saved \(output): \(vocabulary.countText)")
  }
}

extension Vocabulary {
  /// A token's text in quotes, what cannot be printed escaped.
  func quoted(_ token: Int32) -> String {
    var bytes: [UInt8] = []
    appendUTF8(of: token, to: &bytes)
    if let text = String(validating: bytes, as: UTF8.self) { return text.debugDescription }
    return "\"" + bytes.map { (32..<127).contains($0) ? String(Unicode.Scalar($0)) : "\\x" + hexadecimal($0) }.joined()
      + "\""
  }

  private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
