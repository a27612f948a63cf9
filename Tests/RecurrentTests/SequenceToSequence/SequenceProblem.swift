import Foundation
import Recurrent

/// A small encoder and decoder with pairs to learn.
struct SequenceProblem: Sendable {
  var encoder: ModelConfiguration
  var decoder: ModelConfiguration
  var marks: SequenceMarks?
  var sourceLengths = [3, 5, 1]
  var targetLengths = [2, 0, 4]
  var seed: UInt64 = 1

  /// Tokens on both sides.
  init(
    _ cell: some RecurrentCell, layers: Int = 1, bothWays: Bool = false, attention: Attention? = nil,
    feeding: Bool = false,
    hidden: Int = 3
  ) {
    encoder = ModelConfiguration(
      cell: cell, input: .embedding(vocabularySize: 4, size: 3), hiddenSize: hidden, layerCount: layers,
      directions: bothWays ? .both(merge: .concatenate) : .forward)
    decoder = ModelConfiguration(
      cell: cell, input: .oneHot(vocabularySize: 5), hiddenSize: bothWays ? 2 * hidden : hidden, layerCount: layers,
      outputSize: 5)
    decoder.attention = attention
    decoder.hasInputFeeding = feeding
    marks = SequenceMarks(start: 3, end: 4)
  }

  /// The parameters are larger than start values are, so that nothing is nearly linear.
  func model<S: Scalar>(_ scalar: S.Type = Double.self) throws -> EncoderDecoder<S> {
    var model = try EncoderDecoder<S>(encoder: encoder, decoder: decoder, marks: marks, seed: seed)
    for name in model.encoder.table.entries.map(\.name) {
      model.encoder[parameter: name] = model.encoder[parameter: name].map { $0 * 1.5 }
    }
    for name in model.decoder.table.entries.map(\.name) {
      model.decoder[parameter: name] = model.decoder[parameter: name].map { $0 * 1.5 }
    }
    return model
  }

  /// Random sequences of such lengths: of tokens below `limit`.
  func tokens(_ lengths: [Int], below limit: Int, salt: UInt64) -> Sequences<Int32> {
    var generator = SeededGenerator(seed: seed &+ salt)
    return Sequences(lengths.map { (0..<$0).map { _ in Int32(generator.uniform() * Double(limit)) } })
  }

  func vectors<S: Scalar>(_ lengths: [Int], width: Int, salt: UInt64, _ scalar: S.Type) -> Sequences<S> {
    var generator = SeededGenerator(seed: seed &+ salt)
    return Sequences(
      lengths.map { (0..<$0 * width).map { _ in S(generator.uniform(-1, 1)) } }, width: width)
  }

  var sourceTokens: Sequences<Int32> { tokens(sourceLengths, below: encoder.input.vocabularySize!, salt: 10) }
  var targetTokens: Sequences<Int32> { tokens(targetLengths, below: decoder.outputSize, salt: 20) }

  func sourceVectors<S: Scalar>(_ scalar: S.Type = Double.self) -> Sequences<S> {
    vectors(sourceLengths, width: encoder.input.size, salt: 10, scalar)
  }

  func targetVectors<S: Scalar>(_ scalar: S.Type = Double.self) -> Sequences<S> {
    vectors(targetLengths, width: decoder.outputSize, salt: 20, scalar)
  }

  /// One place more in the batch than there are pairs.
  func trainer<S: Scalar>(
    _ model: EncoderDecoder<S>, optimizer: Optimizer = .sgd(learningRate: 0.5), clipping: GradientClipping = .none,
    scheduledSampling: ScheduledSampling? = nil, threads: Int = 1, seed: UInt64 = 7
  ) throws -> EncoderDecoderTrainer<S> {
    try EncoderDecoderTrainer(
      model, batchSize: sourceLengths.count + 1, sourceLength: sourceLengths.max()! + 1,
      targetLength: targetLengths.max()! + 1, loss: marks == nil ? .meanSquaredError : .crossEntropy,
      optimizer: optimizer, clipping: clipping, scheduledSampling: scheduledSampling, threads: threads, seed: seed)
  }

  func step<S: Scalar>(_ trainer: inout EncoderDecoderTrainer<S>) -> StepReport {
    switch (encoder.input.vocabularySize == nil, marks == nil) {
    case (false, false): trainer.step(.tokens(sourceTokens), .classes(targetTokens))
    case (true, false): trainer.step(.vectors(sourceVectors(S.self)), .classes(targetTokens))
    case (false, true): trainer.step(.tokens(sourceTokens), .values(targetVectors(S.self)))
    case (true, true): trainer.step(.vectors(sourceVectors(S.self)), .values(targetVectors(S.self)))
    }
  }
}

extension EncoderDecoder {
  /// All parameters under the names of a file.
  var names: [String] {
    encoder.table.entries.map { "encoder." + $0.name } + decoder.table.entries.map { "decoder." + $0.name }
  }

  subscript(name: String) -> [S] {
    get {
      let own = String(name.dropFirst("encoder.".count))
      return name.hasPrefix("encoder.") ? encoder[parameter: own] : decoder[parameter: own]
    }
    set {
      let own = String(name.dropFirst("encoder.".count))
      if name.hasPrefix("encoder.") { encoder[parameter: own] = newValue } else { decoder[parameter: own] = newValue }
    }
  }

  /// For equality to the bit.
  var allValues: [S] { names.flatMap { self[$0] } }

  /// What the decoder says by itself when it is fed the likeliest token again and again, whether it ended or not; a step at
  /// a time through public passes, for one source.
  func naiveGreedy(_ source: [Int32], steps: Int) throws -> [Int32] {
    var encoderPass = try RecurrentPass(encoder, steps: source.count, batchSize: 1, threads: 1)
    encoderPass.forward(tokens: source.span)
    let hasAttention = decoder.configuration.attention != nil
    var pass = try InferencePass(
      decoder, steps: 1, batchSize: 1, memorySteps: hasAttention ? source.count : nil, threads: 1)
    var state = RecurrentState<S>(zerosFor: decoder.configuration, batchSize: 1)
    // [part, L, 2, H] of both directions is [part, L, 1, 2H] of the decoder.
    state.values = encoderPass.finalState.values
    pass.state = state
    if hasAttention { pass.setMemory(encoderPass.outputSequences) }
    var tokens = [marks!.start]
    for _ in 0..<steps {
      pass.run(tokens: [tokens.last!].span, continuing: true)
      let outputs = pass.outputs
      tokens.append(Int32(outputs.firstIndex(of: outputs.max()!)!))
    }
    return Array(tokens.dropFirst())
  }
}
