import Recurrent
import Testing

/// Mistakes around encoders and decoders end the process and say what was expected.
@Suite("Mistakes with encoders and decoders")
struct SequencePreconditionTests {
  enum Mistake: String, Codable, Sendable, CaseIterable {
    case narrowDecoder, narrowDecoderOfTwoDirections, fewerLayers, otherState, encoderWithHead, decoderBothWays
    case narrowMemory, noMarks, markTooLarge, marksForVectors, outputsOfOtherSize, trainedDecoderState
    case fewerTargets, targetTooLong, lossOnValues, attentionWithoutMemory, memoryTooLong, memoryTooWide
    case attentionToLastStep, feedingWithoutAttention, feedingBothWays, feedingLowRank, certainty, feedBackTokens,
      vectorSearch
    case decoderWithoutHead, noBeam, negativePenalty, endlessPenalty, noLength
    case scheduleOfNoSteps, scheduleOfHalf

    /// A part of the message.
    var message: String {
      switch self {
      case .narrowDecoder: "expected a decoder with a state of 3 units in layer 0, as the encoder's has, got 2"
      case .narrowDecoderOfTwoDirections:
        "expected a decoder with a state of 6 units in layer 0, as the encoder's two directions have together, got 3"
      case .fewerLayers: "expected a decoder of 2 layers as the encoder's, got 1"
      case .otherState: "expected a decoder whose state has 2 parts as the encoder's (lstm), got 1 (gru)"
      case .encoderWithHead: "expected an encoder without a head, got one of everyStep"
      case .decoderBothWays: "expected a decoder that runs forward only, got one of 2 directions"
      case .narrowMemory: "attention: expected encoder outputs of 6 as the decoder's, got 3"
      case .noMarks: "expected a start and an end token for targets of tokens, got none"
      case .markTooLarge: "expected marks in 0..<5, the decoder's tokens, got 5"
      case .marksForVectors: "expected no marks for targets of vectors, got start 3 and end 4"
      case .outputsOfOtherSize: "expected decoder outputs for 5 tokens as its inputs, got 4"
      case .trainedDecoderState:
        "expected a decoder whose initial state is the encoder's final one, got one that trains its own"
      case .fewerTargets: "expected 3 targets as sources, got 2"
      case .targetTooLong: "target 1 has 6 steps; expected 0...5"
      case .lossOnValues: "expected a loss on classes for this decoder, got meanSquaredError, on values"
      case .attentionWithoutMemory: "a model with attention needs a memory"
      case .memoryTooLong: "memory 0 has 3 steps; expected 0...2"
      case .memoryTooWide: "expected a memory of rows of 3, got 4"
      case .attentionToLastStep: "attention needs a head at every step that reads the top layer"
      case .feedingWithoutAttention: "input feeding needs attention, whose output it feeds"
      case .feedingBothWays: "input feeding needs layers that run forward only"
      case .feedingLowRank: "the first layer's input matrix has no low rank with input feeding"
      case .certainty: "a probability must be in 0...1, got 1.5"
      case .feedBackTokens: "outputs can be fed back to a model of vectors"
      case .vectorSearch: "there is no search for vectors: expected a beam width of 1, got 2"
      case .decoderWithoutHead: "expected a decoder with a head at everyStep, got none"
      case .noBeam: "the beam's width must be 1 or more, got 0"
      case .negativePenalty: "the length penalty must be finite and not negative, got -1.0"
      case .endlessPenalty: "the length penalty must be finite and not negative, got inf"
      case .noLength: "the maximum length must be 1 or more, got 0"
      case .scheduleOfNoSteps: "a linear schedule needs 1 step or more, got 0"
      case .scheduleOfHalf: "k must be finite and at least 1, got 0.5"
      }
    }

    func make() throws {
      var problem = SequenceProblem(.gru)
      switch self {
      case .narrowDecoder: problem.decoder.hiddenSize = 2
      case .narrowDecoderOfTwoDirections: problem.encoder.directions = .both(merge: .sum)
      case .fewerLayers: problem.encoder.layerCount = 2
      case .otherState: problem.encoder.cell = .lstm
      case .encoderWithHead:
        problem.encoder = ModelConfiguration(cell: .gru, input: .vectors(size: 2), hiddenSize: 3, outputSize: 3)
      case .decoderBothWays: problem.decoder.directions = .both(merge: .sum)
      case .narrowMemory:
        problem = SequenceProblem(.gru, bothWays: true, attention: .dot)
        problem.encoder.directions = .both(merge: .sum)
      case .noMarks: problem.marks = nil
      case .markTooLarge: problem.marks = SequenceMarks(start: 0, end: 5)
      case .marksForVectors: problem.decoder.input = .vectors(size: 5)
      case .outputsOfOtherSize: problem.decoder.outputSize = 4
      case .trainedDecoderState: problem.decoder.trainsInitialState = true
      case .fewerTargets:
        var trainer = try problem.trainer(problem.model())
        _ = trainer.step(.tokens(problem.sourceTokens), .classes([[1], [2]]))
      case .targetTooLong:
        var trainer = try problem.trainer(problem.model())
        _ = trainer.step(.tokens(problem.sourceTokens), .classes([[1], [1, 1, 1, 1, 1, 1], [2]]))
      case .lossOnValues:
        _ = try EncoderDecoderTrainer(
          problem.model(), batchSize: 1, sourceLength: 1, targetLength: 1, loss: .meanSquaredError)
      case .attentionWithoutMemory:
        problem.decoder.attention = .dot
        _ = try RecurrentPass(Model<Float>(problem.decoder, seed: 1), steps: 1, batchSize: 1)
      case .memoryTooLong: try setMemory(of: [0, 0, 0, 0, 0, 0, 0, 0, 0], width: 3)
      case .memoryTooWide: try setMemory(of: [0, 0, 0, 0], width: 4)
      case .attentionToLastStep:
        problem.decoder.head = .lastStep
        problem.decoder.attention = .dot
        _ = try Model<Float>(problem.decoder, seed: 1)
      case .feedingWithoutAttention: problem.decoder.hasInputFeeding = true
      case .feedingBothWays:
        problem.decoder.attention = .dot
        problem.decoder.hasInputFeeding = true
        problem.decoder.directions = .both(merge: .sum)
        _ = try Model<Float>(problem.decoder, seed: 1)
      case .feedingLowRank:
        problem = SequenceProblem(.gru, attention: .dot, feeding: true)
        problem.decoder.input = .embedding(vocabularySize: 5, size: 4)
        problem.decoder.ranks = [LowRank(input: 2)]
      case .certainty: _ = ScheduledSampling(.constant(1.5))
      case .feedBackTokens:
        var pass = try InferencePass(Model<Float>(problem.decoder, seed: 1), steps: 1, batchSize: 1)
        _ = pass.generate(from: [0].span, steps: 2)
      case .vectorSearch:
        problem.decoder.input = .vectors(size: 5)
        problem.marks = nil
        var decoder = try SequenceDecoder(
          problem.model(), sourceLength: 5, batchSize: 3, options: DecodingOptions(beamWidth: 2, maximumLength: 1))
        _ = decoder.generate(from: problem.sourceTokens, steps: 1)
      case .decoderWithoutHead: problem.decoder.head = .none
      case .noBeam: _ = DecodingOptions(beamWidth: 0, maximumLength: 1)
      case .negativePenalty: _ = DecodingOptions(lengthPenalty: -1, maximumLength: 1)
      case .endlessPenalty: _ = DecodingOptions(lengthPenalty: .infinity, maximumLength: 1)
      case .noLength: _ = DecodingOptions(maximumLength: 0)
      case .scheduleOfNoSteps: _ = ScheduledSampling(.linear(to: 1, steps: 0))
      case .scheduleOfHalf: _ = ScheduledSampling(.inverseSigmoid(k: 0.5))
      }
      _ = try problem.model()
    }

    private func setMemory(of values: [Float], width: Int) throws {
      let problem = SequenceProblem(.gru, attention: .dot)
      var pass = try RecurrentPass(Model<Float>(problem.decoder, seed: 1), steps: 1, batchSize: 1, memorySteps: 2)
      pass.setMemory(Sequences([values], width: width))
    }
  }

  @Test("Each is caught", arguments: Mistake.allCases)
  func caught(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in
      try mistake.make()
    }
    let message = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(message.contains(mistake.message), "\(message)")
  }
}
