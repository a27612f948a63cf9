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
      Quantize.self, Inspect.self, GradCheck.self,
    ])

  static func main() {
    openStandardDescriptors()
    Interruption.prepare()
    MemoryLimit.prepare()
    HelpText.prepare()
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
      guard code != .success else { showHelp(error) }
      if !(error is ExitCode) {
        Note.error(
          UsageMessage.text(message(for: error), usage: code == .validationFailure ? fullMessage(for: error) : nil))
      }
      exit(withError: code)
    }
  }

  private static func showHelp(_ error: any Error) -> Never {
    do { try HelpText.show(fullMessage(for: error)) } catch {
      guard !error.isReaderGone else { exit() }
      Note.error(error.description)
      exit(withError: ExitCode(ExitStatus.failure.rawValue))
    }
    exit()
  }
}
