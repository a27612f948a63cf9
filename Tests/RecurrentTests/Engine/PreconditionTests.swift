import Recurrent
import Testing

/// A programmer's mistake ends the process, and says what was expected and what came.
@Suite("Mistakes of the programmer")
struct PreconditionTests {
  enum Mistake: String, Codable, Sendable, CaseIterable {
    case tokenTooLarge, tokenNegative, classTooLarge, tooFewTokens, tooManySteps, tooFewClasses
    case tokensForVectors, vectorsForTokens, classesForValues, valuesForClasses, tooFewComponents
    case gradientOfWrongSize, backwardWithoutForward, unknownParameter, inputGradientNotAsked, foreignState
    case parameterOfWrongSize, noHiddenUnits, certainDropout, forgetBiasWithoutGate, secondStageNotDeclared
    case drawWithoutPrompt, feedUnknownToken, negativeTemperature, sampleVectors, oneTokenToEvaluate
    case nesterovWithoutMomentum, clippingAtZero
    case tooFewClassWeights, smoothingAboveOne, huberOfNothing, chanceAboveOne, blankBeyondOutputs
    case labelsForClasses, labelIsBlank, tooManyLabels, labelsAtLastStep
    case outputSizeWithoutHead, trainWithoutHead, evaluateWithoutHead, inferenceOfTooManySteps, outputsIntoTooLittle
    case weightsForPlainLoss, noWeights, tooFewWeights, negativeWeight, targetForCustomLoss, closureForBuiltInLoss
    case unequalLengths, tooManyClassesOfSequence, otherBatchSizeWhileTraining, freezeUnknown, accumulateUnasked
    case oddOutputsForGaussian, quantilesThatDoNotDivide, quantileOfOne, predictNothing, targetsOfOtherLength
    case twoOutputsForStudentT, halfACount, negativeCount, tooFewScales, scaleOfNothing
    case windowOfOtherStreams, ctcRecomputed, negativeLength, unevenLists

    /// A part of the message.
    var message: String {
      switch self {
      case .tokenTooLarge: "token 5 at sequence 1, step 1: expected 0 to 4"
      case .tokenNegative: "token -1 at sequence 0, step 1: expected 0 to 4"
      case .classTooLarge: "class 7 at sequence 0, step 1: expected 0 to 3"
      case .tooFewTokens: "expected a multiple of 2 tokens, 1 step or more of 2 sequences, got 5"
      case .tooManySteps: "steps must be in 1...3, got 4"
      case .tooFewClasses: "expected 4 classes, got 3"
      case .tokensForVectors: "the model takes vectors, not tokens"
      case .vectorsForTokens: "the model takes tokens, not vectors"
      case .classesForValues: "classes are for the cross-entropy and a CRF; the loss is meanSquaredError"
      case .valuesForClasses: "values are for losses on values; the loss is crossEntropy"
      case .tooFewComponents: "expected a multiple of 6 vector components, 1 step or more of 2 sequences, got 13"
      case .gradientOfWrongSize: "expected a gradient of 16 values, got 3"
      case .backwardWithoutForward: "there was no forward call before"
      case .unknownParameter: "no parameter bias"
      case .inputGradientNotAsked: "inputGradient: true"
      case .foreignState: "expected a state of 1×[1, 2, 3], got 1×[1, 1, 3]"
      case .parameterOfWrongSize: "linear.bias has shape [4], 4 values; got 3"
      case .noHiddenUnits: "hidden size must be 1 or more, got 0"
      case .certainDropout: "dropout must be in 0..<1, got 1.0"
      case .forgetBiasWithoutGate: "a forget-gate bias of 1.0 was asked of rnn"
      case .secondStageNotDeclared: "declares a second stage if and only if"
      case .drawWithoutPrompt: "feed a token first"
      case .feedUnknownToken: "token 9: expected 0 to 2"
      case .negativeTemperature: "temperature must be finite and not negative, got -1.0"
      case .sampleVectors: "sampling needs a token model"
      case .oneTokenToEvaluate: "an evaluation needs 2 tokens or more, got 1"
      case .nesterovWithoutMomentum: "needs a momentum above 0"
      case .clippingAtZero: "the clipping norm must be above 0, got 0.0"
      case .tooFewClassWeights: "expected 4 class weights, got 3"
      case .smoothingAboveOne: "label smoothing must be in 0...1, got 1.5"
      case .huberOfNothing: "Huber's delta must be finite and above 0, got 0.0"
      case .chanceAboveOne: "targets of the binary cross-entropy must be in 0...1, got 1.5"
      case .blankBeyondOutputs: "blank 4 of 4 outputs"
      case .labelsForClasses: "labels are for the connectionist loss; the loss is crossEntropy"
      case .labelIsBlank: "label 0 at sequence 1, place 0: expected 0 to 3, but the blank 0"
      case .tooManyLabels: "planned for 1 labels a sequence, got 2 of sequence 1"
      case .labelsAtLastStep: "the connectionist loss needs a head at every step"
      case .outputSizeWithoutHead: "without a head the output size is the hidden size, 3; got 4"
      case .trainWithoutHead, .evaluateWithoutHead: "a model without head has no loss of its own; use RecurrentPass"
      case .inferenceOfTooManySteps: "steps must be in 1...2, got 3"
      case .outputsIntoTooLittle: "expected room for 6 outputs, got 5"
      case .weightsForPlainLoss: "the loss takes no weights of samples: ask for crossEntropy.weighted"
      case .noWeights: "the loss is weighted: give the targets weights, one for each sequence"
      case .tooFewWeights: "expected 2 weights, or 4, got 3"
      case .negativeWeight: "weights must be finite and not negative: [1.0, -1.0]"
      case .targetForCustomLoss: "the loss is custom: give the step a closure, and no target"
      case .closureForBuiltInLoss: "the loss is crossEntropy: one of your own needs Loss.custom"
      case .unequalLengths: "2 sequences of 1 to 2 steps, where the plan is for 2 of one length"
      case .tooManyClassesOfSequence: "expected 2 steps of sequence 0, got 3"
      case .otherBatchSizeWhileTraining: "of a running training's settings only optimizer"
      case .freezeUnknown: "no parameter head to freeze"
      case .accumulateUnasked: "accumulatesGradients: true"
      case .oddOutputsForGaussian: "two outputs for each value, mean and logarithm of the variance, got 3"
      case .twoOutputsForStudentT: "location, logarithm of the scale and degrees of freedom, got 2"
      case .halfACount: "counts, whole numbers of 0 or more, got 0.5"
      case .negativeCount: "counts, whole numbers of 0 or more, got -1.0"
      case .tooFewScales: "a negative binomial loss of 3 values needs as many scales, got 2"
      case .scaleOfNothing: "scales of counts must be finite and above 0, got [0.0]"
      case .quantilesThatDoNotDivide: "a pinball loss of 3 quantiles needs a multiple of as many outputs, got 4"
      case .quantileOfOne: "quantiles must be between 0 and 1, got [1.0]"
      case .predictNothing: "expected 1 sequence or more, got none"
      case .targetsOfOtherLength: "expected 2 targets of sequence 0, got 1"
      case .windowOfOtherStreams: "expected streams of 2 sequences and at most 3 steps, got 1 and 2"
      case .ctcRecomputed: "the connectionist loss reads all steps at once"
      case .negativeLength: "a sequence cannot have -1 steps"
      case .unevenLists: "sequence 1 has 4 elements; expected a multiple of 3"
      }
    }

    func make() throws {
      switch self {
      case .tokenTooLarge: try step(.oneHot(vocabularySize: 5), tokens: [0, 1, 2, 5])
      case .tokenNegative: try step(.embedding(vocabularySize: 5, size: 2), tokens: [0, 1, -1, 4])
      case .classTooLarge: try step(.oneHot(vocabularySize: 5), tokens: [0, 1, 2, 4], classes: [0, 0, 7, 0])
      case .tooFewTokens: try step(.oneHot(vocabularySize: 5), tokens: [0, 1, 2, 4, 0])
      case .tooManySteps: try step(.oneHot(vocabularySize: 5), tokens: [Int32](repeating: 0, count: 8))
      case .tooFewClasses: try step(.oneHot(vocabularySize: 5), tokens: [0, 1, 2, 4], classes: [0, 0, 0])
      case .tokensForVectors: try step(.vectors(size: 3), tokens: [0, 1, 2, 4])
      case .vectorsForTokens: try step(.oneHot(vocabularySize: 5), vectors: 12)
      case .classesForValues:
        try step(.oneHot(vocabularySize: 5), tokens: [0, 1, 2, 4], loss: .meanSquaredError)
      case .valuesForClasses:
        var trainer = try trainer(.vectors(size: 3), .crossEntropy)
        let (vectors, values) = ([Float](repeating: 0, count: 12), [Float](repeating: 0, count: 16))
        _ = trainer.step(.vectors(vectors), .values(values))
      case .tooFewComponents: try step(.vectors(size: 3), vectors: 13)
      case .gradientOfWrongSize:
        var pass = try pass()
        pass.forward(tokens: [0, 1, 2, 3].span)
        pass.backward(outputGradient: [1, 2, 3].span)
      case .backwardWithoutForward:
        var pass = try pass()
        let gradient: [Float] = []
        pass.backward(outputGradient: gradient.span)
      case .unknownParameter: _ = try pass().gradient(of: "bias")
      case .inputGradientNotAsked: _ = try pass().inputGradient
      case .foreignState:
        var pass = try pass()
        pass.initialState = RecurrentState(zerosFor: configuration(.oneHot(vocabularySize: 5)), batchSize: 1)
      case .parameterOfWrongSize:
        var model = try Model<Float>(configuration(.oneHot(vocabularySize: 5)), seed: 1)
        model[parameter: "linear.bias"] = [1, 2, 3]
      case .noHiddenUnits: _ = configuration(.oneHot(vocabularySize: 5), hiddenSize: 0)
      case .certainDropout: _ = configuration(.oneHot(vocabularySize: 5), dropout: 1)
      case .forgetBiasWithoutGate:
        let initialization = Initialization(forgetGateBias: 1)
        _ = try Model<Float>(
          configuration(.oneHot(vocabularySize: 5)), initialization: initialization, seed: 1)
      case .secondStageNotDeclared: _ = try checkGradients(of: UndeclaredCell())
      case .drawWithoutPrompt:
        var sampler = try Sampler(Model<Float>(configuration(.oneHot(vocabularySize: 4)), seed: 1))
        _ = sampler.next()
      case .feedUnknownToken:
        var sampler = try Sampler(
          Model<Float>(configuration(.embedding(vocabularySize: 3, size: 1), outputSize: 3), seed: 1))
        sampler.feed(9)
      case .negativeTemperature: _ = SamplingOptions(temperature: -1)
      case .sampleVectors: _ = try Sampler(Model<Float>(configuration(.vectors(size: 4)), seed: 1))
      case .oneTokenToEvaluate:
        _ = try Model<Float>(configuration(.oneHot(vocabularySize: 4)), seed: 1).evaluate([0])
      case .nesterovWithoutMomentum: _ = Optimizer.sgd(learningRate: 1, nesterov: true)
      case .clippingAtZero: _ = GradientClipping.norm(0)
      case .tooFewClassWeights: _ = try trainer(.vectors(size: 3), .crossEntropy(classWeights: [1, 2, 3]))
      case .smoothingAboveOne: _ = Loss.crossEntropy(labelSmoothing: 1.5)
      case .huberOfNothing: _ = Loss.huber(delta: 0)
      case .chanceAboveOne:
        _ = Loss.binaryCrossEntropy.evaluate([0, 0] as [Float], outputSize: 1, values: [0.5, 1.5])
      case .blankBeyondOutputs: _ = try trainer(.vectors(size: 3), .ctc(blank: 4))
      case .labelsForClasses: try step(labels: [[1], [2]], .crossEntropy)
      case .labelIsBlank: try step(labels: [[1], [0]], .ctc())
      case .tooManyLabels: try step(labels: [[1], [1, 2]], .ctc(maximumLabels: 1))
      case .labelsAtLastStep:
        let configuration = ModelConfiguration(
          cell: .rnn, input: .vectors(size: 3), hiddenSize: 3, outputSize: 4, head: .lastStep)
        _ = try Trainer<Float>(Model(configuration, seed: 1), batchSize: 2, sequenceLength: 3, loss: .ctc())
      case .outputSizeWithoutHead:
        _ = ModelConfiguration(cell: .rnn, input: .vectors(size: 3), hiddenSize: 3, outputSize: 4, head: .none)
      case .trainWithoutHead: _ = try Trainer(headless(), batchSize: 2, sequenceLength: 3)
      case .evaluateWithoutHead: _ = try headless().evaluate([0, 1, 2])
      case .inferenceOfTooManySteps:
        var pass = try InferencePass(headless(), steps: 2, batchSize: 2)
        pass.run(tokens: [0, 1, 2, 0, 1, 2].span, continuing: true)
      case .weightsForPlainLoss: try weigh(.crossEntropy, [1, 1])
      case .noWeights: try weigh(Loss.crossEntropy.weighted, nil)
      case .tooFewWeights: try weigh(Loss.crossEntropy.weighted, [1, 1, 1])
      case .negativeWeight: try weigh(Loss.crossEntropy.weighted, [1, -1])
      case .targetForCustomLoss: try weigh(.custom, nil)
      case .closureForBuiltInLoss:
        var trainer = try trainer(.oneHot(vocabularySize: 4), .crossEntropy)
        _ = trainer.step(.tokens([0, 1, 2, 3])) { _, _ in 0 }
      case .unequalLengths:
        var trainer = try trainer(.oneHot(vocabularySize: 4), .crossEntropy)
        _ = trainer.step(.tokens([[0, 1], [2]]), .classes([[0, 1], [2]]))
      case .tooManyClassesOfSequence:
        var trainer = try trainer(.oneHot(vocabularySize: 4), .crossEntropy)
        _ = trainer.step(.tokens([[0, 1], [2, 3]]), .classes([[0, 1, 2], [2]]))
      case .otherBatchSizeWhileTraining:
        var trainer = try trainer(.oneHot(vocabularySize: 4), .crossEntropy)
        trainer.settings.batchSize = 3
      case .freezeUnknown:
        var trainer = try trainer(.oneHot(vocabularySize: 4), .crossEntropy)
        trainer.settings.frozenParameters = ["head"]
      case .accumulateUnasked:
        var trainer = try trainer(.oneHot(vocabularySize: 4), .crossEntropy)
        _ = trainer.accumulate(.tokens([0, 1, 2, 3]), .classes([0, 1, 2, 3]))
      case .oddOutputsForGaussian:
        _ = Loss.gaussian.evaluate([0, 1, 2] as [Float], outputSize: 3, values: [0])
      case .twoOutputsForStudentT:
        _ = Loss.studentT.evaluate([0, 1] as [Float], outputSize: 2, values: [0])
      case .halfACount: _ = Loss.negativeBinomial.evaluate([0, 1] as [Float], outputSize: 2, values: [0.5])
      case .negativeCount: _ = Loss.negativeBinomial.evaluate([0, 1] as [Float], outputSize: 2, values: [-1])
      case .tooFewScales:
        _ = Loss.negativeBinomial(scales: [1, 2]).evaluate(
          [Float](repeating: 0, count: 6), outputSize: 6, values: [0, 1, 2])
      case .scaleOfNothing: _ = Loss.negativeBinomial(scales: [0])
      case .quantilesThatDoNotDivide: _ = try trainer(.vectors(size: 3), .pinball(quantiles: [0.1, 0.5, 0.9]))
      case .quantileOfOne: _ = Loss.pinball(quantiles: [1])
      case .predictNothing:
        _ = try Model<Float>(configuration(.oneHot(vocabularySize: 4)), seed: 1).predict(.tokens([[Int32]]()))
      case .targetsOfOtherLength:
        _ = try Model<Float>(configuration(.oneHot(vocabularySize: 4)), seed: 1)
          .evaluate(.tokens([[0, 1]]), .classes([[0]]))
      case .windowOfOtherStreams:
        var trainer = try trainer(.oneHot(vocabularySize: 4), .crossEntropy)
        let streams = try TokenStreams([0, 1, 2], batchSize: 1, sequenceLength: 2)
        _ = trainer.step(streams.input(0), streams.target(0))
      case .ctcRecomputed:
        _ = try Trainer<Float>(
          Model(configuration(.oneHot(vocabularySize: 4)), seed: 1), batchSize: 2, sequenceLength: 4, loss: .ctc(),
          recomputing: .segments(ofSteps: 2))
      case .negativeLength: _ = Sequences(values: [0] as [Int32], lengths: [-1, 2])
      case .unevenLists:
        var trainer = try trainer(.vectors(size: 3), .meanSquaredError)
        _ = trainer.step(.vectors([[1, 2, 3], [1, 2, 3, 4]]), .values([[1, 2, 3, 4], [1, 2, 3, 4]]))
      case .outputsIntoTooLittle:
        var pass = try InferencePass(headless(), steps: 2, batchSize: 2)
        pass.run(tokens: [0, 1].span, continuing: true)
        var outputs = [Float](repeating: 0, count: 5)
        var span = outputs.mutableSpan
        pass.copyOutputs(into: &span)
      }
    }

    private func configuration(
      _ input: ModelConfiguration.Input, hiddenSize: Int = 3, outputSize: Int = 4, dropout: Double = 0
    ) -> ModelConfiguration {
      ModelConfiguration(
        cell: .rnn, input: input, hiddenSize: hiddenSize, outputSize: outputSize, dropout: dropout)
    }

    private func trainer(_ input: ModelConfiguration.Input, _ loss: Loss) throws -> Trainer<Float> {
      try Trainer(Model(configuration(input), seed: 1), batchSize: 2, sequenceLength: 3, loss: loss)
    }

    private func step(labels: [[Int32]], _ loss: Loss) throws {
      var trainer = try trainer(.vectors(size: 3), loss)
      let vectors = [Float](repeating: 0, count: 18)
      _ = trainer.step(.vectors(vectors), .labels(labels))
    }

    private func headless() throws -> Model<Float> {
      try Model(ModelConfiguration(cell: .rnn, input: .oneHot(vocabularySize: 5), hiddenSize: 3), seed: 1)
    }

    private func pass() throws -> RecurrentPass<Float> {
      try RecurrentPass(
        Model(configuration(.oneHot(vocabularySize: 5)), seed: 1), steps: 3, batchSize: 2)
    }

    private func weigh(_ loss: Loss, _ weights: [Double]?) throws {
      var trainer = try trainer(.oneHot(vocabularySize: 4), loss)
      _ = trainer.step(.tokens([0, 1, 2, 3]), .classes([0, 1, 2, 3], weights: weights))
    }

    private func step(
      _ input: ModelConfiguration.Input, tokens: [Int32], classes: [Int32]? = nil, loss: Loss = .crossEntropy
    ) throws {
      var trainer = try trainer(input, loss)
      let classes = classes ?? [Int32](repeating: 0, count: tokens.count / 2 * 2)
      _ = trainer.step(.tokens(tokens), .classes(classes))
    }

    private func step(_ input: ModelConfiguration.Input, vectors count: Int) throws {
      var trainer = try trainer(input, .crossEntropy)
      let vectors = [Float](repeating: 0, count: count)
      let classes: [Int32] = [0, 0, 0, 0]
      _ = trainer.step(.vectors(vectors), .classes(classes))
    }
  }

  /// Declares a second stage that it has not.
  struct UndeclaredCell: RecurrentCell {
    let name = "undeclared"
    let structure = CellStructure(gateCount: 2, savedCount: 1, recurrentProduct: .lastGateSecondStage)
    func forward<S: Scalar>(
      gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
    ) {}
    func backward<S: Scalar>(
      gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
    ) {}
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
