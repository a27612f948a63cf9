/// Keeps on disk the last checkpoint, some before it, and the best model. A class: it owns the lock of the files.
final class CheckpointKeeper<Checkpoint: LoopCheckpoint> where Checkpoint.Trained: LoopModel {
  private var store: CheckpointStore
  private let bestPlace: TrainingOptions.BestPlace
  private let savePause: Duration
  /// Step of the checkpoint on disk, if it is of this training.
  private(set) var savedStep: Int?
  /// The best model, while it is not on disk.
  private var unsavedBest: Checkpoint.Trained?
  /// A checkpoint with a new best model that was not saved because another had just been.
  private var postponed: Checkpoint?
  private var lastSave: ContinuousClock.Instant?
  /// Of the last save, if it failed.
  private(set) var error: CheckpointError?

  /// Time after a failed save until the next is tried, whatever the options say.
  private static var retryPause: Duration { .seconds(60) }

  init(_ store: consuming CheckpointStore, _ options: TrainingOptions) {
    savedStep = store.step
    self.store = store
    (bestPlace, savePause) = (options.bestPlace, options.savePause)
  }

  var path: String { store.path }

  /// Whether so short a time has passed since the last save that the end of an epoch alone is no reason for another.
  var hasJustSaved: Bool { lastSave.map { ContinuousClock.now - $0 < savePause } ?? false }

  /// Whether a save failed, and it is time to try again.
  var wantsRetry: Bool { error != nil && lastSave.map { ContinuousClock.now - $0 >= Self.retryPause } ?? true }

  /// Notes a model that is better than all before; `save` writes it.
  func note(best model: Checkpoint.Trained) { if bestPlace == .ownFile { unsavedBest = model } }

  /// Keeps a checkpoint until the next save, or for `rescue`.
  func postpone(_ checkpoint: Checkpoint) { postponed = checkpoint }

  /// Saves a checkpoint, and the best model first: a checkpoint speaks of it. A save that fails leaves the files that were
  /// there.
  /// - Returns: what went wrong.
  func save(_ checkpoint: Checkpoint) -> CheckpointError? {
    let step = checkpoint.stepCount
    do throws(CheckpointError) {
      try saveBest()
      if savedStep != step {
        try store.save(step: step) { path throws(CheckpointError) in try checkpoint.save(to: path) }
      }
      (savedStep, error, postponed) = (step, nil, nil)
    } catch {
      self.error = error
    }
    lastSave = .now
    return error
  }

  /// Saves what was good before a training went wrong.
  func rescue() {
    try? saveBest()
    if let postponed { _ = save(postponed) }
  }

  private func saveBest() throws(CheckpointError) {
    guard let model = unsavedBest else { return }
    try store.saveBest { path throws(CheckpointError) in try model.save(to: path) }
    unsavedBest = nil
  }
}
