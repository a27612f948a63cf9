/// A training from its first step to its last: data in their order, validation, early stopping, checkpoints.
///
///     func train(_ texts: [[Int32]], _ classes: [Int32], from model: Model<Float>) throws -> Model<Float> {
///       let data = TrainingData<Float>(inputs: .tokens(texts), targets: .classes(classes), batchSize: 32, seed: 1)
///       let trainer = try Trainer(model, batchSize: 32, sequenceLength: 100, isRagged: true)
///       var loop = try TrainingLoop(trainer, data, epochs: 20, checkpoint: "model.safetensors")
///       try loop.run { event in print(event) }
///       return loop.bestModel
///     }
///
/// A loop takes its trainer for good, as a trainer cannot be copied. A variable at the top level of `main.swift` is global,
/// and cannot be given away: there pass the call that makes the trainer, `TrainingLoop(Trainer(…), …)`, or use a function.
///
/// A training that was stopped, or killed, goes on with `resuming: true` from its last checkpoint: on the same data it ends
/// with the same bits as one that never stopped. The settings are the checkpoint's then, not those of the trainer that was
/// given; where they differ `TrainingEvent.resumed` says so.
public struct TrainingLoop<S: Scalar>: ~Copyable {
  private var core: LoopCore<Trainer<S>>

  /// A training of so many epochs.
  /// - Parameters:
  ///   - trainer: does the steps; the loop has it from now on.
  ///   - data: what is trained on.
  ///   - epochs: passes over the data.
  ///   - validation: what the model is measured on at the end of each epoch.
  ///   - patience: epochs without a new lowest validation loss after which the training ends.
  ///   - checkpoint: where the last checkpoint is kept; the best model is beside it (`CheckpointStore`).
  ///   - resuming: whether to go on from the newest checkpoint that can be loaded, if there is one: then its model, its
  ///     settings (optimizer, schedule, clipping, …) and its place in the data count, not those of `trainer`, of which only
  ///     the number of threads is taken. Settings may be changed afterwards: `loop.trainer.settings`.
  ///   - replacing: whether a training that is not gone on with may be given up: its last checkpoint, its generations and its
  ///     best model. Else a checkpoint that is there is refused. A file of another kind always is.
  /// - Throws: `CheckpointError` where the files are locked, cannot be written, are damaged, or others stand in their place
  ///   (`occupied`); `TrainingError`; `PlanError`.
  public init(
    _ trainer: consuming Trainer<S>, _ data: TrainingData<S>, epochs: Int, validation: ValidationData<S>? = nil,
    patience: Int? = nil, checkpoint: String? = nil, resuming: Bool = false, replacing: Bool = false
  ) throws {
    var options = TrainingOptions(.epochs(epochs))
    options.patience = patience
    try self.init(
      trainer, data, options, validation: validation, checkpoint: checkpoint, resuming: resuming, replacing: replacing)
  }

  /// The same with all options.
  public init(
    _ trainer: consuming Trainer<S>, _ data: TrainingData<S>, _ options: TrainingOptions,
    validation: ValidationData<S>? = nil, checkpoint: String? = nil, resuming: Bool = false, replacing: Bool = false
  ) throws {
    core = try LoopCore(
      trainer, data, options, validation: validation?.evaluate, checkpoint: checkpoint, resuming: resuming,
      replacing: replacing)
  }

  /// For programs that lock their files before they read their data, or that change a checkpoint before they go on with it.
  /// - Parameters:
  ///   - trainer: does the steps; the loop has it from now on.
  ///   - data: what is trained on.
  ///   - options: how long, how measured, and what is kept.
  ///   - validation: what the model is measured on; nil: nothing.
  ///   - store: after `resume`, where the training goes on.
  ///   - progress: where the training of the trainer's checkpoint stood (`TrainingProgress(checkpoint, file:)`).
  ///   - best: the best model so far, where the training goes on; of the checkpoint, or of its `CheckpointStore.bestPath`. It
  ///     is saved with the next checkpoint.
  ///   - file: of the checkpoint, for errors.
  /// - Throws: `TrainingError.otherData`.
  public init(
    _ trainer: consuming Trainer<S>, _ data: TrainingData<S>, _ options: TrainingOptions,
    validation: ValidationData<S>? = nil, store: consuming CheckpointStore?, progress: TrainingProgress? = nil,
    best: Model<S>? = nil, file: String? = nil
  ) throws(TrainingError) {
    core = try LoopCore(
      trainer, data, options, validation: validation?.evaluate, store: store, progress: progress, best: best, file: file
    )
  }

  // MARK: What there is

  /// May be looked at and changed between two runs.
  public var trainer: Trainer<S> {
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
  public var model: Model<S> { core.trainer.model() }

  /// The model with the lowest validation loss; without validation the last one.
  public var bestModel: Model<S> { core.bestModel }

  /// Everything that the next step depends on, as it is saved.
  public func checkpoint() -> TrainingCheckpoint<S> { core.checkpoint() }

  // MARK: Running

  /// All steps that are left. Between two steps the training can be stopped: by `isStopped`, or by cancelling the task that it
  /// runs in; what was done is saved, and another run goes on.
  /// - Parameters:
  ///   - isStopped: asked before every step.
  ///   - hook: receives what happens. Where it throws `CancellationError` the training stops after this step, saved.
  /// - Throws: `TrainingError.notFinite`, with the last good checkpoint and the best model kept; `TrainingError.notSaved`;
  ///   what else the hook or the validation throws.
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
