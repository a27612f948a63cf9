internal import Storage

/// The loop of any trainer: what `TrainingLoop` and `EncoderDecoderLoop` are.
struct LoopCore<T: LoopTrainer & ~Copyable>: ~Copyable {
  typealias Validation = (inout T) throws -> Evaluation

  var trainer: T
  var data: TrainingData<T.S>
  let validation: Validation?
  let options: TrainingOptions
  /// Where the training stands.
  var progress: TrainingProgress
  var plateau: ReduceOnPlateau?
  var best: T.Trained?
  let keeper: CheckpointKeeper<T.Checkpoint>?
  /// Of the last validation of this run.
  var evaluation: Evaluation?
  /// Of the last step, counted from 1.
  var lastEpoch: Int
  /// The checkpoint that the training went on from; nil for one that began anew, or was resumed by its program.
  private(set) var resumption: TrainingResumption?
  /// Whether the hook knows of it.
  var hasToldResumption = false
  /// Whether a hook has asked to stop.
  var isStopping = false

  /// A training that begins anew, or goes on from what is at `checkpoint`.
  init(
    _ trainer: consuming T, _ data: TrainingData<T.S>, _ options: TrainingOptions, validation: Validation?,
    checkpoint: String?, resuming: Bool, replacing: Bool
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
    let (value, file) = found
    guard let progress = try TrainingProgress(value.notes, stepCount: value.stepCount, file: file) else {
      throw TrainingError.invalidProgress(file: file, reason: "it is no checkpoint of a training loop")
    }
    var best = value.best
    if best == nil, progress.best != nil, keepsBest {
      do { best = try trainer.readModel(store.bestPath) } catch {
        // A checkpoint that was moved without it.
        guard case CheckpointError.missingFile = error else { throw error }
      }
    }
    store.resume(from: file, step: value.stepCount)
    let resumption = TrainingResumption(
      file: file, step: value.stepCount,
      otherSettings: trainer.otherSettings(in: value, besidesRate: options.plateau != nil))
    let resumed = try T(value, threads: trainer.workerCount, over: trainer.communicator)
    try self.init(
      resumed, data, options, validation: validation, store: store, progress: progress, best: best, file: file)
    self.resumption = resumption
  }

  /// A training of which its program knows where it stands.
  init(
    _ trainer: consuming T, _ data: TrainingData<T.S>, _ options: TrainingOptions, validation: Validation?,
    store: consuming CheckpointStore?, progress: TrainingProgress? = nil, best: T.Trained? = nil, file: String? = nil
  ) throws(TrainingError) {
    options.check(accumulatesGradients: trainer.accumulatesGradients, hasValidation: validation != nil)
    trainer.check(data)
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
    (self.data, self.validation, self.options) = (trainer.part(of: data), validation, options)
    self.trainer = trainer
  }

  /// nil where there is no file.
  private static func checkpoint(
    at path: String, of trainer: borrowing T
  ) throws -> (value: T.Checkpoint, file: String)? {
    do {
      let found = try trainer.newestCheckpoint(of: path)
      guard trainer.fits(found.value) else {
        throw TrainingError.invalidProgress(file: found.file, reason: "it is the checkpoint of another model")
      }
      return (found.value, found.file)
    } catch CheckpointError.missingFile {
      return nil
    }
  }

  // MARK: What there is

  var stepsPerEpoch: Int { (data.batchCount - 1) / options.batchesPerStep + 1 }

  var totalSteps: Int {
    let (total, overflow) = progress.firstStep.addingReportingOverflow(options.steps(ofEpoch: stepsPerEpoch))
    return overflow ? .max : total
  }

  var bestModel: T.Trained { best ?? trainer.evaluatedModel() }

  /// Everything that the next step depends on, as it is saved.
  func checkpoint() -> T.Checkpoint {
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
  fileprivate func check(accumulatesGradients: Bool, hasValidation: Bool) {
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
      batchesPerStep == 1 || accumulatesGradients,
      "\(batchesPerStep) batches a step need a trainer made with accumulatesGradients: true")
    require(notes[TrainingProgress.note] == nil, "the note \"\(TrainingProgress.note)\" is the loop's own")
  }
}
