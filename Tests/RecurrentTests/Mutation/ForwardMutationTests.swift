import Recurrent
import Testing

/// How good the oracle is: a wrong forward with its own right derivative passes every gradient check, so the oracle must
/// catch what is wrong in it.
@Suite("Faults in forward")
struct ForwardMutationTests {
  static let cells: [(any MutantCell.Type, OracleCell)] = [
    (ElmanTanhForward.self, .rnn), (ElmanReLUForward.self, .rnnReLU), (LSTMForward.self, .lstm),
    (GRUForward.self, .gru), (ResetBeforeGRUForward.self, .gruResetBefore),
    (PeepholeLSTMForward.self, .lstmPeephole), (CoupledLSTMForward.self, .lstmCoupled),
    (LayerNormElmanForward.self, .rnnNorm), (LayerNormLSTMForward.self, .lstmNorm),
    (LayerNormGRUForward.self, .gruNorm), (MinGRUForward.self, .minGRU), (IndRNNForward.self, .indRNN),
    (LeakyElmanForward.self, .leaky), (MinLSTMForward.self, .minLSTM), (RGLRUForward.self, .rgLRU),
    (SLSTMForward.self, .sLSTM),
  ]

  @Test("The oracle rejects every fault in a cell's forward", arguments: cells)
  func rejected(type: any MutantCell.Type, cell: OracleCell) throws {
    let shape = Shape(steps: 3, batchSize: 2, inputSize: 2, hiddenSize: 3, seed: 4)
    let problem = try Problem.random(cell, shape)
    let solution = problem.solve()
    try #expect(ratio(type.init(mutation: nil), problem, solution, Double.self) <= 1)
    try #expect(ratio(type.init(mutation: nil), problem, solution, Float.self) <= 1)

    let mutations = type.sites.mutations
    #expect(Set(mutations).count == mutations.count)
    let survivors = try mutations.filter { mutation in
      try ratio(type.init(mutation: mutation), problem, solution, Double.self) <= 1
        || ratio(type.init(mutation: mutation), problem, solution, Float.self) <= 1
    }
    let caught = mutations.count - survivors.count
    print("\(type.original.name): \(caught) of \(mutations.count) faults in forward caught")
    #expect(caught == mutations.count, "survived: \(survivors)")
  }

  /// How far outputs and final state lie from the oracle's, in tolerances.
  private func ratio<S: Scalar>(
    _ cell: some RecurrentCell, _ problem: Problem, _ solution: Solution, _ scalar: S.Type
  ) throws -> Double {
    var problem = problem
    problem.configuration.cell = cell
    var pass = try RecurrentPass<S>(
      problem.model(), steps: problem.steps, batchSize: problem.batchSize, threads: 1)
    pass.initialState = problem.state()
    problem.forward(&pass)
    return max(
      worstRatio(pass.outputs, solution.outputs).ratio,
      worstRatio(pass.finalState.values, solution.finalState).ratio)
  }
}
