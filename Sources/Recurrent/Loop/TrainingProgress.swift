internal import Storage

/// Where a training stands, beside what `TrainingCheckpoint` holds: a note in the checkpoint.
///
///     "note.loop": {"first_step": 0, "epoch": 3, "batch": 17, "batches": 53, "epoch_loss": 4080.5, "epoch_count": 2176,
///                   "best_loss": 1.5, "best_step": 159, "evaluations_without_progress": 0,
///                   "plateau_loss": null, "plateau_evaluations": 0}
public struct TrainingProgress: Sendable, Hashable {
  /// A loss on the validation data.
  public struct Best: Sendable, Hashable {
    /// The loss.
    public let loss: Double
    /// After how many steps.
    public let step: Int

    /// A loss after so many steps.
    public init(loss: Double, step: Int) { (self.loss, self.step) = (loss, step) }
  }

  static let note = "loop"

  /// Steps that the trainer had done before.
  public internal(set) var firstStep = 0
  /// Epochs done.
  public internal(set) var epoch = 0
  /// Batches done of the present epoch.
  public internal(set) var batch = 0
  /// Batches of an epoch; nil before the first step.
  var batchCount: Int?
  /// Σ loss · count over the present epoch, and Σ count.
  var epochLoss = 0.0
  var epochCount = 0
  /// The lowest validation loss.
  public internal(set) var best: Best?
  /// Evaluations since then.
  public internal(set) var evaluationsWithoutProgress = 0
  var plateauLoss = Double.infinity
  var plateauEvaluations = 0

  /// A training that has not begun.
  public init() {}

  /// The progress of a training that was not a loop's: so many batches of an epoch are done, with this sum of their losses.
  package init(
    epoch: Int, batch: Int, lossSum: Double, best: Best?, evaluationsWithoutProgress: Int, countOfBatch: Int
  ) {
    (self.epoch, self.batch) = (epoch, batch)
    (epochLoss, epochCount) = (lossSum * Double(countOfBatch), batch * countOfBatch)
    (self.best, self.evaluationsWithoutProgress) = (best, evaluationsWithoutProgress)
  }

  /// Lets the patience begin anew.
  public mutating func forgetWaiting() { evaluationsWithoutProgress = 0 }

  /// Notes a validation loss.
  /// - Returns: whether it is the lowest.
  mutating func note(_ loss: Double, step: Int) -> Bool {
    guard loss < best?.loss ?? .infinity else {
      evaluationsWithoutProgress += 1
      return false
    }
    (best, evaluationsWithoutProgress) = (Best(loss: loss, step: step), 0)
    return true
  }

  mutating func add(loss: Double, count: Int) {
    epochLoss += loss * Double(count)
    epochCount += count
  }

  mutating func beginEpoch(_ epoch: Int) {
    (self.epoch, batch, epochLoss, epochCount) = (epoch, 0, 0, 0)
  }

  var meanLoss: Double { epochCount == 0 ? 0 : epochLoss / Double(epochCount) }
}

// MARK: In a checkpoint

extension TrainingProgress {
  var text: String {
    func number(_ value: Double?) -> JSON { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
    let json = JSON.object([
      (key: "first_step", value: .integer(firstStep)), (key: "epoch", value: .integer(epoch)),
      (key: "batch", value: .integer(batch)), (key: "batches", value: batchCount.map { .integer($0) } ?? .null),
      (key: "epoch_loss", value: number(epochLoss)), (key: "epoch_count", value: .integer(epochCount)),
      (key: "best_loss", value: number(best?.loss)),
      (key: "best_step", value: best.map { .integer($0.step) } ?? .null),
      (key: "evaluations_without_progress", value: .integer(evaluationsWithoutProgress)),
      (key: "plateau_loss", value: number(plateauLoss)),
      (key: "plateau_evaluations", value: .integer(plateauEvaluations)),
    ])
    // Every number is finite.
    guard let bytes = try? json.serialized() else { stop("a progress that is not finite") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Where the training of a checkpoint stands; nil where no loop has saved it.
  /// - Parameters:
  ///   - checkpoint: as it was read.
  ///   - file: names it in errors.
  /// - Throws: `TrainingError.invalidProgress`.
  public init?<S>(_ checkpoint: TrainingCheckpoint<S>, file: String) throws(TrainingError) {
    try self.init(checkpoint.notes, stepCount: checkpoint.stepCount, file: file)
  }

  /// By the notes of a checkpoint, whatever was trained.
  init?(_ notes: [String: String], stepCount: Int, file: String) throws(TrainingError) {
    guard let note = notes[Self.note] else { return nil }
    func fault(_ reason: String) -> TrainingError {
      .invalidProgress(file: file, reason: "its note \"\(Self.note)\" makes no sense: \(reason)")
    }
    let json: JSON
    do { json = try JSON(parsing: note) } catch { throw fault(error.description) }
    func count(_ key: String) throws(TrainingError) -> Int {
      // Beyond these no training comes, and what is added to one would overflow.
      guard let value = json[key]?.integer, (0...1 << 53).contains(value) else { throw fault("\(key) is no count") }
      return value
    }
    firstStep = try count("first_step")
    epoch = try count("epoch")
    batch = try count("batch")
    if case .integer? = json["batches"] { batchCount = try count("batches") }
    guard batch <= batchCount ?? .max, firstStep <= stepCount else {
      throw fault("numbers are out of range")
    }
    guard let loss = json["epoch_loss"]?.number else { throw fault("epoch_loss is no number") }
    epochLoss = loss
    epochCount = try count("epoch_count")
    if let loss = json["best_loss"]?.number { best = Best(loss: loss, step: try count("best_step")) }
    evaluationsWithoutProgress = try count("evaluations_without_progress")
    plateauLoss = json["plateau_loss"]?.number ?? .infinity
    plateauEvaluations = try count("plateau_evaluations")
  }
}
