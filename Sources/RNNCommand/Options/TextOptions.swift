import ArgumentParser
import Recurrent

/// How the text is taken apart for training.
struct DivisionOptions: ParsableArguments {
  @Flag(help: "Take bytes for characters, instead of Unicode scalars: any file will do.")
  var bytes = false

  @Option(
    oneOf: Vocabulary.Normalization.self,
    help: ArgumentHelp(
      "Bring the text into a form of Unicode (nfc, nfd, nfkc, nfkd), in which all spellings of a letter are one; the model "
        + "keeps it for prompts and texts to evaluate. Most texts are in nfc. (default: none, or that of --init-from)",
      valueName: "form"))
  var normalize: Vocabulary.Normalization?

  @Option(
    oneOf: Vocabulary.Pieces.Kind.self,
    help: ArgumentHelp(
      "Make one token of several characters or bytes: subword (byte-pair encoding) or word (the most frequent ones; others "
        + "stay spelled). They are learnt from the training part and kept in the model. (default: single characters)",
      valueName: "kind"))
  var pieces: Vocabulary.Pieces.Kind?

  @Option(
    in: 1...1_000_000,
    help: "The most tokens with --pieces, single characters included. (default: 2000, of words 10000)")
  var vocabularySize: Int?

  @Option(
    reading:
      "Take the tokens of this tokenizer.json, merges.txt, token file or model. (default: those that the text has)")
  var vocabulary: String?

  @Option(.fraction, help: "Share of the text, at its end, that is held out for validation.")
  var validationFraction = 0.05

  func validate() throws {
    if bytes, let normalize, normalize != .none {
      throw ValidationError("'--normalize' is for characters and excludes '--bytes'")
    }
    if vocabulary != nil,
      let other = [("--bytes", bytes), ("--normalize", normalize != nil), ("--pieces", pieces != nil)].first(where: \.1)
    {
      throw ValidationError("'\(other.0)' excludes '--vocabulary <file>', which has decided it")
    }
    if vocabularySize != nil, pieces == nil {
      throw ValidationError("'--vocabulary-size <vocabulary-size>' is for '--pieces <kind>', which it bounds")
    }
  }
}

/// Where the text comes from.
struct TextOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files in UTF-8, or directories with all files in them; joined to one text. Line ends are taken as they are. Or a token "
        + "file of rnn tokenize.",
      valueName: "path"),
    transform: FilePath.reading)
  var text: [String] = []

  @Option(
    name: .customLong("extension"),
    help: ArgumentHelp("Take only files with this extension from directories.", valueName: "name"))
  var fileExtension: String?

  /// Refuses a command line without a text, as the parser does where an option has no default.
  func require() throws(ValidationError) {
    if text.isEmpty { throw ValidationError("Missing expected argument '--text <path> ...'") }
  }

  /// The token file that is the text, if it is one.
  var tokenFile: TokenFile? { get throws { try Self.tokenFile(in: text) } }

  /// The token file that is the text of these paths, if it is one.
  /// - Throws: `TokenFileError`; `Failure` where it is one of several files.
  static func tokenFile(in paths: [String]) throws -> TokenFile? {
    guard let path = paths.first(where: { TokenFile.isTokenFile(at: $0) }) else { return nil }
    guard paths.count == 1 else {
      throw Failure(
        message: "\(path) is a token file, a whole text by itself: give it alone, or rnn tokenize all texts into one",
        status: .usage)
    }
    return try TokenFile(path: path)
  }

  /// The text for a training.
  func corpus(
    unit: Vocabulary.Unit, normalization: Vocabulary.Normalization, validationFraction: Double
  ) throws -> Corpus {
    do {
      let corpus = try Corpus(
        paths: text, fileExtension: fileExtension, unit: unit, normalization: normalization,
        validationFraction: validationFraction)
      Note.byteOrderMark(in: corpus)
      return corpus
    } catch {
      guard case .notUTF8 = error else { throw error }
      throw Failure(message: "\(error); --bytes takes any file as it is")
    }
  }

  /// The tokens of the text for a model that was trained before, and how often each character came that it does not know. Of a
  /// token file nothing is read yet.
  func tokens(for vocabulary: Vocabulary, _ unknown: UnknownOption) throws -> (
    tokens: TokenSource, unknownCounts: [UInt32: Int]
  ) {
    guard let file = try tokenFile else {
      let corpus = try corpus(vocabulary: vocabulary, unknown)
      return (TokenSource(corpus.training), corpus.unknownCounts)
    }
    if unknown.unknown != nil {
      throw Failure(
        message:
          "--unknown is for texts, and \(file.path) has been made into tokens: rnn tokenize --vocabulary takes it",
        status: .usage)
    }
    return (try file.tokens(for: vocabulary), [:])
  }

  /// The text for a model that was trained before.
  private func corpus(vocabulary: Vocabulary, _ unknown: UnknownOption) throws -> Corpus {
    do {
      let corpus = try Corpus(
        paths: text, fileExtension: fileExtension, vocabulary: vocabulary, unknown: unknown.policy)
      Note.byteOrderMark(in: corpus)
      return corpus
    } catch { throw Failure(message: unknown.advised(error, vocabulary)) }
  }
}

extension Note {
  static func byteOrderMark(in corpus: Corpus) { if corpus.hadMark { byteOrderMark() } }

  static func byteOrderMark() {
    note("a byte order mark at the start of a file is left out: it is no character of the text")
  }
}
