import ArgumentParser
import Foundation
import Kernels
import Recurrent
import RecurrentDistributed

/// `rnn-bench link`
struct LinkBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "What an exchange between processes takes: mpirun -np 2 rnn-bench link.",
    discussion: """
      Every rank sends each other one its share of a gradient of so many bytes, and gets theirs, twice: what a step of a \
      training does. The last line is what a model of the time needs: α, the time of an exchange of 8 bytes, and B, the bytes a second \
      that a rank sends, and gets at the same time, in exchanges of 1 MiB and more (medians). It needs a build with the trait MPI.
      """)

  @Option(
    name: .customLong("bytes"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Bytes of a gradient; may be given several times. (default: 4096, 65536, and 1, 4 and 16 MiB)", valueName: "n"),
    transform: whole(8...1_000_000_000))
  var givenSizes: [Int] = []

  @Option(
    name: .customLong("seconds"), parsing: .unconditional,
    help: ArgumentHelp("Seconds of measuring, of each size.", valueName: "n"), transform: whole(1...600))
  var duration = 1

  @Option(
    name: .customLong("json"), help: "Write the results to this file, an object; - for standard output.",
    transform: outputPath)
  var jsonPath: String?

  func run() throws {
    guard let launched = LaunchedRanks(), launched.count > 1 else {
      throw ValidationError("an exchange needs two processes or more: mpirun -np 2 rnn-bench link")
    }
    guard let ranks = try Ranks.launched() else { throw ValidationError("MPI knows of one process alone") }
    try RNNBench.requireRelease()
    if ranks.rank == 0 { try verifyWritable((jsonPath, "--json")) }
    let alpha = median(times(bytes: 0, ranks))
    let sizes = givenSizes.isEmpty ? [4096, 65_536, 1 << 20, 4 << 20, 16 << 20] : givenSizes
    let exchanges = sizes.map { bytes in
      LinkResult.Exchange(bytes, seconds: 2 * median(times(bytes: bytes, ranks)), alpha: alpha, ranks: ranks.count)
    }
    if ranks.rank == 0 { try report(LinkResult(ranks: ranks.count, alpha: alpha, exchanges)) }
    ranks.finish()
  }

  private func report(_ result: LinkResult) throws {
    try say("| bytes of a gradient | ms | MB/s, each way |")
    try say("|--:|--:|--:|")
    for exchange in result.exchanges { try say(exchange.line) }
    try say(result.summary)
    if let jsonPath { try writeJSON(result, to: jsonPath) }
  }

  /// Seconds of one pass of a gradient's shares from everybody to everybody.
  private func times(bytes: Int, _ ranks: Ranks) -> [Double] {
    // Of Floats, as gradients are.
    let share = max(2, bytes / ranks.count / 4)
    var memory = [Float](repeating: 0, count: 2 * share * ranks.count)
    let others = (0..<ranks.count).filter { $0 != ranks.rank }
    let sending = others.map { TransferPiece(rank: $0, bytes: $0 * share * 4..<($0 + 1) * share * 4) }
    let receiving = others.map {
      TransferPiece(rank: $0, bytes: (ranks.count + $0) * share * 4..<(ranks.count + $0 + 1) * share * 4)
    }
    func exchange() {
      var span = memory.mutableSpan
      var bytes = span.numberBytes
      ranks.exchange(&bytes, sending: sending, receiving: receiving)
    }
    for _ in 0..<3 { exchange() }
    // All do as many as rank 0 has time for.
    let count = Double(duration) / max(seconds(exchange), 1e-7)
    let agreed = Int(ranks.gather(UInt64(min(max(count, 5), 20_000)))[0])
    return (0..<agreed).map { _ in seconds(exchange) }
  }
}

/// What was measured of a link.
struct LinkResult: Encodable {
  struct Exchange: Encodable {
    let bytes: Int
    /// Of both passes.
    let milliseconds: Double
    let megabytesPerSecond: Double

    init(_ bytes: Int, seconds: Double, alpha: Double, ranks: Int) {
      self.bytes = bytes
      milliseconds = seconds * 1e3
      let sent = 2 * Double(bytes) * Double(ranks - 1) / Double(ranks)
      megabytesPerSecond = sent / max(seconds - 2 * alpha, 1e-9) * 1e-6
    }

    var line: String { String(format: "| %d | %.3f | %.0f |", bytes, milliseconds, megabytesPerSecond) }
  }

  let ranks: Int
  let alphaMicroseconds: Double
  let megabytesPerSecond: Double
  let exchanges: [Exchange]

  init(ranks: Int, alpha: Double, _ exchanges: [Exchange]) {
    (self.ranks, self.exchanges) = (ranks, exchanges)
    alphaMicroseconds = alpha * 1e6
    let large = exchanges.filter { $0.bytes >= 1 << 20 }
    megabytesPerSecond = median((large.isEmpty ? exchanges : large).map(\.megabytesPerSecond))
  }

  var summary: String {
    String(format: "# %d ranks: α %.1f µs, B %.0f MB/s", ranks, alphaMicroseconds, megabytesPerSecond)
  }
}
