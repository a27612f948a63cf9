import ArgumentParser
import Recurrent
import Storage

/// The command `rnn`. Data go to standard output; progress, notes and errors to standard error.
@main
struct RNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn",
    abstract: "Train recurrent neural networks on text, on series and on sequences, and use them.",
    discussion: """
      A first model:

        rnn train --text book.txt
        rnn sample model.safetensors --prompt "Once "

      Tables and sequences: rnn forecast --help, rnn classify --help.

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """,
    version: Fingerprint.packageVersion,
    subcommands: [
      Train.self, Sample.self, Evaluate.self, Forecast.self, Classify.self, Run.self, Export.self, Import.self,
      Inspect.self, GradCheck.self,
    ])

  static func main() {
    openStandardDescriptors()
    Interruption.prepare()
    MemoryLimit.prepare()
    do {
      var command = try parseAsRoot(PromptOptions.guarded(ProcessArguments.all))
      try command.run()
    } catch let failure as Failure {
      if case .interrupted = failure.status { Note.note(failure.message) } else { Note.error(failure.message) }
      exit(withError: ExitCode(failure.status.rawValue))
    } catch let conflict as FileConflict {
      Note.error(conflict.description)
      exit(withError: ExitCode((conflict.isUsage ? ExitStatus.usage : .failure).rawValue))
    } catch let error as OutputError {
      if error.isReaderGone { exit() }
      Note.error(error.description)
      exit(withError: ExitCode(ExitStatus.failure.rawValue))
    } catch {
      let code = exitCode(for: error)
      guard code != .success, !(error is ExitCode) else { exit(withError: error) }
      Note.error(oneLine(error, isUsage: code == .validationFailure))
      exit(withError: code)
    }
  }

  /// The message of the parser or the library; for errors of usage with where to find help.
  private static func oneLine(_ error: any Error, isUsage: Bool) -> String {
    let message = message(for: error).split(separator: "\n").joined(separator: " ")
    // The parser knows which subcommand it was, but says so only at the end of its long message.
    let parts = isUsage ? fullMessage(for: error).split(separator: "See '") : []
    guard parts.count > 1, let command = parts[parts.count - 1].split(separator: "'").first else { return message }
    return "\(message) (see '\(command)')"
  }
}
