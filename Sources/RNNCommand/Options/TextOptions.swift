import ArgumentParser
import Recurrent

/// How the text is taken apart for training.
struct DivisionOptions: ParsableArguments {
  @Flag(help: "Take bytes for characters, instead of Unicode scalars: any file will do.")
  var bytes = false

  @Option(.fraction, help: "Share of the text, at its end, that is held out for validation.")
  var validationFraction = 0.05
}

/// Where the text comes from.
struct TextOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Files, or directories with all files in them; joined to one text.", valueName: "path"),
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

  func corpus(
    unit: Vocabulary.Unit = .unicodeScalar, vocabulary: Vocabulary? = nil, validationFraction: Double = 0
  ) throws -> Corpus {
    do {
      return try Corpus(
        paths: text, fileExtension: fileExtension, unit: unit, vocabulary: vocabulary,
        validationFraction: validationFraction)
    } catch {
      guard case .invalidUTF8 = error, vocabulary == nil else { throw error }
      throw Failure(message: "\(error) (--bytes)")
    }
  }
}
