import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench low-rank`
struct LowRankBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "low-rank",
    abstract: "Models whose matrices are products of two thin ones, beside the same with whole matrices.",
    discussion: """
      Random models on vectors, I = H, a head of 64 outputs, Float: a training step (cross-entropy, Adam), inference on as many \
      steps and sequences, and a stream, one sequence and one step a call. Each rank is timed in turn with the model of \
      whole matrices; the speed-up is its time over that of the rank. The outputs are compared first with those of the factors \
      multiplied out.
      """)

  @Option(name: .customLong("cell"), help: "A cell; may be given several times. (default: lstm, gru)")
  var cells: [CellOption] = []

  @Option(
    name: .customLong("hidden"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Hidden units; may be given several times. (default: 256, 512)", valueName: "h"),
    transform: whole(1...LayerShape.largestSize))
  var givenSizes: [Int] = []

  @Option(
    name: .customLong("rank"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A rank of all matrices; may be given several times. (default: an eighth, a quarter and half of the hidden units)",
      valueName: "r"),
    transform: whole(1...LayerShape.largestSize))
  var givenRanks: [Int] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Layers.", valueName: "n"), transform: whole(1...LayerShape.mostLayers))
  var layers = 2

  @Option(parsing: .unconditional, help: ArgumentHelp("T.", valueName: "n"), transform: whole(1...100_000))
  var steps = 64

  @Option(parsing: .unconditional, help: ArgumentHelp("N.", valueName: "n"), transform: whole(1...100_000))
  var batchSize = 32

  @OptionGroup var multiplying: ProductsOption

  @OptionGroup var measuring: MeasuringOptions

  func run() throws {
    try RNNBench.requireRelease()
    try verifyWritable((measuring.jsonPath, "--json"))
    try say("# \(steps) steps of \(batchSize) sequences, \(layers) layers; \(measuring.rounds) rounds")
    var results: [LowRankResult] = []
    for cell in cells.isEmpty ? [LSTMCell.lstm, GRUCell.gru] : cells.map(\.cell) {
      for size in givenSizes.isEmpty ? [256, 512] : givenSizes {
        for threads in measuring.threads {
          let whole = try Side(cell, size, rank: nil, self, threads: threads)
          if results.isEmpty {
            try describeProducts(of: [("", whole.plan)])
            try say(LowRankResult.header)
          }
          for rank in givenRanks.isEmpty ? [size / 8, size / 4, size / 2] : givenRanks {
            let low = try Side(cell, size, rank: rank, self, threads: threads)
            try low.check()
            let result = measure(whole, low, cell, size, rank, threads)
            try say(result.line)
            results.append(result)
          }
        }
      }
    }
    if let path = measuring.jsonPath { try writeJSON(results, to: path) }
  }

  private func measure(
    _ whole: Side, _ low: Side, _ cell: any RecurrentCell, _ size: Int, _ rank: Int, _ threads: Int
  ) -> LowRankResult {
    func time(_ sides: [() -> Void]) -> LowRankResult.Times {
      let medians = interleavedMedians(rounds: measuring.rounds, secondsPerRound: 0.1, sides)
      return LowRankResult.Times(whole: medians[0], low: medians[1])
    }
    return LowRankResult(
      cell: cell.name, hidden: size, rank: rank, threads: threads, parameters: whole.parameterCount,
      lowParameters: low.parameterCount, training: time([whole.train, low.train]),
      inference: time([whole.infer, low.infer]), stream: time([whole.stream, low.stream]))
  }

  /// A model, and what is timed of it.
  private final class Side {
    private let model: Model<Float>
    private var trainer: Trainer<Float>
    private var batch: InferencePass<Float>
    private var single: InferencePass<Float>
    private let vectors: [Float]
    private let classes: [Int32]
    private let name: String

    init(
      _ cell: any RecurrentCell, _ size: Int, rank: Int?, _ options: LowRankBenchmark, threads: Int
    ) throws {
      var configuration = ModelConfiguration(
        cell: cell, input: .vectors(size: size), hiddenSize: size, layerCount: options.layers, outputSize: 64)
      if let rank {
        configuration.cutMatrices(to: rank)
        if let fault = cell.lowRankFault { throw ValidationError(fault) }
      }
      name = "\(cell.name), H \(size), rank \(rank ?? size)"
      model = try Model<Float>(configuration, seed: 1)
      trainer = try Trainer(
        model, batchSize: options.batchSize, sequenceLength: options.steps,
        products: options.multiplying.products, threads: threads)
      batch = try InferencePass(
        model, steps: options.steps, batchSize: options.batchSize, products: options.multiplying.products,
        threads: threads)
      single = try InferencePass(
        model, steps: 1, batchSize: 1, products: options.multiplying.products, threads: threads)
      var generator = SeededGenerator(seed: 2)
      let rows = options.steps * options.batchSize
      vectors = (0..<rows * size).map { _ in Float(generator.uniform(-1, 1)) }
      classes = (0..<rows).map { _ in Int32(generator.uniform() * 64) }
    }

    var plan: Plan { trainer.plan }
    var parameterCount: Int { model.parameterCount }

    func train() {
      let (vectors, classes) = (vectors, classes)
      let report = trainer.step(.vectors(vectors), .classes(classes))
      precondition(report.isFinite, "a loss of \(report.loss)")
    }

    func infer() {
      let vectors = vectors
      batch.run(vectors: vectors.span)
    }

    func stream() {
      let vectors = vectors
      single.run(vectors: vectors.span.extracting(0..<model.configuration.input.size), continuing: true)
    }

    /// Compares with the factors multiplied out, which round otherwise.
    func check() throws {
      infer()
      let (vectors, found) = (vectors, batch.outputs)
      var whole = try InferencePass(
        model.withWholeMatrices(), steps: batch.plan.steps, batchSize: batch.plan.batchSize, threads: 1)
      whole.run(vectors: vectors.span)
      let expected = whole.outputs
      let error = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
      guard error < 1e-3 else {
        throw WrongOutput(label: name, what: "off by \(error) from the factors multiplied out")
      }
    }
  }
}

/// Seconds of a step, of a batch and of a step of a stream.
private struct LowRankResult: Encodable {
  struct Times: Encodable {
    let whole: Double
    let low: Double

    var text: String { String(format: "%9.3f %9.3f %5.2f", whole * 1000, low * 1000, whole / low) }
  }

  let cell: String
  let hidden: Int
  let rank: Int
  let threads: Int
  let parameters: Int
  let lowParameters: Int
  let training: Times
  let inference: Times
  let stream: Times

  static let header =
    "#            rank thr  parameters        training ms        x            inference ms      x            stream ms         x"

  var line: String {
    String(
      format: "%@ %5d %5d %3d %9d %9d  %@  %@  %@", padded(cell, 5), hidden, rank, threads, parameters, lowParameters,
      training.text, inference.text, stream.text)
  }
}
