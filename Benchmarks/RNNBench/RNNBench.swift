import ArgumentParser
import Storage

/// Measures how fast the engine's parts are on this machine.
@main
struct RNNBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn-bench",
    abstract: "Measure how fast Recurrent is on this machine.",
    discussion: """
      Results are compared before they are timed. Sides are interleaved and the median is shown: speeds of a shared \
      machine vary from moment to moment, ratios within one run much less. Exit codes: 0 measured, 1 results differ, a \
      file cannot be written or memory is lacking, 64 wrong usage.
      """,
    subcommands: [
      MatrixProductBenchmark.self, LayersBenchmark.self, BitsBenchmark.self, StreamBenchmark.self, PeakBenchmark.self,
      ServeBenchmark.self, CrowdBenchmark.self, RaggedBenchmark.self, RegularisersBenchmark.self, MemoryBenchmark.self,
      TasksBenchmark.self, DatesBenchmark.self, RoundingBenchmark.self, ReservoirBenchmark.self, LowRankBenchmark.self,
      PanelTable.self, LinkBenchmark.self, ScalingTable.self,
    ])

  /// Errors are one line on standard error, as those of `rnn`.
  static func main() {
    openStandardDescriptors()
    do {
      var command = try parseAsRoot(ProcessArguments.all)
      try command.run()
    } catch let conflict as FileConflict {
      note("error: \(conflict)")
      exit(withError: conflict.isUsage ? ExitCode.validationFailure : .failure)
    } catch {
      let code = exitCode(for: error)
      guard code != .success, !(error is ExitCode) else { exit(withError: error) }
      let message = message(for: error).split(separator: "\n").joined(separator: " ")
      note("error: \(printable(message, limit: .max))")
      exit(withError: code)
    }
  }

  /// A debug build measures the compiler's lack of zeal.
  static func requireRelease() throws {
    var isDebug = false
    assert({ isDebug = true }() == ())
    if isDebug {
      throw ValidationError("this is a debug build; run `swift run -c release rnn-bench …`")
    }
  }
}
