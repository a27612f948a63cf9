import ArgumentParser

/// Measures how fast the engine's parts are on this machine.
@main
struct RNNBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rnn-bench",
    abstract: "Measure how fast Recurrent is on this machine.",
    discussion: """
      Results are compared before they are timed. Sides are interleaved and the median is shown: speeds of a shared \
      machine vary from moment to moment, ratios within one run much less. Exit codes: 0 measured, 1 results differ or \
      a file cannot be written, 64 wrong usage.
      """,
    subcommands: [MatrixProductBenchmark.self])

  /// A debug build measures the compiler's lack of zeal.
  static func requireRelease() throws {
    var isDebug = false
    assert({ isDebug = true }() == ())
    if isDebug {
      throw ValidationError("this is a debug build; run `swift run -c release rnn-bench …`")
    }
  }
}
