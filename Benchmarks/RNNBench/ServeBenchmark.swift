import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench serve`
struct ServeBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Many sessions of one model: their memory and threads, and steps a second singly and together.",
    discussion: """
      A model of one-hot characters in Float. Memory is what the process has resident after the sessions have taken a step, \
      less what it had before the server was made; the model itself is outside. Singly: a call a session; together: as many \
      sessions a call as --batch says. Both take turns; shown is the median of the rounds.
      """)

  @Option(name: .customLong("cell"), help: "A cell.") var cell = CellOption(argument: "lstm")!

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Hidden units.", valueName: "h"),
    transform: whole(1...LayerShape.largestSize))
  var hidden = 256

  @Option(parsing: .unconditional, help: ArgumentHelp("Characters.", valueName: "n"), transform: whole(2...100_000))
  var vocabulary = 60

  @Option(parsing: .unconditional, help: ArgumentHelp("Sessions.", valueName: "n"), transform: whole(1...1_000_000))
  var sessions = 1000

  @Option(
    name: .customLong("batch"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The most sessions of a call; may be given several times. (default: 16, 64)", valueName: "n"),
    transform: whole(1...100_000))
  var givenBatches: [Int] = []

  @OptionGroup var multiplying: ProductsOption
  @OptionGroup var measuring: MeasuringOptions

  func run() throws {
    try RNNBench.requireRelease()
    let configuration = ModelConfiguration(
      cell: cell.cell, input: .oneHot(vocabularySize: vocabulary), hiddenSize: hidden, outputSize: vocabulary)
    let model = try Model<Float>(configuration, seed: 1)
    try say("# \(ByteCount(model.parameterCount * MemoryLayout<Float>.stride)) of parameters; \(sessions) sessions")
    var rows = [["batch", "threads", "resident", "threads in all", "singly, steps/s", "together, steps/s", "ratio"]]
    for batch in givenBatches.isEmpty ? [16, 64] : givenBatches {
      for threads in measuring.threads {
        let before = try ProcessStatus()
        let server = try InferenceServer(
          model, maximumBatch: batch, products: multiplying.products, threads: threads)
        let all = (0..<sessions).map { _ in server.open() }
        let served = Served(server, all, vocabulary: vocabulary)
        served.singly()
        let after = try ProcessStatus()
        let times = interleavedMedians(
          rounds: measuring.rounds, secondsPerRound: 0.2, [served.singly, served.together])
        rows.append([
          "\(batch)", "\(threads)", "\(ByteCount(after.residentBytes - before.residentBytes))", "\(after.threads)",
          String(format: "%.0f", Double(sessions) / times[0]), String(format: "%.0f", Double(sessions) / times[1]),
          String(format: "%.2f", times[0] / times[1]),
        ])
      }
    }
    try say(table(rows, right: Set(rows[0].indices)))
  }
}

/// Sessions that take a step each, one way or the other.
private final class Served {
  private let server: InferenceServer<Float>
  private let sessions: [InferenceSession<Float>]
  private let batches: [[InferenceSession<Float>]]
  private let tokens: [Int32]
  /// Of one session, and of each batch.
  private var outputs: [Float]
  private var batchOutputs: [[Float]]

  init(_ server: InferenceServer<Float>, _ sessions: [InferenceSession<Float>], vocabulary: Int) {
    (self.server, self.sessions) = (server, sessions)
    let size = server.maximumBatch
    batches = stride(from: 0, to: sessions.count, by: size).map {
      Array(sessions[$0..<min($0 + size, sessions.count)])
    }
    tokens = sessions.indices.map { Int32($0 * 7 % vocabulary) }
    outputs = [Float](repeating: 0, count: vocabulary)
    batchOutputs = batches.map { [Float](repeating: 0, count: $0.count * vocabulary) }
  }

  func singly() {
    let tokens = tokens
    for (index, session) in sessions.enumerated() {
      run(session, tokens.span.extracting(index..<index + 1), into: &outputs)
    }
  }

  func together() {
    let tokens = tokens
    var first = 0
    for (index, batch) in batches.enumerated() {
      let own = tokens.span.extracting(first..<first + batch.count)
      run(batch, own, into: &batchOutputs[index])
      first += batch.count
    }
  }

  private func run(_ batch: [InferenceSession<Float>], _ tokens: Span<Int32>, into outputs: inout [Float]) {
    var target = outputs.mutableSpan
    server.run(batch, tokens: tokens, into: &target)
  }

  private func run(_ session: InferenceSession<Float>, _ tokens: Span<Int32>, into outputs: inout [Float]) {
    var target = outputs.mutableSpan
    session.run(tokens: tokens, into: &target)
  }
}
