internal import Storage

/// The trainer as a loop drives it: batches of sources as inputs and targets as targets.
extension EncoderDecoderTrainer: LoopTrainer {
  var optimizer: Optimizer {
    get { settings.optimizer }
    set { settings.optimizer = newValue }
  }

  var accumulatesGradients: Bool { settings.accumulatesGradients }
  var workerCount: Int { decoder.pool.count }

  /// What a closure makes is seen when it is made.
  func check(_ data: TrainingData<S>) {
    switch data.source {
    case .closure: return
    case .streams: stop("expected pairs of sources and targets, got the windows of a text")
    case .sequences(let source):
      guard case .targets(let targets) = source.goal else {
        stop("expected a target for each source, got a loss of one's own")
      }
      let inputs = InputSequences(source.inputs, batchSize: 1, width: encoderPlan.configuration.input.size)
      inputs.check(encoderPlan.configuration)
      require(
        min(source.loader.batchSize, source.numbers.count) <= settings.batchSize,
        "expected batches of at most \(settings.batchSize) pairs, as the trainer is for, got \(source.loader.batchSize)"
      )
      Self.check(inputs.lengths, atMost: settings.sourceLength, "source")
      switch targets.content {
      case .classSequences(let classes):
        if trained.marks == nil { stop("the decoder takes vectors, not tokens") }
        Self.check(classes.lengths, atMost: settings.targetLength, "target")
        decoderPlan.input.tokens.check(classes)
      case .valueSequences(let values): Self.check(values.lengths, atMost: settings.targetLength, "target")
      case .valueLists(let lists):
        let width = decoderPlan.configuration.outputSize
        Self.check(Sequences(lists, width: width).lengths, atMost: settings.targetLength, "target")
      case .classes, .values, .labels, .window:
        stop("a target of a decoder is classes or values sequence by sequence: one array for each")
      }
    }
  }

  private static func check(_ lengths: [Int], atMost most: Int, _ name: StaticString) {
    for (number, length) in lengths.enumerated() {
      require(
        length <= most, "\(name) \(number) has \(length) steps; expected at most \(most), as the trainer is for")
    }
  }

  var parameterDigest: UInt64 { encoder.parameterDigest &* 31 &+ decoder.parameterDigest }

  mutating func beginEpoch() {}

  func evaluatedModel() -> EncoderDecoder<S> { averagedModel() }

  mutating func step(on batch: TrainingBatch<S>) -> StepReport { step(batch.input, Self.target(of: batch)) }

  mutating func accumulate(_ batch: TrainingBatch<S>) { _ = accumulate(batch.input, Self.target(of: batch)) }

  private static func target(of batch: TrainingBatch<S>) -> ModelTarget<S> {
    guard case .target(let target) = batch.goal else {
      stop("expected a target for each source, got a loss of one's own")
    }
    return target
  }

  mutating func loss(ofProbeIn data: TrainingData<S>) -> Double? { nil }

  func readCheckpoint(_ path: String) throws(CheckpointError) -> EncoderDecoderCheckpoint<S> {
    try EncoderDecoderCheckpoint(
      contentsOf: path, encoderCell: encoderPlan.configuration.cell, decoderCell: decoderPlan.configuration.cell)
  }

  func readModel(_ path: String) throws(CheckpointError) -> EncoderDecoder<S> {
    try EncoderDecoder(
      contentsOf: path, encoderCell: encoderPlan.configuration.cell, decoderCell: decoderPlan.configuration.cell)
  }

  func fits(_ checkpoint: EncoderDecoderCheckpoint<S>) -> Bool {
    checkpoint.model.encoder.table == encoderPlan.table && checkpoint.model.decoder.table == decoderPlan.table
      && checkpoint.model.marks == trained.marks
  }

  func otherSettings(in checkpoint: EncoderDecoderCheckpoint<S>, besidesRate: Bool) -> [String] {
    checkpoint.settings.differences(from: settings, besidesRate: besidesRate)
  }
}

extension EncoderDecoder: LoopModel {}

extension EncoderDecoderCheckpoint: LoopCheckpoint {
  var isFinite: Bool {
    model.encoder.block.allSatisfy(\.isFinite) && model.decoder.block.allSatisfy(\.isFinite)
  }
}
