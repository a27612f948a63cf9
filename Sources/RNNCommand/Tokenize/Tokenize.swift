import ArgumentParser
import Recurrent
import Storage

struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a text as a token file, from which a training reads what it needs: for texts larger than memory.",
    discussion: """
      The text is what rnn train makes of the same files, directories or pipe (-), and a training on the token file comes to \
      the same bits: rnn train --text corpus.tokens. rnn evaluate, diagnose, compress and refit read it, too; rnn inspect \
      describes it.

      Memory does not grow with the text. Without --vocabulary it is read twice, first for the characters that there are; what \
      comes from a pipe is put aside for that on the disk of the output. The file appears whole or not at all.

      The layout, little-endian: a header of 64 bytes, the vocabulary (32 bits a symbol), zeros to the next multiple of 4096, \
      the tokens, zeros to a multiple of 4, and the CRC-32C of each 16,384 bytes of tokens; the article Token Files of the \
      documentation says it all.

      \(FilePath.documentation)
      """)

  @Argument(
    help: ArgumentHelp(
      "Files in UTF-8, or directories with all files in them; joined to one text. With --verify: token files.",
      valueName: "text"), transform: FilePath.reading)
  var text: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The token file to write, usually of the name .tokens.", valueName: "file"),
    transform: FilePath.writing)
  var output: String?

  @Option(
    name: .customLong("extension"),
    help: ArgumentHelp("Take only files with this extension from directories.", valueName: "name"))
  var fileExtension: String?

  @Flag(help: "Take bytes for characters, instead of Unicode scalars: any file will do.")
  var bytes = false

  @Option(
    oneOf: Vocabulary.Normalization.self,
    help: ArgumentHelp(
      "Bring the text into a form of Unicode: nfc, nfd, nfkc, nfkd. (default: none)", valueName: "form"))
  var normalize: Vocabulary.Normalization?

  @Option(
    reading: "Take the vocabulary of this model, or token file, and its form of Unicode. (default: what the text has)")
  var vocabulary: String?

  @OptionGroup var unknowns: UnknownOption

  @Option(
    help: ArgumentHelp("Bits of a token: 8, 16 or 32. (default: the least that do)", valueName: "n"),
    transform: Self.width)
  var width: TokenFile.Width?

  @Flag(help: "Write nothing: read token files, and check all that is in them.")
  var verify = false

  @Sendable private static func width(_ text: String) throws -> TokenFile.Width {
    guard let width = Int(text).flatMap(TokenFile.Width.init) else { throw ValidationError("expected 8, 16 or 32") }
    return width
  }

  func validate() throws {
    guard !verify else {
      let others: [(String, Bool)] = [
        ("--output", output != nil), ("--extension", fileExtension != nil), ("--bytes", bytes),
        ("--normalize", normalize != nil), ("--vocabulary", vocabulary != nil), ("--unknown", unknowns.unknown != nil),
        ("--width", width != nil),
      ]
      if let other = others.first(where: \.1) { throw ValidationError("'\(other.0)' excludes '--verify'") }
      return
    }
    if output == nil { throw ValidationError("Missing expected argument '--output <file>'") }
    if bytes, let normalize, normalize != .none {
      throw ValidationError("'--normalize' is for characters and excludes '--bytes'")
    }
    if vocabulary != nil, bytes || normalize != nil {
      throw ValidationError(
        "'\(bytes ? "--bytes" : "--normalize")' excludes '--vocabulary <file>', which has decided it")
    }
    if vocabulary == nil, unknowns.unknown != nil {
      throw ValidationError("'--unknown <what>' is for the vocabulary of another text: it needs '--vocabulary <file>'")
    }
  }

  func run() throws {
    if let output, !verify { try write(output) } else { try verifyFiles() }
  }

  private func write(_ output: String) throws {
    var files = FileUse(reading: [(vocabulary, "--vocabulary")], writing: [(output, "--output", .tokens)])
    files.reads(text: text, fileExtension: fileExtension, as: "<text>")
    let outputs = try files.hold()
    defer { outputs.release() }
    // What processes that were killed left of this file may be large.
    let names = CheckpointNames(output)
    DurableFile.removeTemporaries(of: names.name, in: names.directory)
    let known = try knownVocabulary
    Interruption.watch()
    let start = ContinuousClock.now
    var display = TokenizingDisplay(passes: known == nil ? 2 : 1)
    let result: TokenizedText
    do {
      result = try TokenFile.write(
        textFrom: text, fileExtension: fileExtension, unit: bytes ? .byte : .unicodeScalar,
        normalization: normalize ?? .none, vocabulary: known, unknown: unknowns.policy, width: width, to: output
      ) { progress in
        if let signal = Interruption.signal {
          throw Failure(message: "stopped: \(output) is not written", status: .interrupted(signal))
        }
        display.note(progress)
      }
      display.clear()
    } catch {
      display.clear()
      throw advised(error, known)
    }
    if result.hadMark { Note.byteOrderMark() }
    if let known { unknowns.report(result.unknownCounts, known) }
    let seconds = (ContinuousClock.now - start).seconds
    let file = result.file
    Note.line(
      "tokens    \(counted(file.count, file.vocabulary.unit == .byte ? "byte" : "character")) of "
        + "\(grouped(file.vocabulary.count)) different ones, \(file.width.rawValue) bits each")
    // Of small texts the start of the process is most of it.
    let rate = Double(result.byteCount) / 1e6 / max(seconds, 1e-9)
    let speed = result.byteCount < 10_000_000 ? "" : ": \(decimal(rate, places: 0)) MB of text a second"
    Note.note("saved \(output), \(ByteCount(file.byteCount)), in \(duration(seconds))\(speed)")
  }

  private var knownVocabulary: Vocabulary? {
    get throws {
      guard let vocabulary else { return nil }
      let known = try VocabularyFile.read(vocabulary)
      guard known.pieces == nil else {
        throw Failure(
          message:
            "\(vocabulary) has tokens of several \(known.symbolName)s: a token file has single ones, and rnn train takes "
            + "the text itself")
      }
      return known
    }
  }

  private func advised(_ error: any Error, _ vocabulary: Vocabulary?) -> any Error {
    guard case TokenFileError.text(let fault) = error else { return error }
    if case .notUTF8 = fault, vocabulary == nil { return Failure(message: "\(fault); --bytes takes any file as it is") }
    return vocabulary.map { Failure(message: unknowns.advised(fault, $0)) } ?? Failure(message: fault.description)
  }

  private func verifyFiles() throws {
    try FileUse(reading: text.map { ($0, "<text>") }).check()
    Interruption.watch()
    for path in text {
      let file = try TokenFile(path: path)
      var display = TokenizingDisplay(passes: 1)
      do {
        try file.verify { done in
          if let signal = Interruption.signal {
            throw Failure(message: "stopped in the middle of \(path)", status: .interrupted(signal))
          }
          display.note(bytes: done, of: file.byteCount, doing: "checking")
        }
        display.clear()
      } catch {
        display.clear()
        throw error
      }
      try RNNCommand.output("\(printable(path)): \(counted(file.count, "token")), all as they were written")
    }
  }
}
