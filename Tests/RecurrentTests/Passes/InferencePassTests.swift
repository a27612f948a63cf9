import Recurrent
import Testing

@Suite("Inference passes")
struct InferencePassTests {
  private static let shape = Shape(steps: 6, batchSize: 3, inputSize: 4, hiddenSize: 5, layerCount: 2, seed: 4)

  /// The same products on the same packed or unpacked weights: whether few rows or many, the bounds of the oracle hold.
  @Test(
    "The whole and its pieces are what the oracle gives", arguments: OracleCell.allCases,
    InputKind.allCases)
  func pieces(cell: OracleCell, input: InputKind) throws {
    for head in [ModelConfiguration.Head.everyStep, .none] {
      // 18 rows use packed products throughout, 72 do not.
      for batchSize in [3, 12] {
        var shape = Self.shape
        shape.batchSize = batchSize
        let problem = try Problem.random(cell, shape, input: input, head: head)
        let solution = problem.solve()
        for pieces in [[(0, 6)], [(0, 1), (1, 3), (4, 2)]] {
          var pass = try InferencePass<Float>(problem.model(), steps: 6, batchSize: batchSize, threads: 2)
          pass.state = problem.state()
          var outputs: [Float] = []
          for (start, steps) in pieces {
            problem.piece(start, steps).run(&pass)
            outputs += pass.outputs
          }
          expectWithinBounds(outputs, solution.outputs, "outputs", problem.cell)
          expectWithinBounds(pass.state.values, solution.finalState, "final state", problem.cell)
        }
      }
    }
  }

  @Test("A head at the last step reads the last step of the call", arguments: OracleCell.allCases)
  func lastStep(cell: OracleCell) throws {
    let problem = try Problem.random(cell, Self.shape, head: .lastStep)
    var pass = try InferencePass<Double>(problem.model(), steps: 6, batchSize: 3, threads: 1)
    pass.state = problem.state()
    problem.run(&pass)
    #expect(pass.outputRowCount == 3)
    expectWithinBounds(pass.outputs, problem.solve().outputs, "outputs", problem.cell)
  }

  /// The same bits where both plans keep rows: in `.automatic` OpenBLAS may multiply in the one that could train.
  @Test("The same as a recurrent pass's forward", arguments: OracleCell.allCases, ModelConfiguration.Head.allCases)
  func recurrentPass(cell: OracleCell, head: ModelConfiguration.Head) throws {
    var shape = Self.shape
    shape.batchSize = 12
    let problem = try Problem.random(cell, shape, head: head)
    var inference = try InferencePass<Float>(problem.model(), steps: 6, batchSize: 12, threads: 2)
    problem.run(&inference)
    var pass = try RecurrentPass<Float>(problem.model(), steps: 6, batchSize: 12, threads: 1)
    problem.forward(&pass)
    let isExact = inference.plan.keepsRows && pass.plan.keepsRows
    let bound = RoundingBound(steps: 6, layers: 2, terms: 6)
    bound.expect(inference.outputs, pass.outputs, toTheBit: isExact, "outputs")
    bound.expect(inference.state.values, pass.finalState.values, toTheBit: isExact, "final state")
  }

  @Test("All ways to the outputs lead to the same", arguments: ModelConfiguration.Head.allCases)
  func outputs(head: ModelConfiguration.Head) throws {
    let problem = try Problem.random(.lstm, Self.shape, head: head)
    var pass = try InferencePass<Double>(problem.model(), steps: 6, batchSize: 3, threads: 1)
    #expect(pass.outputs.isEmpty)
    problem.run(&pass)
    let outputs = pass.outputs
    var copy = [Double](repeating: .nan, count: outputs.count)
    var span = copy.mutableSpan
    pass.copyOutputs(into: &span)
    #expect(copy == outputs)
    var rows: [Double] = []
    for row in 0..<pass.outputRowCount {
      let output = pass.output(row: row)
      for index in output.indices { rows.append(output[index]) }
    }
    #expect(rows == outputs)
  }

  @Test("Reset and load")
  func resetAndLoad() throws {
    let problem = try Problem.random(.gru, Self.shape, head: .none)
    var pass = try InferencePass<Double>(problem.model(), steps: 6, batchSize: 3, threads: 1)
    problem.run(&pass)
    let first = pass.outputs
    problem.run(&pass)
    #expect(pass.outputs != first)
    pass.resetState()
    problem.run(&pass)
    #expect(pass.outputs == first)

    var other = try problem.model(Double.self)
    other[parameter: "rnn.bias_ih_l0"] = other[parameter: "rnn.bias_ih_l0"].map { $0 + 1 }
    pass.load(other)
    pass.resetState()
    problem.run(&pass)
    #expect(pass.outputs != first)
    pass.load(try problem.model())
    pass.resetState()
    problem.run(&pass)
    #expect(pass.outputs == first)
  }

  @Test("A pass whose parameters changed packs them again, and gives the same")
  func parametersChanged() throws {
    let problem = try Problem.random(.lstm, Self.shape, head: .none)
    var pass = try RecurrentPass<Float>(problem.model(), steps: 6, batchSize: 3, threads: 1)
    problem.forward(&pass)
    let first = pass.outputs
    pass.parametersChanged()
    problem.forward(&pass)
    #expect(pass.outputs == first)
  }

  @Test("A plan without head has no buffers of one")
  func plan() throws {
    let configuration = ModelConfiguration(cell: .lstm, input: .vectors(size: 3), hiddenSize: 5)
    #expect(configuration.head == .none && configuration.outputSize == 5)
    let model = try Model<Float>(configuration, seed: 1)
    #expect(model.table["linear.weight"] == nil)
    let pass = try InferencePass(model, steps: 2, batchSize: 1)
    #expect(!pass.plan.buffers.contains { $0.name.hasPrefix("linear") || $0.name == "outputs" })
  }
}

extension Problem {
  fileprivate func run<S: Scalar>(_ pass: inout InferencePass<S>) {
    if tokens.isEmpty {
      let vectors = vectors.map { S($0) }
      pass.run(vectors: vectors.span, continuing: true)
    } else {
      pass.run(tokens: tokens.span, continuing: true)
    }
  }
}
