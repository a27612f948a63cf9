/// A trainer as a loop drives it.
extension Trainer: LoopTrainer {
  var optimizer: Optimizer {
    get { settings.optimizer }
    set { settings.optimizer = newValue }
  }

  var accumulatesGradients: Bool { settings.accumulatesGradients }
  var workerCount: Int { engine.pool.count }

  func check(_ data: TrainingData<S>) { data.check(plan.configuration, settings) }

  func part(of data: TrainingData<S>) -> TrainingData<S> {
    guard hasOthers, let tree = engine.plan.update.tree, case .streams(let streams) = data.source else { return data }
    let (first, last) = (
      tree.part(ofShard: tree.share.own.lowerBound), tree.part(ofShard: tree.share.own.upperBound - 1)
    )
    return TrainingData(streams.reading(only: first.first..<last.first + last.count))
  }

  var parameterDigest: UInt64 { engine.parameterDigest }

  mutating func beginEpoch() {
    // Sequences before the first are none of theirs.
    if settings.carriesState { resetState() }
  }

  mutating func step(on batch: TrainingBatch<S>) -> StepReport {
    switch batch.goal {
    case .target(let target): step(batch.input, target)
    case .loss(let loss): step(batch.input, loss: loss)
    }
  }

  mutating func accumulate(_ batch: TrainingBatch<S>) {
    switch batch.goal {
    case .target(let target): _ = accumulate(batch.input, target)
    case .loss(let loss): _ = accumulate(batch.input, loss: loss)
    }
  }

  mutating func loss(ofProbeIn data: TrainingData<S>) throws(TokenFileError) -> Double? {
    guard case .streams(let streams) = data.source else { return nil }
    return try evaluate(streams, windows: 1).loss
  }

  func evaluatedModel() -> Model<S> { averagedModel() }

  func readCheckpoint(_ path: String) throws(CheckpointError) -> TrainingCheckpoint<S> {
    try TrainingCheckpoint(contentsOf: path, cell: plan.configuration.cell)
  }

  func readModel(_ path: String) throws(CheckpointError) -> Model<S> {
    try Model(contentsOf: path, cell: plan.configuration.cell)
  }

  func fits(_ checkpoint: TrainingCheckpoint<S>) -> Bool { checkpoint.model.table == plan.table }

  func otherSettings(in checkpoint: TrainingCheckpoint<S>, besidesRate: Bool) -> [String] {
    checkpoint.settings.differences(from: settings, besidesRate: besidesRate)
  }
}

extension Model: LoopModel {}

extension TrainingCheckpoint: LoopCheckpoint {
  var isFinite: Bool { model.block.allSatisfy(\.isFinite) }
}
