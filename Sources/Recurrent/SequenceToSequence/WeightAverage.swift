internal import Kernels

/// The exponential moving average of the weights of an encoder and a decoder: a ← a + (1 − β_t)·(w − a) after step t, with
/// β_t = min(β, (1 + t)/(10 + t)), so that the first steps are soon forgotten. It lies nearer the middle of the valley in
/// which steps of a large learning rate go to and fro (Polyak & Juditsky 1992).
struct WeightAverage<S: Scalar>: Sendable {
  let decay: Double
  /// Laid out as the block of each model.
  var encoder: [S]
  var decoder: [S]
  /// Steps that are in it.
  var count = 0

  /// The average before the first step, which is the model's own weights.
  init(_ model: EncoderDecoder<S>, decay: Double) {
    (encoder, decoder, self.decay) = (model.encoder.block, model.decoder.block, decay)
  }

  /// Adds the weights after a step.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  mutating func add(_ encoderEngine: Engine<S>, _ decoderEngine: Engine<S>) {
    count += 1
    let share = S(1 - min(decay, (1 + Double(count)) / (10 + Double(count))))
    Self.add(encoderEngine, share, to: &encoder)
    Self.add(decoderEngine, share, to: &decoder)
  }

  @inline(__always)
  private static func add(_ engine: Engine<S>, _ share: S, to average: inout [S]) {
    // Parameters stand first in the memory.
    let weights = engine.memory.span(0, average.count)
    var span = average.mutableSpan
    for index in 0..<weights.count {
      let old = span[index]
      span[index] = old + share * (weights[index] - old)
    }
  }
}

extension EncoderDecoderTrainer {
  /// The moving average of the weights after all steps (`EncoderDecoderSettings.averageDecay`), as a rule a better model than
  /// the one that is trained on; without one that model.
  public func averagedModel() -> EncoderDecoder<S> {
    guard let average else { return model() }
    var model = trained
    (model.encoder.block, model.decoder.block) = (average.encoder, average.decoder)
    return model
  }

  /// What `body` makes of the averaged model, which is in the place of the other meanwhile.
  mutating func withAverage<Result>(_ body: (inout Self) throws -> Result) rethrows -> Result {
    guard average != nil else { return try body(&self) }
    let (own, averaged) = (model(), averagedModel())
    encoder.load(averaged.encoder)
    decoder.load(averaged.decoder)
    defer {
      encoder.load(own.encoder)
      decoder.load(own.decoder)
    }
    return try body(&self)
  }
}
