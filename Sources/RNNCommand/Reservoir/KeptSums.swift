import Recurrent
import Storage

/// The sums of a readout's fit in a file of their own, with the penalty, and which reservoir they are of.
struct KeptSums {
  var gram: RidgeGram
  var penalty: Double

  private static let penaltyNote = "penalty"
  private static let modelNote = "model"

  init(gram: RidgeGram, penalty: Double) { (self.gram, self.penalty) = (gram, penalty) }

  /// - Throws: `CheckpointError`; `Failure` where they are of another model.
  init(contentsOf path: String, of model: Model<Float>, file: String) throws {
    let (gram, notes) = try RidgeGram.load(contentsOf: path)
    guard let penalty = notes[Self.penaltyNote].flatMap({ Double(decimal: $0) }), penalty >= 0 else {
      throw Failure(message: "\(path) is damaged: it does not say the penalty of its fit")
    }
    guard notes[Self.modelNote] == Self.digest(model), gram.featureCount == model.configuration.headInputSize,
      gram.targetCount == model.configuration.outputSize
    else { throw Failure(message: "\(path) does not hold the sums of the reservoir in \(file)") }
    (self.gram, self.penalty) = (gram, penalty)
  }

  func save(to path: String, of model: Model<Float>) throws(CheckpointError) {
    try gram.save(to: path, notes: [Self.penaltyNote: short(penalty), Self.modelNote: Self.digest(model)])
  }

  /// Of all that the states depend on: everything but the readout.
  private static func digest(_ model: Model<Float>) -> String {
    var digest = UInt64.digestStart
    for entry in model.table.entries where entry.name.hasPrefix("rnn.") {
      digest.digest(entry.name)
      for value in model[parameter: entry.name] { digest.digest(UInt64(value.bitPattern)) }
    }
    digest.digest(model.annotations[SeriesDescription.annotation] ?? "")
    return String(digest, radix: 16)
  }
}

/// A reservoir to whose fit rows are added.
struct ResumedReservoir {
  let model: Model<Float>
  let description: SeriesDescription
  let sums: KeptSums

  init(model path: String, sums: String) throws {
    (model, description) = try Model.forForecasts(at: path)
    self.sums = try KeptSums(contentsOf: sums, of: model, file: path)
  }
}
