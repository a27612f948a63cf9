import Recurrent
import Testing

/// Sequences of no steps teach and count nothing, and where they would have an output all the same they are refused.
@Suite("Sequences without steps")
struct EmptySequenceTests {
  enum Mistake: String, Codable, Sendable, CaseIterable {
    case stepWithOneOutput, accumulateWithOneOutput, evaluateWithOneOutput, predictWithOneOutput, modelPredicts
    case stepOfOwnLoss, labels, evaluateLabels
    case stepOfNothing, accumulateNothing, evaluateNothing, ownLossOfNothing, pairsOfNothing
    case checkpointOfAccumulated

    var message: String {
      switch self {
      case .stepWithOneOutput, .accumulateWithOneOutput, .evaluateWithOneOutput, .predictWithOneOutput, .modelPredicts,
        .stepOfOwnLoss, .labels, .evaluateLabels:
        "sequence 1 has no steps: expected 1 or more where there is one output for each sequence"
      case .stepOfNothing, .accumulateNothing, .evaluateNothing, .ownLossOfNothing:
        "expected 1 step or more in all, got 2 sequences of none"
      case .pairsOfNothing: "expected 1 step or more in all, got 1 sequences of none"
      case .checkpointOfAccumulated: "expected a step before a checkpoint, got 1 batches accumulated for one"
      }
    }

    func make() throws {
      let (some, none): ([[Int32]], [[Int32]]) = ([[0, 1], []], [[], []])
      switch self {
      case .stepWithOneOutput:
        var trainer = try EmptySequenceTests.trainer(.meanOverSteps)
        _ = trainer.step(.tokens(some), .classes([0, 1]))
      case .accumulateWithOneOutput:
        var trainer = try EmptySequenceTests.trainer(.maxOverSteps)
        _ = trainer.accumulate(.tokens(some), .classes([0, 1]))
      case .evaluateWithOneOutput:
        var trainer = try EmptySequenceTests.trainer(.lastStep)
        _ = try trainer.evaluate(.tokens(some), .classes([0, 1]))
      case .predictWithOneOutput:
        var trainer = try EmptySequenceTests.trainer(.lastStep)
        _ = try trainer.predict(.tokens(some))
      case .modelPredicts: _ = try EmptySequenceTests.trainer(.lastStep).model().predict(.tokens(some))
      case .stepOfOwnLoss:
        var trainer = try EmptySequenceTests.trainer(.lastStep, .custom)
        _ = trainer.step(.tokens(some)) { _, _ in 0 }
      case .labels:
        var trainer = try EmptySequenceTests.trainer(.everyStep, .ctc())
        _ = trainer.step(.tokens(some), .labels([[1], []]))
      case .evaluateLabels:
        var trainer = try EmptySequenceTests.trainer(.everyStep, .ctc())
        _ = try trainer.evaluate(.tokens(some), .labels([[1], []]))
      case .stepOfNothing:
        var trainer = try EmptySequenceTests.trainer(.everyStep)
        _ = trainer.step(.tokens(none), .classes(none))
      case .accumulateNothing:
        var trainer = try EmptySequenceTests.trainer(.everyStep)
        _ = trainer.accumulate(.tokens(none), .classes(none))
      case .evaluateNothing:
        var trainer = try EmptySequenceTests.trainer(.everyStep)
        _ = try trainer.evaluate(.tokens(none), .classes(none))
      case .ownLossOfNothing:
        var trainer = try EmptySequenceTests.trainer(.everyStep, .custom)
        _ = trainer.step(.tokens(none)) { _, _ in 0 }
      case .pairsOfNothing:
        let encoder = ModelConfiguration(cell: GRUCell.gru, input: .vectors(size: 1), hiddenSize: 2)
        let decoder = ModelConfiguration(cell: GRUCell.gru, input: .vectors(size: 1), hiddenSize: 2, outputSize: 1)
        var trainer = try EncoderDecoderTrainer(
          EncoderDecoder<Float>(encoder: encoder, decoder: decoder, seed: 1), batchSize: 2, sourceLength: 2,
          targetLength: 2, loss: .meanSquaredError)
        _ = trainer.step(.vectors([[1]]), .values([[]]))
      case .checkpointOfAccumulated:
        var trainer = try EmptySequenceTests.trainer(.everyStep)
        _ = trainer.accumulate(.tokens(some), .classes(some))
        _ = trainer.checkpoint()
      }
    }
  }

  static func trainer(
    _ head: ModelConfiguration.Head, _ loss: Loss = .crossEntropy
  ) throws -> Trainer<Float> {
    let configuration = ModelConfiguration(
      cell: GRUCell.gru, input: .oneHot(vocabularySize: 3), hiddenSize: 3, outputSize: 3, head: head)
    return try Trainer(
      Model(configuration, seed: 1), batchSize: 4, sequenceLength: 3, loss: loss, isRagged: true,
      accumulatesGradients: loss == .crossEntropy, threads: 1)
  }

  @Test("Each is refused", arguments: Mistake.allCases)
  func caught(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in
      try mistake.make()
    }
    expectWords(mistake.message, result)
  }

  @Test("Beside others they change neither a step nor an evaluation, and a prediction has none of their outputs")
  func beside() throws {
    let (some, mixed): ([[Int32]], [[Int32]]) = ([[0, 1, 2], [2]], [[], [0, 1, 2], [2], []])
    var one = try Self.trainer(.everyStep)
    var other = try Self.trainer(.everyStep)
    #expect(one.step(.tokens(some), .classes(some)) == other.step(.tokens(mixed), .classes(mixed)))
    let evaluation = try one.evaluate(.tokens(some), .classes(some))
    #expect(try other.evaluate(.tokens(mixed), .classes(mixed)) == evaluation)
    #expect(evaluation.count == 4)
    let predicted = try other.predict(.tokens(mixed))
    #expect(predicted.lengths == [0, 3, 1, 0])
    #expect(try one.predict(.tokens(some)).values == predicted.values)
  }

  @Test("Evaluations name places in the data, beyond the first batch and piece")
  func places() async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var trainer = try EmptySequenceTests.trainer(.everyStep)
      let tokens = [[Int32]](repeating: [Int32](repeating: 0, count: 700), count: 9)
      var classes = tokens
      classes[7][600] = 3
      _ = try trainer.evaluate(.tokens(tokens), .classes(classes))
    }
    expectWords("class 3 at sequence 7, step 600: expected 0 to 2", result)
    let sequences = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Sequences([[1, 2], [3]] as [[Float]])[2]
    }
    expectWords("expected a sequence in 0..<2, got 2", sequences)
  }
}
