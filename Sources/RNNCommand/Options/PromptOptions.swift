import ArgumentParser
import Recurrent
import Storage

/// What a model is to continue.
struct PromptOptions: ParsableArguments {
  @Option(
    name: .customLong("prompt"),
    help: ArgumentHelp(
      "What the model is to continue; whatever follows is the prompt, with a dash or not.", valueName: "text"))
  private var guardedPrompt: String?

  @Option(
    reading: "A file with what the model is to continue, to its last line end; for models of bytes any file.")
  var promptFile: String?

  private var prompt: String? { guardedPrompt.map { String($0.unicodeScalars.dropFirst()) } }

  /// The arguments of the process, with a blank before a prompt. Without it the parser would take `---` or `--help` for an
  /// option, and after `--prompt=` a combining mark for a part of the sign.
  static func guarded(_ arguments: [String]) -> [String] {
    guard arguments.first == "sample" else { return arguments }
    var result: [String] = []
    var isPrompt = false
    for (index, argument) in arguments.enumerated() {
      if isPrompt {
        result.append(" " + argument)
        isPrompt = false
      } else if argument == "--" {
        return result + arguments[index...]
      } else if argument.utf8.starts(with: "--prompt=".utf8) {
        result += ["--prompt", " " + String(argument.unicodeScalars.dropFirst("--prompt=".count))]
      } else {
        isPrompt = argument == "--prompt"
        result.append(argument)
      }
    }
    return result
  }

  func validate() throws {
    if prompt != nil, promptFile != nil { throw ValidationError("'--prompt' and '--prompt-file' exclude each other") }
  }

  /// The tokens of the prompt; none where there is no prompt, or an empty one.
  /// - Throws: `Failure` where it cannot be read, or not be taken.
  func tokens(_ vocabulary: Vocabulary, _ unknown: UnknownOption) throws(Failure) -> [Int32] {
    let bytes: [UInt8]
    if let promptFile {
      do { bytes = try readFile(promptFile) } catch { throw Failure(message: "--prompt-file: \(error)") }
    } else {
      bytes = prompt.map(PathBytes.bytes) ?? []
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
