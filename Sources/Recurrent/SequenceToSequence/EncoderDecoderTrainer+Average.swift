extension EncoderDecoderTrainer {
  /// The moving average of the weights after all steps (`EncoderDecoderSettings.averageDecay`), as a rule a better model than
  /// the one that is trained on; without one that model.
  public func averagedModel() -> EncoderDecoder<S> {
    guard let average else { return model() }
    var model = trained
    (model.encoder.block, model.decoder.block) = (average.encoder.block, average.decoder.block)
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
