import Recurrent
import Testing

/// PyTorch's numbers, with the bounds that the oracle computes for the same problem.
@Suite("The engine against PyTorch")
struct ParityTests {
  @Test("No fixture is missing")
  func fixtures() {
    #expect(Fixture.names.count == 48)
    #expect(Fixture.structureNames.count == 17)
    #expect(Fixture.blockNames.count == 8)
  }

  @Test("Outputs, final state, loss and every gradient", arguments: Fixture.names)
  func numbers(name: String) throws {
    let fixture = try Fixture(name)
    try compare(fixture, Double.self, isRounded: false)
    try compare(fixture, Float.self, isRounded: true)
  }

  @Test("Both directions, packed sequences, projections and heads", arguments: Fixture.structureNames)
  func structures(name: String) throws {
    let fixture = try Fixture("Structures/\(name)")
    try compare(fixture, Double.self, isRounded: false)
    try compare(fixture, Float.self, isRounded: true)
  }

  @Test("Residual blocks with norms and feed-forward layers", arguments: Fixture.blockNames)
  func blocks(name: String) throws {
    let fixture = try Fixture("Blocks/\(name)")
    try compare(fixture, Double.self, isRounded: false)
    try compare(fixture, Float.self, isRounded: true)
  }

  private func compare<S: Scalar>(_ fixture: Fixture, _ scalar: S.Type, isRounded: Bool) throws {
    let problem = try fixture.problem(isRounded: isRounded)
    let bounds = problem.solve()
    let solution = try torchSolution(fixture, bounds, layerCount: problem.configuration.layerCount)
    for (torch, oracle) in zip(solution.gradients["linear.weight"]!, bounds.gradients["linear.weight"]!) {
      #expect(abs(torch.value - oracle.value) <= tolerance(oracle, Double.self), "the oracle is not PyTorch's model")
    }
    for threads in 1...3 {
      try comparePass(
        problem, solution, S.self, threads: threads, method: .torch,
        isFromOracle: (
          lowerLayers: true, input: !fixture.contains("grad.input"),
          initialState: !fixture.contains("grad.initial_h")
        ))
    }

    var trainer = try problem.trainer(S.self)
    let report = problem.step(&trainer)
    expectWithinBounds([S(report.loss)], [solution.loss], "loss", problem.cell, method: .torch)
    let norm = Tracked(try fixture.doubles("gradient_norm")[0], error: bounds.gradientNorm.error)
    expectWithinBounds([S(report.gradientNorm)], [norm], "gradient norm", problem.cell, method: .torch)
  }

  /// PyTorch's values in the place of the oracle's. (It keeps no outputs of lower layers, and no gradient by outputs.)
  private func torchSolution(_ fixture: Fixture, _ bounds: Solution, layerCount: Int) throws -> Solution {
    func torch(_ values: [Double], _ bounds: [Tracked]) -> [Tracked] {
      zip(values, bounds).map { Tracked($0, error: $1.error) }
    }
    func torch(_ name: String, _ bounds: [Tracked]) throws -> [Tracked] {
      torch(try fixture.steps(name), bounds)
    }
    var gradients: [String: [Tracked]] = [:]
    for (name, values) in bounds.gradients { gradients[name] = try torch("grad.\(name)", values) }
    let outputs = fixture.contains("logits") ? "logits" : "prediction"
    let top = try torch("output", bounds.layerOutputs[layerCount - 1])
    return Solution(
      outputs: try torch(outputs, bounds.outputs), layerOutputs: bounds.layerOutputs.dropLast() + [top],
      finalState: torch(try fixture.state("final_"), bounds.finalState),
      loss: try torch("loss", [bounds.loss])[0], outputGradient: bounds.outputGradient, gradients: gradients,
      inputGradient: fixture.contains("grad.input")
        ? try torch("grad.input", bounds.inputGradient) : bounds.inputGradient,
      initialStateGradient: fixture.contains("grad.initial_h")
        ? torch(try fixture.state("grad.initial_"), bounds.initialStateGradient) : bounds.initialStateGradient)
  }
}
