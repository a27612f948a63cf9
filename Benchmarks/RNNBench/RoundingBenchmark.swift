import ArgumentParser
import Foundation
import Recurrent

/// `rnn-bench rounding`
struct RoundingBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rounding",
    abstract: "What each precision of weights does to h over many steps.",
    discussion: """
      One layer without a head, I = H, one sequence of random vectors, one step a call, beside the same model in double \
      precision: the greatest error of an element of h, the root of the mean square error, and the same in the last \
      tenth of the steps, which shows whether errors grow. h is -1 to 1.
      """)

  @Option(name: .customLong("cell"), help: "A cell; may be given several times. (default: rnn, lstm, gru)")
  var cells: [CellOption] = []

  @Option(help: ArgumentHelp("Hidden units.", valueName: "h"), transform: whole(1...LayerShape.largestSize))
  var hidden = 256

  @Option(help: ArgumentHelp("Steps.", valueName: "n"), transform: whole(10...1_000_000))
  var steps = 1000

  func run() throws {
    try say("# H \(hidden), \(steps) steps; errors of h against double precision")
    try say("cell  weights    greatest  root mean square  of the last tenth")
    let shape = LayerShape(steps, 1, hidden, hidden)
    let data = try LayerData(shape)
    for cell in cells.isEmpty ? CellOption.usual : cells.map(\.cell) {
      let model = try Model<Float>(shape.configuration(cell), seed: 1)
      var reference = try Model<Double>(shape.configuration(cell), seed: 1)
      for entry in model.table.entries {
        reference[parameter: entry.name] = model[parameter: entry.name].map(Double.init)
      }
      let exact = try outputs(of: reference, data.vectors.map(Double.init), .full)
      for precision in WeightPrecision.allCases {
        let found = try outputs(of: model, data.vectors, precision)
        let errors = zip(found, exact).map { abs(Double($0) - $1) }
        let name = precision == .full ? "float" : precision.rawValue
        try say(
          String(
            format: "%@  %@   %.1e  %.1e           %.1e", padded(cell.name, 4), padded(name, 8),
            errors.max() ?? 0, rootMeanSquare(errors[...]), rootMeanSquare(errors.suffix(errors.count / 10))))
      }
    }
  }

  /// [T, H], a step a call.
  private func outputs<S: Scalar>(of model: Model<S>, _ vectors: [S], _ precision: WeightPrecision) throws -> [S] {
    var pass = try InferencePass(model, steps: 1, batchSize: 1, products: .packed, precision: precision, threads: 1)
    var outputs: [S] = []
    for step in 0..<steps {
      pass.run(vectors: vectors.span.extracting(step * hidden..<(step + 1) * hidden), continuing: true)
      outputs += pass.outputs
    }
    return outputs
  }

  private func rootMeanSquare(_ errors: ArraySlice<Double>) -> Double {
    (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
  }
}
