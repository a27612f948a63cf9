import Recurrent

/// Keeps the latest model and the best one on disk.
struct ModelKeeper {
  /// Where the latest is kept, and where the best.
  let path: String
  let bestPath: String

  /// Loss and step of the best model so far.
  private(set) var best: (loss: Double, step: Int)?
  /// Step of the model at `path`; nil where this run has saved none yet.
  private(set) var savedStep: Int?
  /// The best model, while it is not on disk.
  private var unsavedBest: Model<Float>?
  private var lastSave: ContinuousClock.Instant?
  private var hasFailed = false

  /// Time between two saves at the ends of short epochs.
  private static let pause = Duration.seconds(5)

  /// - Throws: `CheckpointError` where no file could be written.
  init(path: String, keepsBest: Bool) throws(CheckpointError) {
    self.path = path
    bestPath = Self.bestPath(path)
    try ModelFile.verifyWritable(path)
    if keepsBest { try ModelFile.verifyWritable(bestPath) }
  }

  /// model.safetensors → model-best.safetensors
  static func bestPath(_ path: String) -> String {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[slash...].lastIndex(of: "."), dot > slash else { return path + "-best" }
    return path[..<dot] + "-best" + path[dot...]
  }

  /// At the end of an epoch. Of short epochs not each is saved at once.
  mutating func endEpoch(_ model: Model<Float>, step: Int, validationLoss: Double?) {
    if let validationLoss, validationLoss < best?.loss ?? .infinity {
      best = (validationLoss, step)
      unsavedBest = model
    }
    if let lastSave, ContinuousClock.now - lastSave < Self.pause { return }
    save(model, step: step)
  }

  /// Saves what there is to save. A save that fails leaves the file that was there, and the training goes on.
  mutating func save(_ model: Model<Float>, step: Int) {
    do throws(CheckpointError) {
      if savedStep != step { try model.save(to: path) }
      savedStep = step
      try saveBest()
      hasFailed = false
    } catch {
      hasFailed = true
      Note.warning("cannot save the model of step \(step): \(error)")
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
    if hasFailed { throw Failure(message: "the model could not be saved") }
  }
}
