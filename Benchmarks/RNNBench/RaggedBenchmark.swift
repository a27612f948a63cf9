import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench ragged`
struct RaggedBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ragged",
    abstract: "Sequences of different lengths, beside as many steps of one length and beside padding.",
    discussion: """
      A training step of one layer without an update: forward, and backward to the parameters and the vectors of input. \
      Lengths are uniform from a tenth of T to T. 'full' has as many sequences and steps in all, every sequence as long as \
      the mean; 'padded' has every sequence T long. Outputs are compared with those of the padded batch first; sides are \
      timed in turn.
      """)

  @Option(name: .customLong("cell"), help: "A cell; may be given several times. (default: rnn, lstm, gru)")
  var cells: [CellOption] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("T, the longest sequence.", valueName: "n"),
    transform: whole(10...100_000))
  var steps = 100

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Sequences in a batch.", valueName: "n"), transform: whole(1...100_000))
  var batchSize = 32

  @Option(
    name: .customLong("hidden"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Hidden units and inputs; may be given several times. (default: 128, 256)", valueName: "h"),
    transform: whole(1...LayerShape.largestSize))
  var givenSizes: [Int] = []

  @Flag(help: "Layers that run both ways.")
  var bidirectional = false

  @OptionGroup var multiplying: ProductsOption

  @OptionGroup var measuring: MeasuringOptions

  func run() throws {
    try RNNBench.requireRelease()
    try verifyWritable((measuring.jsonPath, "--json"))
    let lengths = drawLengths()
    try say(
      "# \(batchSize) sequences of \(lengths.min()!) to \(lengths.max()!) steps, \(lengths.reduce(0, +)) in all; "
        + "milliseconds a step, \(measuring.rounds) rounds")
    try describeProducts(
      of: [false, true].map { isRagged in
        let configuration = configuration(CellOption.usual[0], 16)
        return (
          isRagged ? "ragged" : "full and padded",
          try Plan(
            configuration, steps: 2, batchSize: 2, purpose: .training(loss: nil, momentCount: 0), isRagged: isRagged,
            products: multiplying.products, scalar: Float.self)
        )
      })
    var results: [RaggedResult] = []
    var rows = [["cell", "H", "threads", "full", "ragged", "ratio", "padded", "ragged to padded"]]
    for cell in cells.isEmpty ? CellOption.usual : cells.map(\.cell) {
      for size in givenSizes.isEmpty ? [128, 256] : givenSizes {
        for threads in measuring.threads {
          let result = try measure(cell, size, lengths, threads)
          results.append(result)
          rows.append(result.row)
        }
      }
    }
    try say(table(rows, right: Set(1..<rows[0].count)))
    if let path = measuring.jsonPath { try writeJSON(results, to: path) }
  }

  /// Their sum is a multiple of their number, so that a full batch can have as many steps.
  private func drawLengths() -> [Int] {
    var generator = SeededGenerator(seed: 1)
    let least = max(1, steps / 10)
    var lengths = (0..<batchSize).map { _ in least + Int(generator.uniform() * Double(steps - least + 1)) }
    while !lengths.reduce(0, +).isMultiple(of: batchSize) {
      let index = Int(generator.uniform() * Double(batchSize))
      lengths[index] += lengths[index] < steps ? 1 : -1
    }
    return lengths
  }

  private func measure(
    _ cell: any RecurrentCell, _ size: Int, _ lengths: [Int], _ threads: Int
  ) throws -> RaggedResult {
    let model = try Model<Float>(configuration(cell, size), seed: 1)
    let mean = lengths.reduce(0, +) / batchSize
    let full = try Batch(
      model, lengths: lengths.map { _ in mean }, steps: mean, isRagged: false, multiplying.products, threads)
    let ragged = try Batch(model, lengths: lengths, steps: steps, isRagged: true, multiplying.products, threads)
    let padded = try Batch(
      model, lengths: lengths.map { _ in steps }, steps: steps, isRagged: false, multiplying.products, threads)
    if !bidirectional { try check(ragged, padded, lengths, "\(cell.name) \(size)") }
    let medians = interleavedMedians(
      rounds: measuring.rounds, secondsPerRound: 0.1, [full.run, ragged.run, padded.run])
    return RaggedResult(
      cell: cell.name, hidden: size, threads: threads, full: medians[0], ragged: medians[1], padded: medians[2])
  }

  private func configuration(_ cell: some RecurrentCell, _ size: Int) -> ModelConfiguration {
    ModelConfiguration(
      cell: cell, input: .vectors(size: size), hiddenSize: size,
      directions: bidirectional ? .both(merge: .concatenate) : .forward)
  }

  private func check(_ ragged: Batch, _ padded: Batch, _ lengths: [Int], _ label: String) throws {
    ragged.forward()
    padded.forward()
    let (own, other) = (ragged.outputs, padded.outputs)
    for (sequence, length) in lengths.enumerated() {
      let count = length * own.width
      let greatest = zip(own[sequence], other[sequence].prefix(count)).map { abs($0 - $1) }.max() ?? 0
      if greatest > 1e-5 { throw WrongOutput(label: label, what: "sequence \(sequence) is off by \(greatest)") }
    }
  }
}

/// A layer and a batch that stays; sequence i of every batch begins alike.
private final class Batch {
  private var pass: RecurrentPass<Float>
  private let vectors: Sequences<Float>
  private let gradient: Sequences<Float>

  init(_ model: Model<Float>, lengths: [Int], steps: Int, isRagged: Bool, _ products: Products, _ threads: Int) throws {
    let width = model.configuration.input.size
    func random(_ width: Int, _ seed: Int) -> Sequences<Float> {
      Sequences(
        lengths.enumerated().map { index, length in
          var generator = SeededGenerator(seed: UInt64(seed + index))
          return (0..<length * width).map { _ in Float(generator.uniform(-1, 1)) }
        }, width: width)
    }
    vectors = random(width, 1000)
    gradient = random(model.configuration.outputSize, 9000)
    pass = try RecurrentPass(
      model, steps: steps, batchSize: lengths.count, inputGradient: true, isRagged: isRagged, products: products,
      threads: threads)
    (flatVectors, flatGradient) = ([], [])
    if !isRagged {
      flatVectors = Self.timeMajor(vectors)
      flatGradient = Self.timeMajor(gradient)
    }
  }

  private var flatVectors: [Float]
  private var flatGradient: [Float]

  private static func timeMajor(_ sequences: Sequences<Float>) -> [Float] {
    let (steps, width) = (sequences.lengths[0], sequences.width)
    return (0..<steps).flatMap { step in
      (0..<sequences.count).flatMap { Array(sequences[$0].dropFirst(step * width).prefix(width)) }
    }
  }

  func forward() {
    pass.parametersChanged()
    let vectors = flatVectors
    if vectors.isEmpty { pass.forward(.vectors(self.vectors)) } else { pass.forward(vectors: vectors.span) }
  }

  func run() {
    forward()
    let gradient = flatGradient
    if gradient.isEmpty {
      pass.backward(outputGradient: self.gradient)
    } else {
      pass.backward(outputGradient: gradient.span)
    }
  }

  var outputs: Sequences<Float> { pass.outputSequences }
}

/// Seconds of a step.
private struct RaggedResult: Encodable {
  let cell: String
  let hidden: Int
  let threads: Int
  let full: Double
  let ragged: Double
  let padded: Double

  var row: [String] {
    func milliseconds(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1000) }
    return [
      cell, "\(hidden)", "\(threads)", milliseconds(full), milliseconds(ragged), String(format: "%.3f", ragged / full),
      milliseconds(padded), String(format: "%.3f", ragged / padded),
    ]
  }
}
