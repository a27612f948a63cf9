import Foundation
import Recurrent
import RecurrentExchange
import RecurrentTests
import Testing

/// A file of weights as another framework saved it, and what that framework makes of an input with them.
struct ExchangeFixture {
  static let directory = Bundle.module.bundleURL.appending(path: "Fixtures")

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
    var (tokens, vectors): ([Int32], [Double]) = ([], [])
    if configuration.input.vocabularySize == nil {
      vectors = timeFirst(try file.values("input"))
    } else {
      tokens = timeFirst(try file.integers("input"))
    }
    let bounds = try OracleBounds(model, steps: steps, batchSize: batchSize, tokens: tokens, vectors: vectors)
    let values: [Double] = try file.values("output")
    let outputs = configuration.head.isPooled ? values : timeFirst(values)
    try #require(outputs.count == bounds.outputErrors.count)
    var final: [Double] = []
    for part in ["final_h", "final_c"] where file.entry(part) != nil { final += try file.values(part) }

    func check<S: Scalar>(_ model: Model<S>) throws {
      var pass = try InferencePass(model, steps: steps, batchSize: batchSize, threads: 1)
      if tokens.isEmpty {
        let vectors = vectors.map { S($0) }
        pass.run(vectors: vectors.span, continuing: true)
      } else {
        pass.run(tokens: tokens.span, continuing: true)
      }
      #expect(
        OracleBounds.worstRatio(pass.outputs, outputs, errors: bounds.outputErrors) <= 1, "outputs",
        sourceLocation: sourceLocation)
      #expect(
        OracleBounds.haveMeaning(outputs, errors: bounds.outputErrors, for: S.self), sourceLocation: sourceLocation)
      guard !final.isEmpty else { return }
      #expect(
        OracleBounds.worstRatio(pass.finalState.values, final, errors: bounds.finalStateErrors) <= 1, "final state",
        sourceLocation: sourceLocation)
    }
    try check(model)
    try check(Model<Float>(rounding: model))
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
