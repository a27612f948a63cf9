import Foundation
import Recurrent

/// What is known after a step.
struct StepRecord {
  let step: Int
  let epoch: Int
  let trainingLoss: Double
  let validationLoss: Double?
  let gradientNorm: Double
  let tokensPerSecond: Double
  let seconds: Double

  /// Numbers that are not finite become null.
  var json: JSON {
    func number(_ value: Double?) -> JSON { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
    return .object([
      (key: "step", value: .integer(step)), (key: "epoch", value: .integer(epoch)),
      (key: "training_loss", value: number(trainingLoss)), (key: "validation_loss", value: number(validationLoss)),
      (key: "gradient_norm", value: number(gradientNorm)),
      (key: "tokens_per_second", value: number(tokensPerSecond)), (key: "seconds", value: number(seconds)),
    ])
  }
}

/// A file of JSON objects, one a line; each line goes to the file whole.
struct TrainingLog: ~Copyable {
  private let path: String
  private let file: Descriptor
  private var isEmptied = false
  private var hasFailed = false

  /// Opens the file. What it held before is there until the first line is written.
  init(path: String) throws(Failure) {
    self.path = path
    let number = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard number >= 0 else { throw Failure(message: "cannot write the log \(path): \(systemMessage(errno))") }
    file = Descriptor(number: number)
  }

  deinit { close(file.number) }

  /// A log that fails does not stop a training.
  mutating func append(_ record: StepRecord) {
    guard !hasFailed, var line = try? record.json.serialized() else { return }
    line.append(UInt8(ascii: "\n"))
    // Pipes and devices cannot be emptied, and need not be.
    if !isEmptied { _ = ftruncate(file.number, 0) }
    isEmptied = true
    let code = file.write(line)
    if code != 0 {
      hasFailed = true
      Note.warning("cannot write the log \(path): \(systemMessage(code)); the training goes on without it")
    }
  }
}
