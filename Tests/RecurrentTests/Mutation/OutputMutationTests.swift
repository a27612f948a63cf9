import Recurrent
import Testing

/// How good the oracle is above the cells: head and losses in plain Swift around the engine's recurrent layers, with
/// faults.
@Suite("Faults in head and loss")
struct OutputMutationTests {
  static let losses: [any LossMutant.Type] = [CrossEntropyMutant.self, SquaredErrorMutant.self]

  private func problem(_ loss: Loss, _ head: ModelConfiguration.Head) throws -> Problem {
    try .random(.lstm, Shape(steps: 3, batchSize: 2, inputSize: 2, hiddenSize: 3, seed: 4), head: head, loss: loss)
  }

  @Test(
    "The oracle rejects every fault in a loss", arguments: losses,
    [ModelConfiguration.Head.everyStep, .lastStep, .none])
  func loss(type: any LossMutant.Type, head: ModelConfiguration.Head) throws {
    let problem = try problem(type.loss, head)
    let solution = problem.solve()
    try expectRejected(type.sites, "\(type.loss), head \(head)") { mutation in
      try ratio(type.init(mutation: mutation), problem, solution)
    }
  }

  @Test("The oracle rejects every fault in a head")
  func linearLayer() throws {
    let problem = try problem(.crossEntropy, .everyStep)
    let solution = problem.solve()
    try expectRejected(HeadMutant.sites, "head") { mutation in
      try ratio(HeadMutant(mutation: mutation), problem, solution)
    }
  }

  private func expectRejected(_ sites: Sites, _ what: String, _ ratio: (Mutation?) throws -> Double) throws {
    let right = try ratio(nil)
    #expect(right <= 1, "without a fault")
    let survivors = try sites.mutations.filter { try ratio($0) <= 1 }
    let caught = sites.mutations.count - survivors.count
    print("\(what): \(caught) of \(sites.mutations.count) faults caught")
    #expect(caught == sites.mutations.count, "survived: \(survivors)")
  }

  /// The engine's model with a loss of one's own.
  private func ratio(_ loss: some LossMutant, _ problem: Problem, _ solution: Solution) throws -> Double {
    let model = try problem.model(Double.self)
    var pass = try RecurrentPass(model, steps: problem.steps, batchSize: problem.batchSize, threads: 1)
    pass.initialState = problem.state()
    problem.forward(&pass)
    let (value, gradient) = loss(pass.outputs, problem)
    pass.backward(outputGradient: gradient.span)
    let gradients = model.table.entries.map {
      worstRatio(pass.gradient(of: $0.name), solution.gradients[$0.name]!).ratio
    }
    return max(worstRatio([value], [solution.loss]).ratio, gradients.max()!)
  }

  /// The engine's recurrent layers with a head of one's own.
  private func ratio(_ head: HeadMutant, _ problem: Problem, _ solution: Solution) throws -> Double {
    let (weights, bias) = (problem.parameters["linear.weight"]!, problem.parameters["linear.bias"]!)
    var layers = problem
    layers.configuration.head = .none
    for name in ["linear.weight", "linear.bias"] { layers.parameters[name] = nil }
    let model = try layers.model(Double.self)
    var pass = try RecurrentPass(model, steps: problem.steps, batchSize: problem.batchSize, threads: 1)
    pass.initialState = problem.state()
    problem.forward(&pass)
    let states = pass.outputs
    let outputs = head.outputs(states, weights: weights, bias: bias)
    let outputGradient = CrossEntropyMutant(mutation: nil)(outputs, problem).gradient
    let gradients = head.gradients(outputGradient, states, weights: weights, biasCount: bias.count)
    pass.backward(outputGradient: gradients.states.span)
    let ratios =
      [
        worstRatio(outputs, solution.outputs).ratio,
        worstRatio(gradients.weights, solution.gradients["linear.weight"]!).ratio,
        worstRatio(gradients.bias, solution.gradients["linear.bias"]!).ratio,
      ] + model.table.entries.map { worstRatio(pass.gradient(of: $0.name), solution.gradients[$0.name]!).ratio }
    return ratios.max()!
  }
}
