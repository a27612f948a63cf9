import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench memory`
struct MemoryBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory",
    abstract: "What a training step on long sequences needs, everything kept and computed again in segments.",
    discussion: """
      Adam on one-hot tokens, a head at every step. 'planned' is what the plan says, 'resident' by how much the process's \
      resident size grew from before the trainer was made to after its first step. Losses and gradient norms of all ways \
      must be the same to the bit; where OpenBLAS multiplies, to rounding.
      """)

  @Option(help: "The cell.")
  var cell = CellOption(argument: "lstm")!

  @Option(parsing: .unconditional, help: ArgumentHelp("T.", valueName: "n"), transform: whole(2...1_000_000))
  var steps = 10_000

  @Option(parsing: .unconditional, help: ArgumentHelp("N.", valueName: "n"), transform: whole(1...10_000))
  var batchSize = 8

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Hidden units.", valueName: "h"),
    transform: whole(1...LayerShape.largestSize))
  var hidden = 128

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Layers.", valueName: "n"), transform: whole(1...LayerShape.mostLayers))
  var layers = 2

  @Option(
    name: .customLong("segment"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Steps of a segment; may be given several times. (default: about √T)", valueName: "n"),
    transform: whole(1...1_000_000))
  var segments: [Int] = []

  @OptionGroup var multiplying: ProductsOption

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Threads; 0: one for each processor.", valueName: "n"),
    transform: whole(0...1024))
  var threads = 0

  func run() throws {
    try RNNBench.requireRelease()
    let sizes = segments.isEmpty ? [Int(Double(steps).squareRoot().rounded())] : segments
    var rows = [["kept", "planned", "resident", "seconds a step", "loss"]]
    try describeProducts(
      of: [("segments", sizes.min()), ("all steps", nil)].map { name, segmentSteps in
        (
          name,
          try Plan(
            configuration, steps: steps, batchSize: batchSize, purpose: .training(loss: .crossEntropy, momentCount: 2),
            segmentSteps: segmentSteps, products: multiplying.products, scalar: Float.self)
        )
      })
    var reports: [StepReport] = []
    var fingerprints: Set<Fingerprint> = []
    // The smallest first, so that no freed memory is counted to a later one.
    for recomputing in sizes.sorted().map({ Recomputation.segments(ofSteps: $0) }) + [.none] {
      let before = try ProcessStatus().residentBytes
      var trainer = try makeTrainer(recomputing)
      let tokens = (0..<steps * batchSize).map { Int32($0 * 7919 % 50) }
      let classes = (0..<steps * batchSize).map { Int32($0 * 104_729 % 50) }
      let report = trainer.step(.tokens(tokens), .classes(classes))
      let grown = try ProcessStatus().residentBytes - before
      let time = median((0..<3).map { _ in seconds { _ = trainer.step(.tokens(tokens), .classes(classes)) } })
      reports.append(report)
      fingerprints.insert(trainer.fingerprint)
      let name = if case .segments(let size) = recomputing { "\(size) steps" } else { "all \(steps) steps" }
      rows.append([
        name, "\(ByteCount(trainer.plan.totalBytes))", "\(ByteCount(grown))", String(format: "%.2f", time),
        "\(report.loss)",
      ])
    }
    try say(table(rows, right: [1, 2, 3, 4]))
    let isExact = fingerprints.allSatisfy { $0.products == Products.packed.rawValue }
    if isExact ? Set(reports).count != 1 : !areClose(reports.map(\.loss)) || !areClose(reports.map(\.gradientNorm)) {
      throw WrongOutput(label: "memory", what: "recomputation changes loss or gradient: \(reports)")
    }
  }

  /// To 10⁻⁴, some hundred times the rounding of sums of so many products.
  private func areClose(_ values: [Double]) -> Bool {
    guard let least = values.min(), let greatest = values.max() else { return true }
    return greatest - least <= 1e-4 * greatest
  }

  private var configuration: ModelConfiguration {
    ModelConfiguration(
      cell: cell.cell, input: .oneHot(vocabularySize: 50), hiddenSize: hidden, layerCount: layers, outputSize: 50)
  }

  private func makeTrainer(_ recomputing: Recomputation) throws -> Trainer<Float> {
    try Trainer(
      Model(configuration, seed: 1), batchSize: batchSize, sequenceLength: steps, recomputing: recomputing,
      products: multiplying.products, threads: threads)
  }
}
