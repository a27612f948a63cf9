import ArgumentParser
import Recurrent
import Storage

/// What a model is to continue.
struct PromptOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the model is to continue; whatever follows is the prompt, with a dash or not.", valueName: "text"))
  var prompt: String?

  @Option(
    help: ArgumentHelp(
      "A file with what the model is to continue, to its last line end; for models of bytes any file.",
      valueName: "file"))
  var promptFile: String?

  /// The arguments of the process, a prompt joined to its option: as a word of its own the parser does not take `---`.
  static func joined(_ arguments: [String]) -> [String] {
    guard arguments.first == "sample" else { return arguments }
    var result: [String] = []
    for (index, argument) in arguments.enumerated() {
      if index > 0, arguments[index - 1] == "--prompt", result.last == "--prompt" {
        result[result.count - 1] = "--prompt=\(argument)"
      } else {
        result.append(argument)
      }
    }
    return result
  }

  func validate() throws {
    if prompt != nil, promptFile != nil { throw ValidationError("'--prompt' and '--prompt-file' exclude each other") }
    if promptFile == "" {
      throw ValidationError("The value '' is invalid for '--prompt-file <file>': expected a path")
    }
  }

  /// The tokens of the prompt; none where there is no prompt, or an empty one.
  /// - Throws: `Failure` where it cannot be read, or not be taken.
  func tokens(_ vocabulary: Vocabulary, _ unknown: UnknownOption) throws(Failure) -> [Int32] {
    let bytes: [UInt8]
    if let promptFile {
      do { bytes = try readFile(promptFile) } catch { throw Failure(message: "--prompt-file: \(error)") }
    } else {
      bytes = prompt.map { RawArguments.bytes(of: $0, option: "--prompt") } ?? []
    }
    do {
      let text = try vocabulary.encode(bytes: bytes, file: promptFile, unknown: unknown.policy)
      unknown.report(text.unknownCounts, vocabulary)
      return text.tokens
    } catch {
      let option = promptFile == nil ? "--prompt" : "--prompt-file"
      throw Failure(message: "\(option): \(unknown.advised(error, vocabulary))")
    }
  }
}
