import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench regularisers`
struct RegularisersBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regularisers",
    abstract: "Training steps with norms, masks and other options, beside the plain cell.",
    discussion: """
      A training step of two layers with a head of 10 outputs, mean squared error and Adam. Each option is timed in turn \
      with the plain model of the same cell and shape; the ratio is its time over the plain one's.
      """)

  @Option(
    name: .customLong("hidden"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Hidden units and inputs; may be given several times. (default: 128, 256)", valueName: "h"),
    transform: whole(1...LayerShape.largestSize))
  var givenSizes: [Int] = []

  @Option(parsing: .unconditional, help: ArgumentHelp("T.", valueName: "n"), transform: whole(1...100_000))
  var steps = 50

  @Option(parsing: .unconditional, help: ArgumentHelp("N.", valueName: "n"), transform: whole(1...100_000))
  var batchSize = 32

  @OptionGroup var multiplying: ProductsOption

  @OptionGroup var measuring: MeasuringOptions

  private struct Variant {
    let name: String
    var cell: any RecurrentCell
    var change: (inout ModelConfiguration) -> Void = { _ in }
  }

  private func variants(of plain: any RecurrentCell) -> [Variant] {
    let normed = BuiltInCells.named(plain.name + "-norm").map { [Variant(name: "layer norm", cell: $0)] } ?? []
    return normed + [
      Variant(name: "dropout between layers", cell: plain) { $0.dropout = 0.3 },
      Variant(name: "variational dropout", cell: plain) {
        $0.dropout = 0.3
        $0.isDropoutVariational = true
      },
      Variant(name: "recurrent dropout", cell: plain) { $0.recurrentDropout = 0.3 },
      Variant(name: "zoneout", cell: plain) { $0.zoneout = Zoneout(hidden: 0.1, cell: 0.1) },
      Variant(name: "trained initial state", cell: plain) { $0.trainsInitialState = true },
      Variant(name: "residual", cell: plain) { $0.isResidual = true },
    ]
  }

  func run() throws {
    try RNNBench.requireRelease()
    try verifyWritable((measuring.jsonPath, "--json"))
    try say("# \(steps) steps of \(batchSize) sequences, 2 layers; milliseconds a step, \(measuring.rounds) rounds")
    let simple = ModelConfiguration(cell: .rnn, input: .vectors(size: 16), hiddenSize: 16, outputSize: 10)
    try describeProducts(of: [
      (
        "",
        try Plan(
          simple, steps: 2, batchSize: 2, purpose: .training(loss: nil, momentCount: 0), products: multiplying.products,
          scalar: Float.self)
      )
    ])
    var results: [RegulariserResult] = []
    var rows = [["cell", "H", "threads", "option", "plain", "with it", "ratio"]]
    for cell in CellOption.usual {
      for size in givenSizes.isEmpty ? [128, 256] : givenSizes {
        for threads in measuring.threads {
          let plain = try Training(Variant(name: "", cell: cell), self, size, threads)
          for variant in variants(of: cell) {
            let other = try Training(variant, self, size, threads)
            let medians = interleavedMedians(
              rounds: measuring.rounds, secondsPerRound: 0.1, [plain.step, other.step])
            let result = RegulariserResult(
              cell: cell.name, hidden: size, threads: threads, option: variant.name, plain: medians[0], with: medians[1]
            )
            results.append(result)
            rows.append(result.row)
          }
        }
      }
    }
    try say(table(rows, right: [1, 2, 4, 5, 6]))
    if let path = measuring.jsonPath { try writeJSON(results, to: path) }
  }

  private final class Training {
    private var trainer: Trainer<Float>
    private let vectors: [Float]
    private let values: [Float]

    init(_ variant: Variant, _ options: RegularisersBenchmark, _ size: Int, _ threads: Int) throws {
      var configuration = ModelConfiguration(
        cell: variant.cell, input: .vectors(size: size), hiddenSize: size, layerCount: 2, outputSize: 10)
      variant.change(&configuration)
      trainer = try Trainer(
        Model(configuration, seed: 1), batchSize: options.batchSize, sequenceLength: options.steps,
        loss: .meanSquaredError, products: options.multiplying.products, threads: threads)
      var generator = SeededGenerator(seed: 2)
      let rows = options.steps * options.batchSize
      vectors = (0..<rows * size).map { _ in Float(generator.uniform(-1, 1)) }
      values = (0..<rows * 10).map { _ in Float(generator.uniform(-1, 1)) }
    }

    func step() {
      let (vectors, values) = (vectors, values)
      let report = trainer.step(.vectors(vectors), .values(values))
      precondition(report.isFinite, "a loss of \(report.loss)")
    }
  }
}

/// Seconds of a step.
private struct RegulariserResult: Encodable {
  let cell: String
  let hidden: Int
  let threads: Int
  let option: String
  let plain: Double
  let with: Double

  var row: [String] {
    [
      cell, "\(hidden)", "\(threads)", option, String(format: "%.2f", plain * 1000),
      String(format: "%.2f", with * 1000),
      String(format: "%.3f", with / plain),
    ]
  }
}
