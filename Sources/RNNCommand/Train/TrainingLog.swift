import Recurrent
import Storage

/// What is known after a step.
struct StepRecord {
  let step: Int
  let epoch: Int
  let trainingLoss: Double
  /// The loss, or what else validations measure.
  let validation: (name: String, value: Double?)
  let gradientNorm: Double
  let tokensPerSecond: Double
  let seconds: Double

  /// Numbers that are not finite become null.
  var json: JSON {
    return .object([
      (key: "step", value: .integer(step)), (key: "epoch", value: .integer(epoch)),
      (key: "training_loss", value: JSON(finite: trainingLoss)),
      (key: validation.name.replacing(" ", with: "_"), value: JSON(finite: validation.value)),
      (key: "gradient_norm", value: JSON(finite: gradientNorm)),
      (key: "tokens_per_second", value: JSON(finite: tokensPerSecond)), (key: "seconds", value: JSON(finite: seconds)),
    ])
  }
}

/// A file of JSON objects, one a line; each line goes to the file whole.
struct TrainingLog: ~Copyable {
  private let path: String
  private let file: AppendedFile
  /// The part of what it held that stays: lines of the steps before those that this run does.
  private let keptBytes: Int
  private var isCut = false
  private var hasFailed = false

  /// Opens the file, and locks it. What it held before is there until the first line is written; lines of steps up to `step`,
  /// where a training goes on, stay. A pipe or a device gets the lines as they come.
  init(path: String, resumingAt step: Int = 0) throws(Failure) {
    self.path = path
    do throws(FileError) { file = try AppendedFile(path) } catch {
      throw Failure(message: "cannot write the log \(path): \(error.reason)")
    }
    keptBytes = step == 0 || !file.isFile ? 0 : Self.length(ofStepsUpTo: step, in: path)
  }

  /// Bytes of the lines at the start of the file that are whole and of no later step.
  private static func length(ofStepsUpTo step: Int, in path: String) -> Int {
    guard let bytes = try? readFile(path) else { return 0 }
    var length = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      guard line.endIndex < bytes.endIndex, let object = try? JSON(parsing: Array(line)),
        let lineStep = object["step"]?.integer, lineStep <= step
      else { break }
      length = line.endIndex + 1
    }
    return length
  }

  /// A log that fails does not stop a training.
  mutating func append(_ record: StepRecord) {
    guard !hasFailed, var line = try? record.json.serialized() else { return }
    line.append(UInt8(ascii: "\n"))
    do throws(FileError) {
      if !isCut { try file.cut(to: keptBytes) }
      isCut = true
      try file.append(line)
    } catch {
      hasFailed = true
      Note.warning("cannot write the log \(path): \(error.reason); the training goes on without it")
    }
  }
}
