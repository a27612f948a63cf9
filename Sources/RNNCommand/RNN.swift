import ArgumentParser

/// The command `rnn`. Data go to standard output; progress, notes and errors to standard error.
@main
struct RNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn",
    abstract: "Train recurrent neural networks on text, and let them write.",
    discussion: """
      A first model:

        rnn train --text book.txt
        rnn sample model.safetensors --prompt "Once "

      \(ExitStatus.documentation)
      """,
    version: "0.1.0",
    subcommands: [Train.self, Sample.self, Evaluate.self, Inspect.self, GradCheck.self])

  static func main() {
    Interruption.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      if case .interrupted = failure.status { Note.note(failure.message) } else { Note.error(failure.message) }
      exit(withError: ExitCode(failure.status.rawValue))
    } catch let error as OutputError {
      if error.isReaderGone { exit() }
      Note.error(error.description)
      exit(withError: ExitCode(ExitStatus.failure.rawValue))
    } catch {
      guard exitCode(for: error) != .success, !(error is ExitCode) else { exit(withError: error) }
      Note.error(oneLine(error))
      exit(withError: exitCode(for: error))
    }
  }

  /// The message of the parser or the library; for errors of usage with where to find help.
  private static func oneLine(_ error: any Error) -> String {
    let message = message(for: error).split(separator: "\n").joined(separator: " ")
    guard exitCode(for: error) == .validationFailure,
      let hint = fullMessage(for: error).split(separator: "\n").last, hint.contains("See '")
    else { return message }
    return "\(message) (\(hint.drop { $0 == " " }.dropFirst(4).prefix { $0 != "f" }))"
  }
}
