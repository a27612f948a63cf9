internal import Kernels

/// The exponential moving average of the weights of an engine: a ← a + (1 − β_t)·(w − a) after step t, with
/// β_t = min(β, (1 + t)/(10 + t)), so that the first steps are soon forgotten. It lies nearer the middle of the valley in
/// which steps of a large learning rate go to and fro (Polyak & Juditsky 1992).
struct WeightAverage<S: Scalar>: Sendable {
  let decay: Double
  /// Laid out as the block of the model.
  var block: [S]
  /// Steps that are in it.
  var count = 0

  /// The average before the first step, which is the model's own weights.
  init(_ model: Model<S>, decay: Double) { (block, self.decay) = (model.block, decay) }

  /// Adds the weights after a step.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  mutating func add(_ engine: Engine<S>) {
    count += 1
    let share = S(1 - min(decay, (1 + Double(count)) / (10 + Double(count))))
    // Parameters stand first in the memory.
    let weights = engine.memory.span(0, block.count)
    var span = block.mutableSpan
    for index in 0..<weights.count {
      let old = span[index]
      span[index] = old + share * (weights[index] - old)
    }
  }
}

extension Trainer {
  /// The moving average of the weights after all steps (`TrainingSettings.averageDecay`), as a rule a better model than
  /// the one that is trained on; without one that model.
  public func averagedModel() -> Model<S> {
    var model = model()
    if let average { model.block = average.block }
    return model
  }

  /// What `body` makes of the averaged weights, which are in the place of the others meanwhile.
  mutating func withAverage<Result, Fault: Error>(
    _ body: (inout Self) throws(Fault) -> Result
  ) throws(Fault) -> Result {
    guard let average else { return try body(&self) }
    let own = engine.memory.array(Region(offset: 0, rows: 1, columns: average.block.count))
    engine.setParameters(average.block)
    defer { engine.setParameters(own) }
    return try body(&self)
  }
}
