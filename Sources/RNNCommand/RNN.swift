import ArgumentParser
import Recurrent
import Storage

/// The command `rnn`. Data go to standard output; progress, notes and errors to standard error.
@main
struct RNN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn",
    abstract: "Train recurrent neural networks on text, on series, on sequences and on pairs, and use them.",
    discussion: """
      A first model:

        rnn train --text book.txt
        rnn sample model.safetensors --prompt "Once "

      Tables and sequences: rnn forecast --help, rnn classify --help. Pairs of texts: rnn translate --help. \
      Tags of words: rnn tag --help.

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """,
    version: Fingerprint.packageVersion,
    subcommands: [
      Train.self, VocabularyCommand.self, Tokenize.self, Sample.self, Evaluate.self, Forecast.self, Reservoir.self,
      Classify.self, Tag.self, Translate.self,
      Refit.self, Run.self,
      Export.self, Import.self, Quantize.self, Compress.self, Inspect.self, Diagnose.self, GradCheck.self,
    ])

  static func main() {
    openStandardDescriptors()
    Interruption.prepare()
    MemoryLimit.prepare()
    HelpText.prepare()
    do {
      let arguments = PromptOptions.guarded(ProcessArguments.all)
      let subcommand = Subcommand(arguments)
      try Team.join(subcommand.names)
      try subcommand.check()
      var command = try parseAsRoot(arguments)
      try command.run()
      Team.leave()
    } catch let failure as Failure {
      switch failure.status {
      case .interrupted:
        Note.note(failure.message)
        Team.leave()
      case .notFinite:
        Note.error(failure.message)
        Team.leave()
      case .usage: fail(failure.status, Subcommand(ProcessArguments.all).advised(failure.message))
      case .failure: fail(failure.status, failure.message)
      }
      exit(withError: ExitCode(failure.status.rawValue))
    } catch let conflict as FileConflict {
      let text = conflict.description
      fail(
        conflict.isUsage ? .usage : .failure, conflict.isUsage ? Subcommand(ProcessArguments.all).advised(text) : text)
    } catch let error as OutputError {
      if error.isReaderGone { exit() }
      fail(.failure, error.description)
    } catch {
      let code = exitCode(for: error)
      guard code != .success else {
        Team.leave()
        showHelp(error)
      }
      Team.fail(code.rawValue) {
        guard !(error is ExitCode) else { return }
        let text = UsageMessage.text(message(for: error))
        Note.error(code == .validationFailure ? Subcommand(ProcessArguments.all).advised(text) : text)
      }
      exit(withError: code)
    }
  }

  private static func fail(_ status: ExitStatus, _ text: String) -> Never {
    Team.fail(status.rawValue) { Note.error(text) }
    exit(withError: ExitCode(status.rawValue))
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
