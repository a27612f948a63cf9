import Recurrent
import Testing

/// Forward, backward, and what may be read when: whatever comes in another order stops, and what may be read is true.
@Suite("Order of a pass")
struct PassOrderTests {
  enum Mistake: String, Codable, Sendable, CaseIterable {
    case secondBackward, secondBackwardOfSequences, backwardAfterLoad, backwardAfterState, backwardAfterReset
    case backwardAfterMemory, outputsAfterBackward, outputSequencesAfterBackward, gradientBeforeBackward
    case inputGradientBeforeBackward, inputGradientOfForwardBefore, stateGradientBeforeBackward, layerBeyond, layerBelow

    var message: String {
      switch self {
      case .secondBackward, .secondBackwardOfSequences:
        "expected a forward call before each backward, got none since the last backward"
      case .backwardAfterLoad: "expected a forward call before each backward, got none since load(_:)"
      case .backwardAfterState: "expected a forward call before each backward, got none since initialState was set"
      case .backwardAfterReset: "expected a forward call before each backward, got none since resetState()"
      case .backwardAfterMemory: "expected a forward call before each backward, got none since setMemory(_:)"
      case .outputsAfterBackward, .outputSequencesAfterBackward: "expected outputs to be read before backward"
      case .gradientBeforeBackward, .inputGradientBeforeBackward, .inputGradientOfForwardBefore,
        .stateGradientBeforeBackward:
        "expected a backward call before its gradients are read, got none"
      case .layerBeyond: "expected a layer in 0..<2, got 2"
      case .layerBelow: "expected a layer in 0..<2, got -1"
      }
    }

    func make() throws {
      var pass = try self == .backwardAfterMemory ? attending() : pass()
      let gradient: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
      pass.forward(.vectors([1, 2, 3, 4, 5, 6, 7, 8]))
      switch self {
      case .secondBackward:
        pass.backward(outputGradient: gradient.span)
        pass.backward(outputGradient: gradient.span)
      case .secondBackwardOfSequences:
        pass.backward(outputGradient: Sequences([Array(gradient[..<4]), Array(gradient[4...])], width: 2))
        pass.backward(outputGradient: Sequences([Array(gradient[..<4]), Array(gradient[4...])], width: 2))
      case .backwardAfterLoad:
        pass.load(try Model(Self.configuration, seed: 2))
        pass.backward(outputGradient: gradient.span)
      case .backwardAfterState:
        pass.initialState = pass.finalState
        pass.backward(outputGradient: gradient.span)
      case .backwardAfterReset:
        pass.resetState()
        pass.backward(outputGradient: gradient.span)
      case .backwardAfterMemory:
        pass.setMemory(Sequences([[1, 2, 3]], width: 3))
        pass.backward(outputGradient: gradient.span)
      case .outputsAfterBackward:
        pass.backward(outputGradient: gradient.span)
        _ = pass.outputs
      case .outputSequencesAfterBackward:
        pass.backward(outputGradient: gradient.span)
        _ = pass.outputSequences
      case .gradientBeforeBackward: _ = pass.gradient(of: "linear.bias")
      case .inputGradientBeforeBackward: _ = pass.inputGradient
      case .inputGradientOfForwardBefore:
        pass.backward(outputGradient: gradient.span)
        pass.forward(.vectors([1, 2, 3, 4]))
        _ = pass.inputGradientSequences
      case .stateGradientBeforeBackward: _ = pass.initialStateGradient
      case .layerBeyond: _ = pass.layerOutputs(2)
      case .layerBelow: _ = pass.layerOutputSequences(-1)
      }
    }

    private static let configuration = ModelConfiguration(
      cell: LSTMCell.lstm, input: .vectors(size: 2), hiddenSize: 3, layerCount: 2, outputSize: 2)

    private func pass() throws -> RecurrentPass<Float> {
      try RecurrentPass(Model(Self.configuration, seed: 1), steps: 2, batchSize: 2, inputGradient: true, threads: 1)
    }

    private func attending() throws -> RecurrentPass<Float> {
      var configuration = Self.configuration
      configuration.attention = .dot
      return try RecurrentPass(
        Model(configuration, seed: 1), steps: 2, batchSize: 2, inputGradient: true, memorySteps: 1, threads: 1)
    }
  }

  @Test("Each mistake is caught", arguments: Mistake.allCases)
  func caught(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in
      try mistake.make()
    }
    expectWords(mistake.message, result)
  }

  /// What backward leaves alone, for every cell.
  @Test("States, layers' outputs and the outputs without a head stay after backward", arguments: OracleCell.allCases)
  func kept(cell: OracleCell) throws {
    for structure in RaggedBatchTests.structures {
      let problem = try Problem.random(
        cell, Shape(steps: 4, batchSize: 3, inputSize: 4, hiddenSize: 5, layerCount: 2, seed: 5), input: .vectors,
        head: structure.head, structure: structure.change)
      var pass = try RecurrentPass<Float>(
        problem.model(), steps: 4, batchSize: 3, inputGradient: true, threads: 1)
      pass.initialState = problem.state()
      problem.forward(&pass, dropoutSeed: 7)
      let hasHead = structure.head != .none
      let gradient = [Float](repeating: 0.5, count: pass.outputs.count)
      let before = Self.values(pass) + (hasHead ? [] : [pass.outputs])
      pass.backward(outputGradient: gradient.span)
      let after = Self.values(pass) + (hasHead ? [] : [pass.outputs])
      #expect(after == before, "\(structure.testDescription)")
      // The next round begins anew.
      let first = pass.gradient(of: "rnn.weight_ih_l0")
      problem.forward(&pass, dropoutSeed: 7)
      #expect(pass.gradient(of: "rnn.weight_ih_l0") == first)
      pass.backward(outputGradient: gradient.span)
      #expect(pass.gradient(of: "rnn.weight_ih_l0") == first)
    }
  }

  private static func values(_ pass: borrowing RecurrentPass<Float>) -> [[Float]] {
    var values = [pass.finalState.values, pass.initialState.values]
    for layer in 0..<2 { values += [pass.layerOutputs(layer), pass.states(ofLayer: layer).values] }
    return values
  }
}
