import ArgumentParser
import Foundation
import Kernels
import Storage
import Recurrent

/// `rnn-bench peak`
struct PeakBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak",
    abstract: "What the processor can do at most: multiply-adds, and reading from each cache and memory.",
    discussion: """
      Multiply-adds run on independent sums in registers. An array is read by adding it up, with one load and one \
      addition a vector; it takes half of the cache that is measured, each thread having its own part, and of memory \
      four times the largest cache. Several threads read a private cache each, and a shared one together.
      """)

  @OptionGroup var measuring: MeasuringOptions

  func run() throws {
    try RNNBench.requireRelease()
    try verifyWritable((measuring.jsonPath, "--json"))
    try say("# \(Processor.instructionSet); \(measuring.rounds) rounds: the best multiply-adds, the median of reading")
    try say("| threads | Float GF/s | Double GF/s |\n|--------:|-----------:|------------:|")
    var result = PeakResult(instructionSet: Processor.instructionSet)
    for threads in measuring.threads {
      let (single, double) = try (PeakMeter<Float>(threads: threads), PeakMeter<Double>(threads: threads))
      var samples: [(Double, Double)] = []
      for _ in 0..<measuring.rounds { samples.append((single.gigaflops(), double.gigaflops())) }
      let (float32, float64) = (samples.map(\.0).max()!, samples.map(\.1).max()!)
      result.multiplyAdd += [
        .init(scalar: "float32", threads: threads, gigaflops: float32),
        .init(scalar: "float64", threads: threads, gigaflops: float64),
      ]
      try say(String(format: "| %7d | %10.1f | %11.1f |", threads, float32, float64))
    }
    try say("\n| level  | bytes read | threads |   GB/s |\n|--------|-----------:|--------:|-------:|")
    for level in levels {
      for threads in measuring.threads {
        let bytes = level.isPrivate ? level.bytes * threads : level.bytes
        let meter = try ReadMeter(bytes: bytes, threads: threads)
        let speed = median((0..<measuring.rounds).map { _ in meter.gigabytesPerSecond() })
        result.read.append(.init(level: level.name, bytes: bytes, threads: threads, gigabytesPerSecond: speed))
        let name = level.name.padding(toLength: 6, withPad: " ", startingAt: 0)
        try say("| \(name) " + String(format: "| %10d | %7d | %6.1f |", bytes, threads, speed))
      }
    }
    if let path = measuring.jsonPath { try writeJSON(result, to: path) }
  }

  /// What to read in each level; of memory at most an eighth of what is available.
  private var levels: [(name: String, bytes: Int, isPrivate: Bool)] {
    let caches = CacheLevel.all
    let beyond = max(4 * (caches.last?.bytes ?? 0), 256 << 20)
    return caches.map { ($0.name, $0.bytes / 2, !$0.isShared) }
      + [("memory", min(beyond, SystemMemory.available() / 8), false)]
  }
}

/// As `--json` writes it.
struct PeakResult: Encodable {
  struct MultiplyAdd: Encodable {
    let scalar: String
    let threads: Int
    let gigaflops: Double
  }

  struct Read: Encodable {
    let level: String
    let bytes: Int
    let threads: Int
    let gigabytesPerSecond: Double
  }

  let instructionSet: String
  var multiplyAdd: [MultiplyAdd] = []
  var read: [Read] = []
}
