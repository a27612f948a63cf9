import Foundation
import Recurrent
import Testing

/// A file of weights as another framework saved it, and what that framework makes of an input with them.
struct ExchangeFixture {
  static let directory = Fixture.directory.appending(path: "Exchange")

  static func path(_ name: String) -> String { directory.appending(path: name).path }

  /// Compares what a model makes of the input with what the framework made of it, in both precisions, within the oracle's
  /// bounds for that very model.
  /// - Parameters:
  ///   - model: read from the file in double precision; all of its numbers are floats.
  ///   - isBatchFirst: Keras's order of dimensions, [N, T, ·].
  static func check(
    _ model: Model<Double>, run name: String, isBatchFirst: Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = try ArrayFile(path: path(name + "-run.safetensors"))
    let configuration = model.configuration
    let shape = try #require(file.entry("input")).shape
    let (steps, batchSize) = isBatchFirst ? (shape[1], shape[0]) : (shape[0], shape[1])
    func timeFirst<Element>(_ values: [Element]) -> [Element] {
      guard isBatchFirst, values.count % (steps * batchSize) == 0 else { return values }
      let width = values.count / (steps * batchSize)
      var result: [Element] = []
      for step in 0..<steps {
        for sequence in 0..<batchSize {
          let start = (sequence * steps + step) * width
          result += values[start..<start + width]
        }
      }
      return result
    }
    var problem = Problem(
      cell: try #require(OracleCell(rawValue: configuration.cell.name)), configuration: configuration, steps: steps,
      batchSize: batchSize, loss: .meanSquaredError,
      parameters: Dictionary(uniqueKeysWithValues: model.table.entries.map { ($0.name, model[parameter: $0.name]) }),
      initialState: RecurrentState<Double>(zerosFor: configuration, batchSize: batchSize).values)
    if configuration.input.vocabularySize == nil {
      problem.vectors = timeFirst(try file.values("input"))
    } else {
      problem.tokens = timeFirst(try file.integers("input"))
    }
    // Outputs alone are looked at; what a loss would compare them with plays no part.
    problem.values = [Double](repeating: 0, count: problem.outputRows * configuration.outputSize)
    let bounds = problem.solve()
    let values: [Double] = try file.values("output")
    let expected = zip(configuration.head.isPooled ? values : timeFirst(values), bounds.outputs).map {
      Tracked($0, error: $1.error)
    }
    try #require(expected.count == bounds.outputs.count)
    var final: [Tracked] = []
    for part in ["final_h", "final_c"] where file.entry(part) != nil {
      let values: [Double] = try file.values(part)
      final += values.map { Tracked($0, error: 0) }
    }
    if !final.isEmpty { final = zip(final, bounds.finalState).map { Tracked($0.value, error: $1.error) } }
    try check(model, problem, expected, final, sourceLocation)
    try check(Model<Float>(rounding: model), problem, expected, final, sourceLocation)
  }

  private static func check<S: Scalar>(
    _ model: Model<S>, _ problem: Problem, _ outputs: [Tracked], _ final: [Tracked], _ sourceLocation: SourceLocation
  ) throws {
    var pass = try InferencePass(model, steps: problem.steps, batchSize: problem.batchSize, threads: 1)
    if problem.tokens.isEmpty {
      let vectors = problem.vectors.map { S($0) }
      pass.run(vectors: vectors.span)
    } else {
      pass.run(tokens: problem.tokens.span)
    }
    let actual = pass.outputs
    #expect(worstRatio(actual, outputs).ratio <= 1, "outputs", sourceLocation: sourceLocation)
    #expect(hasMeaning(outputs, S.self), sourceLocation: sourceLocation)
    guard !final.isEmpty else { return }
    let state = pass.finalState.values
    #expect(worstRatio(state, final).ratio <= 1, "final state", sourceLocation: sourceLocation)
  }
}

extension Model<Float> {
  /// The same model in single precision.
  init(rounding model: Model<Double>) throws {
    self = try Model(model.configuration, seed: 0)
    for entry in table.entries { self[parameter: entry.name] = model[parameter: entry.name].map { Float($0) } }
  }
}

extension Model {
  /// All parameters by name.
  var allParameters: [String: [S]] {
    Dictionary(uniqueKeysWithValues: table.entries.map { ($0.name, self[parameter: $0.name]) })
  }
}
