/// The training of an encoder and a decoder from its first step to its last: what `TrainingLoop` is to a `Trainer`, with the
/// same options, events, files and exact resume.
///
///     func train(_ sources: [[Int32]], _ targets: [[Int32]], from model: EncoderDecoder<Float>) throws -> EncoderDecoder<Float> {
///       let pairs = TrainingData<Float>(inputs: .tokens(sources), targets: .classes(targets), batchSize: 32, seed: 1)
///       let trainer = try EncoderDecoderTrainer(model, batchSize: 32, sourceLength: 40, targetLength: 40)
///       var loop = try EncoderDecoderLoop(trainer, pairs, epochs: 20, checkpoint: "pairs.safetensors")
///       try loop.run { event in print(event) }
///       return loop.bestModel
///     }
///
/// Data are pairs: a source is an input, and its target a target, sequence by sequence. The mean loss of an epoch is weighted by
/// the steps of the sources.
public struct EncoderDecoderLoop<S: Scalar>: ~Copyable {
  private var core: LoopCore<EncoderDecoderTrainer<S>>

  /// A training of so many epochs.
  /// - Parameters:
  ///   - trainer: does the steps; the loop has it from now on.
  ///   - data: what is trained on.
  ///   - epochs: passes over the data.
  ///   - validation: what the model is measured on at the end of each epoch.
  ///   - patience: epochs without a new lowest validation loss after which the training ends.
  ///   - checkpoint: where the last checkpoint is kept; the best model is beside it (`CheckpointStore`).
  ///   - resuming: as for a `TrainingLoop`: the settings are the checkpoint's then.
  ///   - replacing: whether a training that is not gone on with may be given up. Else a checkpoint that is there is refused.
  /// - Throws: `CheckpointError` where the files are locked, cannot be written, are damaged, or others stand in their place;
  ///   `TrainingError`; `PlanError`.
  public init(
    _ trainer: consuming EncoderDecoderTrainer<S>, _ data: TrainingData<S>, epochs: Int,
    validation: PairValidationData<S>? = nil, patience: Int? = nil, checkpoint: String? = nil, resuming: Bool = false,
    replacing: Bool = false
  ) throws {
    var options = TrainingOptions(.epochs(epochs))
    options.patience = patience
    try self.init(
      trainer, data, options, validation: validation, checkpoint: checkpoint, resuming: resuming, replacing: replacing)
  }

  /// The same with all options.
  public init(
    _ trainer: consuming EncoderDecoderTrainer<S>, _ data: TrainingData<S>, _ options: TrainingOptions,
    validation: PairValidationData<S>? = nil, checkpoint: String? = nil, resuming: Bool = false, replacing: Bool = false
  ) throws {
    core = try LoopCore(
      trainer, data, options, validation: validation?.evaluate, checkpoint: checkpoint, resuming: resuming,
      replacing: replacing)
  }

  /// For programs that lock their files before they read their data, or that change a checkpoint before they go on with it: see
  /// `TrainingLoop`.
  /// - Throws: `TrainingError.otherData`.
  public init(
    _ trainer: consuming EncoderDecoderTrainer<S>, _ data: TrainingData<S>, _ options: TrainingOptions,
    validation: PairValidationData<S>? = nil, store: consuming CheckpointStore?, progress: TrainingProgress? = nil,
    best: EncoderDecoder<S>? = nil, file: String? = nil
  ) throws(TrainingError) {
    core = try LoopCore(
      trainer, data, options, validation: validation?.evaluate, store: store, progress: progress, best: best, file: file
    )
  }

  /// May be looked at and changed between two runs.
  public var trainer: EncoderDecoderTrainer<S> {
    _read { yield core.trainer }
    _modify { yield &core.trainer }
  }

  /// How long it trains, how it measures, and what it keeps.
  public var options: TrainingOptions { core.options }
  /// Where the training stands.
  public var progress: TrainingProgress { core.progress }
  /// The checkpoint that the training went on from; nil for one that began anew, or was resumed by its program.
  public var resumption: TrainingResumption? { core.resumption }
  /// Steps of an epoch.
  public var stepsPerEpoch: Int { core.stepsPerEpoch }
  /// The step that the training ends with.
  public var totalSteps: Int { core.totalSteps }
  /// The model as it is now.
  public var model: EncoderDecoder<S> { core.trainer.model() }
  /// The model with the lowest validation loss; without validation the last one. The averaged one where weights are averaged.
  public var bestModel: EncoderDecoder<S> { core.bestModel }
  /// Everything that the next step depends on, as it is saved.
  public func checkpoint() -> EncoderDecoderCheckpoint<S> { core.checkpoint() }

  /// All steps that are left: see `TrainingLoop.run(until:_:)`.
  @discardableResult
  public mutating func run(
    until isStopped: () -> Bool, _ hook: (TrainingEvent) throws -> Void
  ) throws -> TrainingResult {
    try core.run(until: isStopped, hook)
  }

  /// The same, stopped by the task or by the hook alone.
  @discardableResult
  public mutating func run(_ hook: (TrainingEvent) throws -> Void = { _ in }) throws -> TrainingResult {
    try run(until: { false }, hook)
  }
}

/// What an `EncoderDecoderLoop` measures a model on while it trains.
public struct PairValidationData<S: Scalar> {
  let evaluate: (inout EncoderDecoderTrainer<S>) throws -> Evaluation

  /// Pairs, any number of them, teacher-forced (`EncoderDecoderTrainer.evaluate`); where the trainer averages its weights, by
  /// the averaged model.
  public init(inputs: ModelInput<S>, targets: ModelTarget<S>) {
    evaluate = { trainer in trainer.withAverage { $0.evaluation(inputs, targets) } }
  }

  /// A loss that a closure computes.
  public init(_ loss: @escaping (inout EncoderDecoderTrainer<S>) throws -> Double) {
    evaluate = { trainer in Evaluation(loss: try loss(&trainer), count: 0) }
  }
}

extension TrainingProgress {
  /// Where the training of a checkpoint stands; nil where no loop has saved it.
  /// - Parameters:
  ///   - checkpoint: as it was read.
  ///   - file: names it in errors.
  /// - Throws: `TrainingError.invalidProgress`.
  public init?<S>(_ checkpoint: EncoderDecoderCheckpoint<S>, file: String) throws(TrainingError) {
    try self.init(checkpoint.notes, stepCount: checkpoint.stepCount, file: file)
  }
}
