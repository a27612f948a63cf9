internal import Storage

/// What a `TrainingLoop` trains on: batches by the number of the epoch and of the batch, so that a training that is resumed
/// finds its place.
///
///     let data = TrainingData<Float>(inputs: .tokens(names), targets: .classes(languages), batchSize: 32, seed: 1)
public struct TrainingData<S: Scalar> {
  enum Source {
    case streams(TokenStreams)
    case sequences(SequenceSource)
    case closure((_ epoch: Int, _ batch: Int) -> TrainingBatch<S>)
  }

  struct SequenceSource {
    enum Goal {
      case targets(ModelTarget<S>)
      case loss((_ sequences: [Int]) -> CustomLoss<S>)
    }

    let inputs: ModelInput<S>
    let goal: Goal
    /// Elements of each sequence.
    let sizes: [Int]
    /// Those that have a step: the others teach nothing.
    let numbers: [Int]
    /// Of `numbers`.
    let loader: BucketingLoader

    init(_ inputs: ModelInput<S>, _ goal: Goal, batchSize: Int, poolSize: Int, seed: UInt64) {
      let sizes = inputs.sizes
      let numbers = sizes.indices.filter { sizes[$0] > 0 }
      EmptySequences.requireSteps(sizes)
      (self.inputs, self.goal, self.sizes, self.numbers) = (inputs, goal, sizes, numbers)
      loader = BucketingLoader(
        lengths: numbers.map { sizes[$0] }, batchSize: batchSize, poolSize: poolSize, seed: seed)
    }
  }

  let source: Source
  /// Batches of an epoch.
  public let batchCount: Int
  /// Of the epoch whose batches are known: the sequences of each.
  private var order: (epoch: Int, batches: [[Int]])?

  private init(_ source: Source, batchCount: Int) {
    require(batchCount >= 1, "an epoch needs 1 batch or more, got \(batchCount)")
    (self.source, self.batchCount) = (source, batchCount)
  }

  private init(_ source: SequenceSource) { self.init(.sequences(source), batchCount: source.loader.batchCount) }

  /// The windows of a text in their order, each with the tokens that follow. A trainer that carries its state starts every
  /// epoch without.
  public init(_ streams: TokenStreams) { self.init(.streams(streams), batchCount: streams.windowCount) }

  /// Sequences in batches, shuffled anew for each epoch, those of similar lengths together (`BucketingLoader`). The last batch
  /// may have fewer than N sequences, and lengths may differ: then the trainer must be ragged. Sequences of no steps are left
  /// out; where the model has one output for each sequence the loop refuses them.
  /// - Parameters:
  ///   - inputs: one array for each sequence, or `Sequences`.
  ///   - targets: one array for each sequence, or `Sequences`, or labels; or flat, with one class, or O values, for each
  ///     sequence. Weights are one for each sequence.
  ///   - batchSize: N.
  ///   - poolSize: batches that are sorted by length together; 1 is plain shuffling.
  ///   - seed: of the order.
  public init(inputs: ModelInput<S>, targets: ModelTarget<S>, batchSize: Int, poolSize: Int = 8, seed: UInt64) {
    targets.check(sequences: inputs.sizes.count)
    self.init(SequenceSource(inputs, .targets(targets), batchSize: batchSize, poolSize: poolSize, seed: seed))
  }

  /// The same with a loss of one's own.
  /// - Parameters:
  ///   - inputs: one array for each sequence, or `Sequences`.
  ///   - batchSize: N.
  ///   - poolSize: batches that are sorted by length together; 1 is plain shuffling.
  ///   - seed: of the order.
  ///   - loss: makes it for a batch, which has these sequences in this order.
  public init(
    inputs: ModelInput<S>, batchSize: Int, poolSize: Int = 8, seed: UInt64,
    loss: @escaping (_ sequences: [Int]) -> CustomLoss<S>
  ) {
    self.init(SequenceSource(inputs, .loss(loss), batchSize: batchSize, poolSize: poolSize, seed: seed))
  }

  /// Batches that a closure makes. For an exact resume it must give the same batch for the same numbers, whatever was asked
  /// before.
  /// - Parameters:
  ///   - batchesPerEpoch: batches of an epoch.
  ///   - batch: by the number of the epoch and that of the batch within it, both counted from 0.
  public init(batchesPerEpoch: Int, _ batch: @escaping (_ epoch: Int, _ batch: Int) -> (ModelInput<S>, ModelTarget<S>))
  {
    self.init(
      .closure { epoch, number in
        let (input, target) = batch(epoch, number)
        return TrainingBatch(input: input, goal: .target(target), count: 1)
      }, batchCount: batchesPerEpoch)
  }

  /// The same with a loss of one's own for each batch.
  public init(
    batchesPerEpoch: Int, withLoss batch: @escaping (_ epoch: Int, _ batch: Int) -> (ModelInput<S>, CustomLoss<S>)
  ) {
    self.init(
      .closure { epoch, number in
        let (input, loss) = batch(epoch, number)
        return TrainingBatch(input: input, goal: .loss(loss), count: 1)
      }, batchCount: batchesPerEpoch)
  }

  /// A batch of an epoch.
  /// - Throws: `TokenFileError` where it cannot be read from its file.
  mutating func batch(epoch: Int, _ batch: Int) throws(TokenFileError) -> TrainingBatch<S> {
    switch source {
    case .streams(let streams):
      try streams.load(batch)
      return TrainingBatch(
        input: streams.input(batch), goal: .target(streams.target(batch)),
        count: streams.batchSize * streams.sequenceLength)
    case .sequences(let source):
      if order?.epoch != epoch { order = (epoch, source.loader.batches(epoch: epoch)) }
      let sequences = (order?.batches[batch] ?? []).map { source.numbers[$0] }
      let count = sequences.reduce(0) { $0 + source.sizes[$1] }
      let goal: TrainingBatch<S>.Goal =
        switch source.goal {
        case .targets(let targets): .target(targets.selecting(sequences, of: source.sizes.count))
        case .loss(let loss): .loss(loss(sequences))
        }
      return TrainingBatch(input: source.inputs.selecting(sequences), goal: goal, count: count)
    case .closure(let make): return make(epoch, batch)
    }
  }
}

/// A batch, and what it is to learn.
struct TrainingBatch<S: Scalar> {
  enum Goal {
    case target(ModelTarget<S>)
    case loss(CustomLoss<S>)
  }

  let input: ModelInput<S>
  let goal: Goal
  /// Steps of all its sequences; 1 where they are not known. The mean loss of an epoch is weighted by it.
  let count: Int
}

/// What a `TrainingLoop` measures a model on while it trains.
public struct ValidationData<S: Scalar> {
  let evaluate: (inout Trainer<S>) throws -> Evaluation

  /// Sequences of any number and lengths, from their beginnings (`Trainer.evaluate`).
  public init(inputs: ModelInput<S>, targets: ModelTarget<S>) {
    evaluate = { trainer in try trainer.evaluate(inputs, targets) }
  }

  /// A text, the state carried from window to window.
  /// - Precondition: the streams have the trainer's batch size and at most its sequence length.
  public init(_ streams: TokenStreams) {
    evaluate = { trainer in try trainer.evaluate(reading: streams) }
  }

  /// A loss that a closure computes.
  public init(_ loss: @escaping (inout Trainer<S>) throws -> Double) {
    evaluate = { trainer in Evaluation(loss: try loss(&trainer), count: 0) }
  }
}
