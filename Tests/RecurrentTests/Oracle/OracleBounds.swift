package import Recurrent

/// The oracle for the tests of other modules: how far rounding may drive a computation of what a model makes of an input.
package struct OracleBounds {
  /// Of the outputs, [T, N, O] or [N, O], and of the final state, [part, L·D, N, H], in unit roundoffs.
  package let outputErrors: [Double]
  package let finalStateErrors: [Double]

  /// - Parameters:
  ///   - tokens: [T, N]; empty for a model of vectors.
  ///   - vectors: [T, N, I]; empty for a model of tokens.
  package init(
    _ model: Model<Double>, steps: Int, batchSize: Int, tokens: [Int32], vectors: [Double]
  ) throws {
    let configuration = model.configuration
    var problem = Problem(
      cell: OracleCell(rawValue: configuration.cell.name)!, configuration: configuration, steps: steps,
      batchSize: batchSize, loss: .meanSquaredError,
      parameters: Dictionary(uniqueKeysWithValues: model.table.entries.map { ($0.name, model[parameter: $0.name]) }),
      initialState: RecurrentState<Double>(zerosFor: configuration, batchSize: batchSize).values)
    problem.tokens = tokens
    problem.vectors = vectors
    // Outputs alone are looked at; what a loss would compare them with plays no part.
    problem.values = [Double](repeating: 0, count: problem.outputRows * configuration.outputSize)
    let solution = problem.solve()
    outputErrors = solution.outputs.map(\.error)
    finalStateErrors = solution.finalState.map(\.error)
  }

  /// How far the worst of the numbers lies from the expected one, in units of the bound on it.
  package static func worstRatio<S: Scalar>(_ actual: [S], _ expected: [Double], errors: [Double]) -> Double {
    RecurrentTests.worstRatio(actual, zip(expected, errors).map { Tracked($0, error: $1) }).ratio
  }

  /// Whether the bounds are narrow enough to say anything.
  package static func haveMeaning<S: Scalar>(_ expected: [Double], errors: [Double], for scalar: S.Type) -> Bool {
    hasMeaning(zip(expected, errors).map { Tracked($0, error: $1) }, S.self)
  }
}
