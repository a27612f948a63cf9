import Recurrent
import Testing

@Suite("State")
struct StateTests {
  private static let shape = Shape(steps: 6, batchSize: 3, inputSize: 4, hiddenSize: 5, layerCount: 2, seed: 4)

  /// One precision serves: what is tested does not depend on it.
  private func pass(_ problem: Problem) throws -> RecurrentPass<Double> {
    try RecurrentPass(problem.model(), steps: problem.steps, batchSize: problem.batchSize, threads: 1)
  }

  @Test("A zero state is no state, to the bit", arguments: OracleCell.allCases)
  func zeroState(cell: OracleCell) throws {
    let problem = try Problem.random(cell, Self.shape)
    var fresh = try pass(problem)
    problem.forward(&fresh)

    var used = try pass(problem)
    used.initialState = problem.state()
    problem.forward(&used)
    #expect(used.outputs != fresh.outputs)
    used.initialState = RecurrentState(zerosFor: problem.configuration, batchSize: problem.batchSize)
    problem.forward(&used)
    #expect(used.outputs == fresh.outputs)
    #expect(used.finalState == fresh.finalState)

    let gradient = [Double](repeating: 1, count: fresh.outputs.count)
    fresh.backward(outputGradient: gradient.span)
    used.backward(outputGradient: gradient.span)
    for name in problem.parameters.keys { #expect(used.gradient(of: name) == fresh.gradient(of: name)) }
    #expect(used.initialStateGradient == fresh.initialStateGradient)
  }

  /// Products of fewer rows may add in another order, so the pieces need not be equal to the bit; the bounds of the
  /// oracle hold for any order.
  @Test("A whole sequence is its pieces with the state carried", arguments: OracleCell.allCases, InputKind.allCases)
  func pieces(cell: OracleCell, input: InputKind) throws {
    let problem = try Problem.random(cell, Self.shape, input: input)
    let solution = problem.solve()
    var pass = try pass(problem)
    pass.initialState = problem.state()
    var outputs: [Double] = []
    for (start, steps) in [(0, 1), (1, 3), (4, 2)] {
      problem.piece(start, steps).forward(&pass)
      outputs += pass.outputs
      pass.initialState = pass.finalState
    }
    expectWithinBounds(outputs, solution.outputs, "outputs", problem.cell)
    expectWithinBounds(pass.initialState.values, solution.finalState, "final state", problem.cell)
  }

  @Test("A state is given back as it was set", arguments: OracleCell.allCases)
  func roundTrip(cell: OracleCell) throws {
    let problem = try Problem.random(cell, Self.shape)
    let state = problem.state(Double.self)
    var trainer = try Trainer<Double>(
      problem.model(), batchSize: problem.batchSize, sequenceLength: problem.steps, threads: 1)
    trainer.state = state
    #expect(trainer.state == state)
    var copy = state
    for part in 0..<state.partCount { copy[part: part] = state[part: part] }
    #expect(copy == state)
    trainer.resetState()
    #expect(trainer.state.values.allSatisfy { $0 == 0 })
  }

  // MARK: Truncated back-propagation

  @Test("A trainer carries the state from segment to segment", arguments: OracleCell.allCases)
  func truncated(cell: OracleCell) throws {
    let problem = try Problem.random(cell, Self.shape)
    // At rate 0 the parameters stay, so that the segments belong to one model.
    var trainer = try Trainer<Double>(
      problem.model(), batchSize: problem.batchSize, sequenceLength: 2, optimizer: .sgd(learningRate: 0),
      carriesState: true, threads: 1)
    trainer.state = problem.state()
    var loss = 0.0
    var reports: [StepReport] = []
    var starts: [RecurrentState<Double>] = []
    for segment in 0..<3 {
      starts.append(trainer.state)
      reports.append(problem.piece(2 * segment, 2).step(&trainer))
      loss += reports[segment].loss / 3
    }
    let solution = problem.solve()
    expectWithinBounds([loss], [solution.loss], "mean loss of the segments", problem.cell)
    expectWithinBounds(trainer.state.values, solution.finalState, "final state", problem.cell)

    // Gradients stop at the segment's start: each segment alone, from the state it started with, has the same.
    for segment in 0..<3 {
      var alone = problem.piece(2 * segment, 2)
      alone.initialState = starts[segment].values
      let solution = alone.solve()
      expectWithinBounds(
        [reports[segment].gradientNorm], [solution.gradientNorm], "norm of segment \(segment)", problem.cell)
    }
  }

  @Test("A trainer that does not carry the state starts every step from the same")
  func notCarried() throws {
    let problem = try Problem.random(.lstm, Self.shape)
    var trainer = try Trainer<Double>(
      problem.model(), batchSize: problem.batchSize, sequenceLength: problem.steps,
      optimizer: .sgd(learningRate: 0), threads: 1)
    trainer.state = problem.state()
    let first = problem.step(&trainer)
    #expect(trainer.state == problem.state())
    #expect(problem.step(&trainer).loss == first.loss)
  }

  @Test("Segments shorter than planned are as in a plan of their length", arguments: OracleCell.allCases, [1, 4])
  func shorter(cell: OracleCell, steps: Int) throws {
    for head in [ModelConfiguration.Head.everyStep, .lastStep] {
      var problem = try Problem.random(cell, Self.shape, head: head)
      if head == .everyStep { problem = problem.piece(0, steps) } else { problem.shorten(to: steps) }
      var results: [[[Double]]] = []
      var keepsRows = true
      for planned in [steps, 6] {
        var trainer = try Trainer<Double>(
          problem.model(), batchSize: 3, sequenceLength: planned, optimizer: .sgd(learningRate: 1), threads: 2)
        trainer.state = problem.state()
        keepsRows = keepsRows && trainer.plan.keepsRows
        let report = problem.step(&trainer)
        let model = trainer.model()
        results.append(
          problem.parameters.keys.sorted().map { model[parameter: $0] } + [[report.loss, report.gradientNorm]])
      }
      // Who multiplies may depend on the planned rows: of plans that do not keep rows the results are equal to rounding.
      let bound = RoundingBound(steps: steps, layers: 2, terms: 20)
      for (one, other) in zip(results[0], results[1]) { bound.expect(one, other, toTheBit: keepsRows, "\(head)") }
    }
  }
}

extension Problem {
  /// Steps `start..<start + steps` as a problem of their own, with a head at every step.
  func piece(_ start: Int, _ steps: Int) -> Problem {
    func rows<T>(_ values: [T]) -> [T] {
      let width = values.count / self.steps
      return Array(values[start * width..<(start + steps) * width])
    }
    var piece = self
    piece.steps = steps
    piece.tokens = rows(tokens)
    piece.vectors = rows(vectors)
    piece.classes = rows(classes)
    piece.values = rows(values)
    return piece
  }

  /// Takes the last steps away and keeps the targets, which belong to the last step.
  mutating func shorten(to steps: Int) {
    tokens.removeLast(tokens.count - tokens.count / self.steps * steps)
    vectors.removeLast(vectors.count - vectors.count / self.steps * steps)
    self.steps = steps
  }
}
