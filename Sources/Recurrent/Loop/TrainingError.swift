internal import Storage

/// Why a `TrainingLoop` cannot begin, or go on.
public enum TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was not a finite number.
  public enum Quantity: String, Sendable, Hashable {
    /// Of a batch, before its update.
    case trainingLoss = "training loss"
    /// Before clipping.
    case gradient = "gradient's norm"
    /// Of the validation data.
    case validationLoss = "validation loss"
    /// Of the model after the step; nan where its parameters themselves are not finite.
    case lossAfterUpdate = "loss after the update"
  }

  /// The training diverged. `savedStep` is that of the checkpoint that is kept, if there is one.
  case notFinite(Quantity, value: Double, step: Int, savedStep: Int?)
  /// The training ended well, but its last save failed.
  case notSaved(step: Int, CheckpointError)
  /// The data cannot be read any more after this step; `savedStep` as above. What was trained up to here is saved where it can be.
  case unreadableData(TokenFileError, step: Int, savedStep: Int?)
  /// After this step another process has other parameters, or other data, than rank 0; `savedStep` as above.
  case otherReplica(rank: Int, step: Int, savedStep: Int?)
  /// A checkpoint does not say where in its data the training stood, or makes no sense.
  case invalidProgress(file: String, reason: String)
  /// The data have another number of batches than those of the checkpoint.
  case otherData(file: String, expected: Int, actual: Int)

  public var description: String {
    switch self {
    case .notFinite(let quantity, let value, let step, let savedStep):
      "the \(quantity.rawValue) is not a finite number (\(value)) at step \(step)"
        + (savedStep.map { "; the checkpoint of step \($0) is kept" } ?? "")
    case .notSaved(let step, let error): "the checkpoint of step \(step) could not be saved: \(error)"
    case .unreadableData(let error, let step, let savedStep):
      "the data cannot be read after step \(step): \(error)"
        + (savedStep.map { "; the checkpoint of step \($0) is kept" } ?? "")
    case .otherReplica(let rank, let step, let savedStep):
      "rank \(rank) has other parameters or other data than rank 0 at step \(step): all must start from the same files, on "
        + "processors of one kind" + (savedStep.map { "; the checkpoint of step \($0) is kept" } ?? "")
    case .invalidProgress(let file, let reason): "\(printable(file)): \(reason)"
    case .otherData(let file, let expected, let actual):
      "\(printable(file)) was trained on \(expected) batches an epoch, these data have \(actual)"
    }
  }
}
