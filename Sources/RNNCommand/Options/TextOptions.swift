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

  @Option(.fraction, help: "Share of the text, at its end, that is held out for validation.")
  var validationFraction = 0.05

  func validate() throws {
    if bytes, let normalize, normalize != .none {
      throw ValidationError("'--normalize' is for characters and excludes '--bytes'")
    }
  }
}

/// Where the text comes from.
struct TextOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files in UTF-8, or directories with all files in them; joined to one text. Line ends are taken as they are.",
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

  /// The text for a model that was trained before.
  func corpus(vocabulary: Vocabulary, _ unknown: UnknownOption) throws -> Corpus {
    do {
      let corpus = try Corpus(
        paths: text, fileExtension: fileExtension, vocabulary: vocabulary, unknown: unknown.policy)
      Note.byteOrderMark(in: corpus)
      return corpus
    } catch { throw Failure(message: unknown.advised(error, vocabulary)) }
  }
}

extension Note {
  static func byteOrderMark(in corpus: Corpus) {
    if corpus.hadMark { note("a byte order mark at the start of a file is left out: it is no character of the text") }
  }
}
