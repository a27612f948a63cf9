import Recurrent
import Storage

/// What `rnn train` has to know to go on, beside what the library's checkpoint holds: a note in the checkpoint.
///
///     {"text": ["book.txt"], "extension": null, "unit": "scalar", "validation_fraction": 0.05,
///      "digest": "cbf29ce484222325", "total_steps": 2000, "patience": null, "epochs_without_progress": 0,
///      "best_loss": 1.5, "best_step": 1200, "epoch_loss": 12.25}
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
  var stopping: EarlyStopping?
  /// Loss and step of the best model so far.
  var best: (loss: Double, step: Int)?
  /// Sum of the losses of the steps of the present epoch.
  var epochLoss = 0.0

  var notes: [String: String] {
    func integer(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
    func number(_ value: Double?) -> JSON { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
    let json = JSON.object([
      (key: "text", value: .array(text.map { .string($0) })),
      (key: "extension", value: fileExtension.map { .string($0) } ?? .null),
      (key: "unit", value: .string(unit.rawValue)),
      (key: "validation_fraction", value: .number(validationFraction)),
      (key: "digest", value: .string(String(digest, radix: 16))), (key: "total_steps", value: .integer(totalSteps)),
      (key: "patience", value: integer(stopping?.patience)),
      (key: "epochs_without_progress", value: integer(stopping?.evaluationsWithoutProgress)),
      (key: "best_loss", value: number(best?.loss)), (key: "best_step", value: integer(best?.step)),
      (key: "epoch_loss", value: .number(epochLoss)),
    ])
    // Every number is finite.
    guard let bytes = try? json.serialized() else { stop("a progress that is not finite") }
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
    guard totalSteps >= 1, (0..<1).contains(validationFraction), epochLoss.isFinite else {
      throw Failure(message: "\(file) is damaged: numbers in its note \"\(Self.note)\" are out of range")
    }
  }

  private init?(_ json: JSON) {
    let paths = json["text"]?.array?.map(\.string)
    guard let paths, !paths.isEmpty, !paths.contains(nil),
      let unit = json["unit"]?.string.flatMap(Vocabulary.Unit.init),
      let fraction = json["validation_fraction"]?.number, let total = json["total_steps"]?.integer,
      let digest = json["digest"]?.string.flatMap({ UInt64($0, radix: 16) }), let epochLoss = json["epoch_loss"]?.number
    else { return nil }
    text = paths.compactMap { $0 }
    fileExtension = json["extension"]?.string
    self.unit = unit
    validationFraction = fraction
    self.digest = digest
    totalSteps = total
    self.epochLoss = epochLoss
    if let loss = json["best_loss"]?.number, let step = json["best_step"]?.integer { best = (loss, step) }
    if let patience = json["patience"]?.integer {
      guard patience >= 1, let waited = json["epochs_without_progress"]?.integer, waited >= 0 else { return nil }
      stopping = EarlyStopping(
        patience: patience, lowestLoss: best?.loss ?? .infinity, evaluationsWithoutProgress: waited)
    }
  }
}
