import Recurrent
import Storage

/// What `rnn train` has to know to go on, beside what the library's checkpoint holds: a note in the checkpoint.
///
///     {"text": ["book.txt"], "extension": null, "unit": "scalar", "validation_fraction": 0.05,
///      "digest": "cbf29ce484222325", "total_steps": 2000, "patience": null}
struct TextProgress {
  static let note = "train"

  /// Paths and extension as they were given.
  var text: [String]
  var fileExtension: String?
  let unit: Vocabulary.Unit
  let validationFraction: Double
  /// Of the whole text.
  let digest: UInt64
  /// Steps of the whole training.
  var totalSteps: Int
  /// Epochs without a new lowest validation loss after which it ends.
  var patience: Int?
  /// Where the training stood, in checkpoints of versions whose training loop did not note it.
  private(set) var earlier: (lossSum: Double, best: TrainingProgress.Best?, waited: Int)?

  var notes: [String: String] {
    let json = JSON.object([
      (key: "text", value: .array(text.map { .string($0) })),
      (key: "extension", value: fileExtension.map { .string($0) } ?? .null),
      (key: "unit", value: .string(unit.rawValue)),
      (key: "validation_fraction", value: .number(validationFraction)),
      (key: "digest", value: .string(String(digest, radix: 16))), (key: "total_steps", value: .integer(totalSteps)),
      (key: "patience", value: patience.map { .integer($0) } ?? .null),
    ])
    // Every number is finite.
    guard let bytes = try? json.serialized() else { stop("a fraction that is not finite") }
    return [Self.note: String(decoding: bytes, as: UTF8.self)]
  }
}

extension TextProgress {
  /// - Throws: `Failure` where the checkpoint is none of a text, or its note makes no sense.
  init(_ checkpoint: TrainingCheckpoint<Float>, file: String) throws(Failure) {
    guard let note = checkpoint.notes[Self.note] else {
      throw Failure(message: "\(file) is no checkpoint of 'rnn train': it does not say which text it was trained on")
    }
    guard let json = try? JSON(parsing: note), let progress = TextProgress(json) else {
      throw Failure(message: "\(file) is damaged: its note \"\(Self.note)\" makes no sense")
    }
    self = progress
    guard totalSteps >= 1, (0..<1).contains(validationFraction) else {
      throw Failure(message: "\(file) is damaged: numbers in its note \"\(Self.note)\" are out of range")
    }
  }

  private init?(_ json: JSON) {
    let paths = json["text"]?.array?.map(\.string)
    guard let paths, !paths.isEmpty, !paths.contains(nil),
      let unit = json["unit"]?.string.flatMap(Vocabulary.Unit.init),
      let fraction = json["validation_fraction"]?.number, let total = json["total_steps"]?.integer,
      let digest = json["digest"]?.string.flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    text = paths.compactMap { $0 }
    fileExtension = json["extension"]?.string
    self.unit = unit
    validationFraction = fraction
    self.digest = digest
    totalSteps = total
    patience = json["patience"]?.integer
    guard patience ?? 1 >= 1 else { return nil }
    guard let lossSum = json["epoch_loss"]?.number else { return }
    var best: TrainingProgress.Best?
    if let loss = json["best_loss"]?.number, let step = json["best_step"]?.integer {
      best = TrainingProgress.Best(loss: loss, step: step)
    }
    let waited = json["epochs_without_progress"]?.integer ?? 0
    guard waited >= 0 else { return nil }
    earlier = (lossSum, best, waited)
  }
}

extension TextProgress {
  /// - Throws: `Failure` where the text is no longer where it was; of a pipe, and of a path from another directory.
  func checkText(file: String) throws(Failure) {
    for path in text {
      let place = FilePlace(path)
      if place.isStream {
        throw Failure(
          message: "the text of \(file) came from \(path), which is not there again: give it anew with --text")
      }
      guard !place.isThere else { continue }
      let origin = path.utf8.first == UInt8(ascii: "/") ? "" : ", a path from the folder in which its training began"
      throw Failure(
        message: "there is no file or directory \(path), the text of \(file)\(origin): --text says where it is now")
    }
  }

  /// Where in its text the training of a checkpoint stands.
  /// - Throws: `TrainingError` where its note makes no sense; `Failure` where there is none.
  func loop(_ checkpoint: TrainingCheckpoint<Float>, _ data: TextData, file: String) throws -> TrainingProgress {
    if let progress = try TrainingProgress(checkpoint, file: file) { return progress }
    guard let earlier else { throw Failure(message: "\(file) is damaged: it does not say where in its text it stood") }
    let (step, windows) = (checkpoint.stepCount, data.training.windowCount)
    return TrainingProgress(
      epoch: step / windows, batch: step % windows, lossSum: step % windows == 0 ? 0 : earlier.lossSum,
      best: earlier.best, evaluationsWithoutProgress: earlier.waited,
      countOfBatch: data.training.batchSize * data.training.sequenceLength)
  }
}
