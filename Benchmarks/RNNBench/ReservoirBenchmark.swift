import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench reservoir`
struct ReservoirBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reservoir",
    abstract: "Draw, run and fit reservoirs: seconds, and errors on the usual series.",
    discussion: """
      Times are of one input and 10,000 steps: to draw the reservoir, to run it, and to fit its readout by ridge regression \
      (sums and Cholesky; the run is not counted again). Errors are the median, the least and the greatest over seeds: of Mackey \
      and Glass one step ahead, 84 ahead by a readout of its own and running freely, of NARMA 10, and the Lyapunov times that \
      Lorenz is followed for. All in double precision unless --single is given.

      scripts/compare-reservoirs measures reservoirpy on the same series.
      """)

  @Option(
    name: .customLong("units"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Units; may be given several times. (default: 100, 500, 1000)", valueName: "n"),
    transform: whole(1...100_000))
  var givenUnits: [Int] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Seeds of the errors; 0: none.", valueName: "n"),
    transform: whole(0...1000))
  var seeds = 5

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads.", valueName: "n"), transform: whole(1...1024))
  var threads = 1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Timed rounds; the median is shown.", valueName: "n"),
    transform: whole(1...1000))
  var rounds = 5

  @Flag(help: "In single precision, the sums of the fit apart.")
  var single = false

  @Option(
    name: .customLong("series"),
    help: ArgumentHelp("Write the series of the errors into this folder, and measure nothing.", valueName: "folder"))
  var seriesFolder: String?

  @Option(
    help: ArgumentHelp(
      "The folder of JapaneseVowels_TRAIN.ts and JapaneseVowels_TEST.ts: which speaker, too, by the last state.",
      valueName: "folder"))
  var vowels: String?

  @Flag(help: "Diagnose the reservoir of reservoirpy's README beside the one that is measured here, instead.")
  var diagnosed = false

  private var units: [Int] { givenUnits.isEmpty ? [100, 500, 1000] : givenUnits }

  private static let connections: [(name: String, kind: ReservoirConfiguration.Connections)] = [
    ("sparse, 0.1", .sparse(density: 0.1)), ("blocks, 0.1", .blockSparse(density: 0.1)),
  ]

  func run() throws {
    try RNNBench.requireRelease()
    if let seriesFolder {
      for task in ReservoirTask.allCases {
        for seed in 1...UInt64(max(1, seeds)) { try task.write(seed: seed, to: seriesFolder) }
      }
      return
    }
    if diagnosed { return try diagnose() }
    if single { try measure(Float.self) } else { try measure(Double.self) }
  }

  private func measure<S: Scalar>(_ scalar: S.Type) throws {
    try say("| units | connections | start | run | µs a step | fit | resident |")
    try say("|--:|---|--:|--:|--:|--:|--:|")
    for count in units {
      for (name, kind) in Self.connections { try time(count, name, kind, scalar) }
    }
    guard seeds > 0 else { return }
    try say("")
    try say(
      "| task | " + units.flatMap { count in Self.connections.map { "\(count), \($0.name)" } }.joined(separator: " | ")
        + " |")
    try say("|---|" + String(repeating: "---|", count: units.count * Self.connections.count))
    for task in ReservoirTask.allCases {
      var cells: [String] = []
      for count in units {
        for (_, kind) in Self.connections {
          let scores = try (1...UInt64(seeds)).flatMap { seed in
            try task.scores(units: count, kind, seed: seed, threads: threads, scalar)
          }
          cells.append(Self.text(scores))
        }
      }
      try say("| \(task.rawValue) | " + cells.joined(separator: " | ") + " |")
    }
    guard let vowels else { return }
    let data = try VowelsTask(folder: vowels)
    var cells: [String] = []
    for count in units {
      for (_, kind) in Self.connections {
        cells.append(
          Self.text(
            try (1...UInt64(seeds)).map { try data.rightShare(units: count, kind, seed: $0, threads: threads, scalar) })
        )
      }
    }
    try say("| Japanese vowels, right | " + cells.joined(separator: " | ") + " |")
  }

  private func diagnose() throws {
    try say("| setting | units | error, 1 step | largest exponent | found |")
    try say("|---|--:|--:|--:|---|")
    for reservoir in DiagnosedReservoir.all {
      for count in units {
        let found = try (1...UInt64(max(1, seeds))).map {
          try reservoir.measure(units: count, seed: $0, threads: threads)
        }
        let kinds = Set(found.flatMap(\.findings).map(\.rawValue)).sorted().joined(separator: ", ")
        try say(
          "| \(reservoir.name) | \(count) | \(Self.text(found.map(\.error))) | \(Self.text(found.map(\.exponent))) | \(kinds) |"
        )
      }
    }
  }

  private static func text(_ scores: [Double]) -> String {
    func short(_ value: Double) -> String { String(format: value > 0.9 && value < 1 ? "%.3f" : "%.2g", value) }
    let sorted = scores.sorted()
    return "\(short(median(scores))) [\(short(sorted[0])), \(short(sorted[sorted.count - 1]))]"
  }

  private func time<S: Scalar>(
    _ count: Int, _ name: String, _ kind: ReservoirConfiguration.Connections, _ scalar: S.Type
  ) throws {
    let steps = 10_000
    var configuration = ReservoirConfiguration(inputSize: 1, outputSize: 1, unitCount: count)
    configuration.connections = kind
    configuration.inputDensity = 1
    var generator = SeededGenerator(seed: 1)
    let input = (0...steps).map { _ in S(generator.uniform(-1, 1)) }
    let target = Array(input[1...])
    var (starts, runs, fits): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<rounds {
      var drawn: Model<S>?
      let clock = ContinuousClock()
      starts.append(try clock.measure { drawn = try Model<S>(configuration, seed: 1) }.seconds)
      guard let model = drawn else { return }
      var pass = try InferencePass(model, steps: 500, batchSize: 1, threads: threads)
      let run = clock.measure {
        for first in stride(from: 0, to: steps, by: 500) {
          pass.run(vectors: input.span.extracting(first..<first + 500), continuing: first > 0)
        }
      }.seconds
      runs.append(run)
      let whole = try clock.measure {
        _ = try model.fittingHead(
          to: .vectors(Array(input[..<steps])), .values(target), RidgeOptions(penalty: .fixed(1e-6), washout: 100),
          threads: threads)
      }.seconds
      fits.append(whole - run)
    }
    let resident = try ProcessStatus().residentBytes >> 20
    try say(
      "| \(count) | \(name) | \(String(format: "%.3f", median(starts))) s | \(String(format: "%.3f", median(runs))) s | "
        + "\(String(format: "%.1f", median(runs) / Double(steps) * 1e6)) | \(String(format: "%.3f", median(fits))) s | \(resident) MiB |"
    )
  }
}
