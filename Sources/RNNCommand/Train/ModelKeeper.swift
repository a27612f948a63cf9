import Recurrent

/// Keeps on disk the last checkpoint, some before it, and the best model.
struct ModelKeeper: ~Copyable {
  /// Step of the checkpoint at `path`, if it is of this training.
  private(set) var savedStep: Int?
  private var store: CheckpointStore
  /// The best model, while it is not on disk.
  private var unsavedBest: Model<Float>?
  private var lastSave: ContinuousClock.Instant?
  private var hasFailed = false

  /// Time between two saves at the ends of short epochs.
  private static let pause = Duration.seconds(5)
  /// Time after a failed save until the next is tried, whatever the options say.
  private static let retryPause = Duration.seconds(60)

  init(_ store: consuming CheckpointStore) {
    savedStep = store.step
    self.store = store
  }

  /// Where the last checkpoint is kept.
  var path: String { store.path }
  /// Where the best model is kept.
  var bestPath: String { store.bestPath }

  /// Notes a model that is better than all before; `save` will write it.
  mutating func note(best model: Model<Float>) { unsavedBest = model }

  /// Whether so short a time has passed since the last save that the end of an epoch alone is no reason for another.
  var hasJustSaved: Bool { lastSave.map { ContinuousClock.now - $0 < Self.pause } ?? false }

  /// Whether a save failed, and it is time to try again.
  var wantsRetry: Bool { hasFailed && lastSave.map { ContinuousClock.now - $0 >= Self.retryPause } ?? true }

  /// Saves what there is to save. A save that fails leaves the files that were there, and the training goes on.
  mutating func save(_ checkpoint: TrainingCheckpoint<Float>, isLast: Bool = false) {
    let step = checkpoint.stepCount
    do throws(CheckpointError) {
      // First: a checkpoint speaks of the best model, which must then be there.
      try saveBest()
      if savedStep != step {
        try store.save(step: step) { path throws(CheckpointError) in try checkpoint.save(to: path) }
      }
      savedStep = step
      if hasFailed { Note.note("saved \(path) again, at step \(step)") }
      hasFailed = false
    } catch {
      hasFailed = true
      Note.warning("cannot save the checkpoint of step \(step): \(error)" + (isLast ? "" : "; the training goes on"))
    }
    lastSave = .now
  }

  /// Saves the best model if it is not on disk yet.
  mutating func saveBest() throws(CheckpointError) {
    guard let model = unsavedBest else { return }
    try model.save(to: bestPath)
    unsavedBest = nil
  }

  /// After the last save.
  /// - Throws: `Failure` where it went wrong.
  func finish() throws(Failure) {
    if hasFailed { throw Failure(message: "the last checkpoint could not be saved") }
  }
}
