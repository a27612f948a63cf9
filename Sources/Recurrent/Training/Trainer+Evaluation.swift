internal import Kernels
internal import Storage

/// How good the model is now, the averaged one where weights are averaged. The training goes on as if nothing had been asked: its
/// state and its seeds stay.
extension Trainer {
  /// The loss and other figures on data of any size, without dropout, each sequence from its beginning: any number of
  /// sequences, of any lengths.
  ///
  /// Flat arrays are [T, N, …] with this trainer's N; targets come as for a step. It plans memory of its own when it is
  /// first called, and again when sequences are longer.
  /// - Parameters:
  ///   - input: as for a step.
  ///   - target: as for a step, of as many sequences.
  /// - Returns: a mean over all outputs, however many batches they took.
  /// - Throws: `PlanError` where the memory does not suffice.
  public mutating func evaluate(_ input: ModelInput<S>, _ target: ModelTarget<S>) throws(PlanError) -> Evaluation {
    try evaluator.evaluate(input, target, load: load)
  }

  /// The same by a loss of one's own, on at most N sequences.
  /// - Throws: `PlanError` where the memory does not suffice.
  public mutating func evaluate(_ input: ModelInput<S>, loss: CustomLoss<S>) throws(PlanError) -> Evaluation {
    try evaluator.evaluate(input, loss, isRagged: settings.isRagged, load: load)
  }

  /// The outputs for data of any size, each sequence from its beginning: as many for it as it has steps, or one. Without
  /// dropout.
  /// - Throws: `PlanError` where the memory does not suffice.
  public mutating func predict(_ input: ModelInput<S>) throws(PlanError) -> Sequences<S> {
    try evaluator.predict(input, load: load)
  }

  /// How well the windows of `streams` are predicted, the state carried from window to window from zero on, without
  /// dropout, in the trainer's own memory.
  /// - Precondition: `streams` has this trainer's batch size and at most its sequence length; a token file can be read.
  public mutating func evaluate(_ streams: TokenStreams) -> Evaluation {
    do { return try evaluate(reading: streams) } catch { stop("\(error); evaluate(reading:) throws this error") }
  }

  /// The same of streams in a file, which may fail.
  /// - Throws: `TokenFileError`.
  public mutating func evaluate(reading streams: TokenStreams) throws(TokenFileError) -> Evaluation {
    try withAverage { (trainer) throws(TokenFileError) in
      try trainer.evaluate(streams, windows: streams.windowCount)
    }
  }

  /// The same on the first `windows` of `streams`.
  mutating func evaluate(_ streams: TokenStreams, windows: Int) throws(TokenFileError) -> Evaluation {
    if let tree = engine.plan.update.tree { return try evaluateShards(tree, streams, windows: windows) }
    let before = engine.savedStart()
    defer { engine.restore(before) }
    engine.zeroState()
    var sum = 0.0
    for window in 0..<windows {
      try streams.load(window)
      let rows = engine.set(streams.input(window))
      engine.set(streams.target(window), rows)
      engine.evaluate(rows)
      sum += engine.meanLoss(rows)
    }
    return Evaluation(
      loss: sum / Double(windows), count: windows * streams.sequenceLength * streams.batchSize)
  }

  /// Puts the parameters, or their average, into another engine.
  private var load: (Engine<S>) -> Void {
    { [engine, average] other in
      if let average {
        other.setParameters(average.block)
      } else {
        other.copyParameters(from: engine)
      }
    }
  }
}
