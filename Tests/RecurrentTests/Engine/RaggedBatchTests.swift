import Recurrent
import Testing

/// What a batch of sequences of different lengths gives for each of them is what that sequence gives alone: to the bit
/// where the plans keep rows (a row of our own products does not depend on the rows beside it), else to rounding.
@Suite("Ragged batches")
struct RaggedBatchTests {
  struct Structure: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let head: ModelConfiguration.Head
    let change: @Sendable (inout ModelConfiguration) -> Void
  }

  static let structures: [Structure] = [
    Structure(testDescription: "forward", head: .everyStep) { _ in },
    Structure(testDescription: "no head, residual, zoneout", head: .none) {
      $0.isResidual = true
      $0.zoneout = Zoneout(hidden: 0.3, cell: 0.4)
    },
    Structure(testDescription: "both directions, concatenated, all layers", head: .everyStep) {
      $0.directions = .both(merge: .concatenate)
      $0.headReadsAllLayers = true
    },
    Structure(testDescription: "both directions, product, last step", head: .lastStep) {
      $0.directions = .both(merge: .product)
    },
    Structure(testDescription: "both directions, sum, mean, residual", head: .meanOverSteps) {
      $0.directions = .both(merge: .sum)
      $0.isResidual = true
    },
    Structure(testDescription: "both directions, average, maximum, widths", head: .maxOverSteps) {
      $0.directions = .both(merge: .average)
      $0.hiddenSizes = [4, 6]
    },
    Structure(testDescription: "projection where the cell has one, both directions", head: .lastStep) {
      $0.directions = .both(merge: .concatenate)
      if $0.cell.structure.allowsProjection { $0.projectionSize = 3 }
    },
  ]

  private static let lengths = [4, 0, 6, 1, 4]
  private static let steps = 6

  private func problem(_ cell: OracleCell, _ structure: Structure, input: InputKind) throws -> Problem {
    try Problem.random(
      cell, Shape(steps: Self.steps, batchSize: 5, inputSize: 5, hiddenSize: 5, layerCount: 2, seed: 31), input: input,
      head: structure.head, lengths: Self.lengths, structure: structure.change)
  }

  /// All that a pass gives for one sequence.
  private struct Result<S: Scalar> {
    var outputs: [S]
    var layers: [[S]]
    var finalState: [S]
    var inputGradient: [S]
    var stateGradient: [S]
    /// Whether the plan promises that the rows that go along change no bit.
    var keepsRows: Bool
  }

  private func expect<S: Scalar>(_ result: Result<S>, _ expected: Result<S>, _ what: @autoclosure () -> String) {
    let isExact = result.keepsRows && expected.keepsRows
    // The longest sum is dZ·Wₕ, of four gates of at most 6 units, or over the steps in a pooled head.
    let bound = RoundingBound(steps: Self.steps, layers: 2, terms: 24)
    bound.expect(result.outputs, expected.outputs, toTheBit: isExact, "outputs of \(what())")
    for (one, other) in zip(result.layers, expected.layers) {
      bound.expect(one, other, toTheBit: isExact, "a layer of \(what())")
    }
    bound.expect(result.finalState, expected.finalState, toTheBit: isExact, "final state of \(what())")
    bound.expect(result.inputGradient, expected.inputGradient, toTheBit: isExact, "dinput of \(what())")
    bound.expect(result.stateGradient, expected.stateGradient, toTheBit: isExact, "dinitial state of \(what())")
  }

  /// Runs some sequences of a problem in this order as one batch, forward and back from gradients that belong to the
  /// sequences.
  /// - Returns: a result for each of them.
  private func run<S: Scalar>(
    _ problem: Problem, _ sequences: [Int], batchSize: Int, threads: Int, isRagged: Bool = true, _ scalar: S.Type
  ) throws -> [Result<S>] {
    let hasVectors = problem.tokens.isEmpty
    let configuration = problem.configuration
    let lengths = sequences.map { problem.lengths![$0] }
    var pass = try RecurrentPass<S>(
      problem.model(), steps: isRagged ? problem.steps : lengths[0], batchSize: batchSize, inputGradient: hasVectors,
      isRagged: isRagged, threads: threads)
    let rest = [Int](repeating: 0, count: batchSize - sequences.count)
    let initial = problem.state(S.self).selecting(sequences + rest)
    pass.initialState = initial
    func slices<Element: BitwiseCopyable & Sendable>(_ values: [Element], width: Int) -> [[Element]] {
      let all = problem.sequences(values, width: width)
      return sequences.map { Array(all[$0]) }
    }
    let vectors = hasVectors ? slices(problem.vectors.map { S($0) }, width: configuration.input.size) : []
    let tokens = hasVectors ? [] : slices(problem.tokens, width: 1)
    switch (hasVectors, isRagged) {
    case (true, true): pass.forward(.vectors(Sequences(vectors, width: configuration.input.size)))
    case (false, true): pass.forward(.tokens(Sequences(tokens)))
    case (true, false):
      let vectors = vectors[0]
      pass.forward(vectors: vectors.span)
    case (false, false):
      let tokens = tokens[0]
      pass.forward(tokens: tokens.span)
    }

    let width = configuration.outputSize
    let outputs: [[S]]
    if configuration.head.isPooled {
      let rows = pass.outputs
      outputs = sequences.indices.map { Array(rows[$0 * width..<($0 + 1) * width]) }
    } else {
      let all = pass.outputSequences
      outputs = sequences.indices.map { Array(all[$0]) }
    }
    let gradients = sequences.map { sequence in
      var generator = SeededGenerator(seed: UInt64(sequence))
      let rows = configuration.head.isPooled ? 1 : problem.lengths![sequence]
      return (0..<rows * width).map { _ in S(generator.uniform(-1, 1)) }
    }
    if configuration.head.isPooled || !isRagged {
      let gradient = gradients.flatMap { $0 }
      pass.backward(outputGradient: gradient.span)
    } else {
      pass.backward(outputGradient: Sequences(gradients, width: width))
    }

    let layers = (0..<configuration.layerCount).map { pass.layerOutputSequences($0) }
    let inputGradient = hasVectors ? pass.inputGradientSequences : nil
    let (final, stateGradient) = (pass.finalState, pass.initialStateGradient)
    // A sequence that is not in the batch has kept its state and has no gradient.
    for row in sequences.count..<batchSize {
      #expect(final.selecting([row]) == initial.selecting([row]))
      #expect(stateGradient.selecting([row]).values.allSatisfy { $0 == 0 })
    }
    return sequences.indices.map { row in
      Result(
        outputs: outputs[row], layers: layers.map { Array($0[row]) }, finalState: final.selecting([row]).values,
        inputGradient: inputGradient.map { Array($0[row]) } ?? [],
        stateGradient: stateGradient.selecting([row]).values, keepsRows: pass.plan.keepsRows)
    }
  }

  private func check<S: Scalar>(_ problem: Problem, _ scalar: S.Type) throws {
    var alone: [Result<S>] = []
    for sequence in 0..<5 {
      alone += try run(problem, [sequence], batchSize: 1, threads: 1, S.self)
      let among = try run(problem, [sequence], batchSize: 5, threads: 2, S.self)
      expect(among[0], alone[sequence], "sequence \(sequence), alone in a plan for five")
      guard problem.lengths![sequence] > 0 else { continue }
      let plain = try run(problem, [sequence], batchSize: 1, threads: 1, isRagged: false, S.self)
      expect(plain[0], alone[sequence], "sequence \(sequence), in a plan for one length")
    }
    // The second has no steps.
    #expect(alone[1].finalState == problem.state(S.self).selecting([1]).values)

    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [3, 1], [1, 2, 0]] {
      for threads in 1...3 {
        let results = try run(problem, order, batchSize: 5, threads: threads, S.self)
        for (row, sequence) in order.enumerated() {
          expect(results[row], alone[sequence], "sequence \(sequence) in \(order), \(threads) workers")
        }
      }
    }
  }

  @Test("Each sequence as if it were alone", arguments: OracleCell.allCases, structures)
  func alone(cell: OracleCell, structure: Structure) throws {
    try check(problem(cell, structure, input: .vectors), Float.self)
    try check(problem(cell, structure, input: .oneHot), Double.self)
  }

  /// As a service does that gives every stream that has something one more step.
  @Test("Inference goes on from the state of each sequence, step by step", arguments: OracleCell.allCases)
  func streams(cell: OracleCell) throws {
    let problem = try problem(cell, Self.structures[0], input: .oneHot)
    let tokens = problem.lengths!.indices.map { Array(problem.sequences(problem.tokens, width: 1)[$0]) }
    let model = try problem.model(Double.self)
    for batchSize in [1, 5] {
      var whole = try InferencePass<Double>(model, steps: Self.steps, batchSize: batchSize, threads: 1)
      var stepwise = try InferencePass<Double>(model, steps: 1, batchSize: batchSize, threads: 2)
      for first in stride(from: 0, to: 5, by: batchSize) {
        let batch = Array(first..<first + batchSize)
        let state = problem.state(Double.self).selecting(batch)
        whole.state = state
        stepwise.state = state
        whole.run(.tokens(Sequences(batch.map { tokens[$0] })), continuing: true)
        for step in 0..<Self.steps {
          stepwise.run(
            .tokens(Sequences(batch.map { step < tokens[$0].count ? [tokens[$0][step]] : [] })), continuing: true)
        }
        RoundingBound(steps: Self.steps, layers: 2, terms: 5).expect(
          stepwise.state.values, whole.state.values, toTheBit: stepwise.plan.keepsRows && whole.plan.keepsRows,
          "from sequence \(first)")
      }
    }
  }
}
