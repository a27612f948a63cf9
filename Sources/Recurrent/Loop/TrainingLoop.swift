internal import Storage

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
  /// May be looked at and changed between two runs.
  public var trainer: Trainer<S>
  var data: TrainingData<S>
  let validation: ValidationData<S>?
  /// How long it trains, how it measures, and what it keeps.
  public let options: TrainingOptions
  /// Where the training stands.
  public internal(set) var progress: TrainingProgress
  var plateau: ReduceOnPlateau?
  var best: Model<S>?
  let keeper: CheckpointKeeper<S>?
  /// Of the last validation of this run.
  var evaluation: Evaluation?
  /// Of the last step, counted from 1.
  var lastEpoch: Int
  /// The checkpoint that the training went on from; nil for one that began anew, or was resumed by its program.
  public private(set) var resumption: TrainingResumption?
  /// Whether the hook knows of it.
  var hasToldResumption = false
  /// Whether a hook has asked to stop.
  var isStopping = false

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
    guard let checkpoint else {
      require(!resuming, "a training without a checkpoint has nothing to resume from")
      require(!replacing, "a training without a checkpoint has nothing to replace")
      try self.init(trainer, data, options, validation: validation, store: nil)
      return
    }
    let keepsBest = options.bestPlace == .ownFile && validation != nil
    var store = try CheckpointStore(path: checkpoint, keeping: options.generationLimit, keepsBest: keepsBest)
    guard resuming, let found = try Self.checkpoint(at: checkpoint, of: trainer) else {
      let existing = try CheckpointStore.existing(at: checkpoint, keepsBest: keepsBest)
      if let existing, !replacing { throw existing.refusal }
      try self.init(trainer, data, options, validation: validation, store: store)
      return
    }
    guard let progress = try TrainingProgress(found.value, file: found.file) else {
      throw TrainingError.invalidProgress(file: found.file, reason: "it is no checkpoint of a training loop")
    }
    var best = found.value.best
    if best == nil, progress.best != nil, keepsBest {
      do { best = try Model(contentsOf: store.bestPath, cell: trainer.plan.configuration.cell) } catch {
        // A checkpoint that was moved without it.
        guard case CheckpointError.missingFile = error else { throw error }
      }
    }
    store.resume(from: found.file, step: found.value.stepCount)
    let resumption = TrainingResumption(
      file: found.file, step: found.value.stepCount,
      otherSettings: found.value.settings.differences(from: trainer.settings, besidesRate: options.plateau != nil))
    let resumed = try Trainer(found.value, threads: trainer.engine.pool.count)
    try self.init(
      resumed, data, options, validation: validation, store: store, progress: progress, best: best, file: found.file)
    self.resumption = resumption
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
    options.check(trainer.settings, hasValidation: validation != nil)
    data.check(trainer.plan.configuration, trainer.settings)
    if let expected = progress?.batchCount, expected != data.batchCount {
      throw .otherData(file: file ?? "the checkpoint", expected: expected, actual: data.batchCount)
    }
    var own = progress ?? TrainingProgress()
    own.batchCount = data.batchCount
    if progress == nil { own.firstStep = trainer.stepCount }
    plateau = options.plateau
    plateau?.restore(lowestLoss: own.plateauLoss, evaluationsWithoutProgress: own.plateauEvaluations)
    self.progress = own
    lastEpoch = own.epoch + (own.batch > 0 ? 1 : 0)
    self.best = best
    if let store = consume store {
      keeper = CheckpointKeeper(store, options)
      if let best { keeper?.note(best: best) }
    } else {
      keeper = nil
    }
    (self.data, self.validation, self.options) = (data, validation, options)
    self.trainer = trainer
  }

  /// nil where there is no file.
  private static func checkpoint(
    at path: String, of trainer: borrowing Trainer<S>
  ) throws -> (value: TrainingCheckpoint<S>, file: String)? {
    let cell = trainer.plan.configuration.cell
    do {
      let found = try CheckpointStore.newestValid(of: path) { path throws(CheckpointError) in
        try TrainingCheckpoint<S>(contentsOf: path, cell: cell)
      }
      guard found.value.model.table == trainer.plan.table else {
        throw TrainingError.invalidProgress(file: found.file, reason: "it is the checkpoint of another model")
      }
      return (found.value, found.file)
    } catch CheckpointError.missingFile {
      return nil
    }
  }

  // MARK: What there is

  /// Steps of an epoch.
  public var stepsPerEpoch: Int { (data.batchCount - 1) / options.batchesPerStep + 1 }

  /// The step that the training ends with.
  public var totalSteps: Int {
    let (total, overflow) = progress.firstStep.addingReportingOverflow(options.steps(ofEpoch: stepsPerEpoch))
    return overflow ? .max : total
  }

  /// The model as it is now.
  public var model: Model<S> { trainer.model() }

  /// The model with the lowest validation loss; without validation the last one.
  public var bestModel: Model<S> { best ?? trainer.model() }

  /// Everything that the next step depends on, as it is saved.
  public func checkpoint() -> TrainingCheckpoint<S> {
    var notes = options.notes
    notes[TrainingProgress.note] = progress.text
    var checkpoint = trainer.checkpoint(notes: notes)
    if options.bestPlace == .checkpoint { checkpoint.best = best }
    return checkpoint
  }
}

extension CheckpointStore.Existing {
  fileprivate var refusal: CheckpointError {
    let what =
      step.map { "it holds another training, of step \($0): resuming: true goes on with it, " } ?? "it holds a model: "
    return .occupied(file: file, reason: what + "replacing: true gives it up")
  }
}

extension TrainingOptions {
  /// Stops where they make no sense.
  fileprivate func check(_ settings: TrainingSettings, hasValidation: Bool) {
    let length =
      switch length {
      case .epochs(let count), .steps(let count): count
      }
    require(length >= 1, "a training needs 1 epoch or step or more, got \(length)")
    require(patience ?? 1 >= 1, "patience must be 1 or more, got \(patience ?? 1)")
    require(validationInterval ?? 1 >= 1, "expected 1 step or more between validations, got \(validationInterval ?? 1)")
    require(saveInterval ?? 1 >= 1, "expected 1 step or more between saves, got \(saveInterval ?? 1)")
    require(patience == nil || hasValidation, "patience needs validation data, got none")
    require(plateau == nil || hasValidation, "a plateau needs validation data, got none")
    require(batchesPerStep >= 1, "a step needs 1 batch or more, got \(batchesPerStep)")
    require(
      batchesPerStep == 1 || settings.accumulatesGradients,
      "\(batchesPerStep) batches a step need Trainer(…, accumulatesGradients: true)")
    require(notes[TrainingProgress.note] == nil, "the note \"\(TrainingProgress.note)\" is the loop's own")
  }
}
