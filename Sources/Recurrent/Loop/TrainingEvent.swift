/// What happens in a `TrainingLoop`. Epochs are counted from 1 here.
public enum TrainingEvent: Sendable {
  /// The training goes on from a checkpoint: before the first step of a loop made with `resuming: true`, if there was one.
  case resumed(TrainingResumption)
  /// A step was done, and the validation after it, if there was one.
  case step(TrainingStep)
  /// A new loss on the validation data, and whether it is the lowest so far.
  case validated(Evaluation, step: Int, isBest: Bool)
  /// The validation loss has not fallen for long: this is the new learning rate.
  case reducedLearningRate(to: Double, step: Int)
  /// The last step of an epoch, or of the training.
  case epoch(TrainingEpoch)
  /// The checkpoint of a step was saved.
  case saved(step: Int, path: String)
  /// What was saved before is still there. The training goes on, unless this was its last save.
  case saveFailed(step: Int, CheckpointError, isLast: Bool)
  /// All steps are done, but for the last save.
  case ending(TrainingResult.Reason, step: Int)
}

/// Where a training goes on.
public struct TrainingResumption: Sendable, Hashable {
  /// The checkpoint.
  public let file: String
  /// Steps done.
  public let step: Int
  /// Names of the settings (`TrainingSettings`) in which the checkpoint and the trainer that was given differ. The
  /// checkpoint's count.
  public let otherSettings: [String]
}

/// A step as a `TrainingLoop` reports it.
public struct TrainingStep: Sendable, Hashable {
  /// Step, loss, gradient and learning rate.
  public let report: StepReport
  /// Counted from 1.
  public let epoch: Int
  /// Steps of all sequences, or the number of batches where a closure makes them.
  public let count: Int
  /// What the step took with its data, without the validation.
  public let duration: Duration
  /// Of the validation after it, if there was one.
  public let evaluation: Evaluation?
}

/// An epoch as a `TrainingLoop` reports it.
public struct TrainingEpoch: Sendable, Hashable {
  /// Counted from 1.
  public let epoch: Int
  /// The step that ended it.
  public let step: Int
  /// The mean over its steps.
  public let trainingLoss: Double
  /// Of the validation at its end, if there was one.
  public let evaluation: Evaluation?
}

/// How a training ended.
public struct TrainingResult: Sendable, Hashable {
  /// Why the training ended.
  public enum Reason: Sendable, Hashable {
    /// All steps are done.
    case completed
    /// The validation loss has not fallen for as long as the patience says.
    case noProgress
    /// It was asked to stop, and can go on.
    case stopped
  }

  /// Why it ended.
  public let reason: Reason
  /// Steps done.
  public let step: Int
  /// The epoch of the last step, counted from 1.
  public let epoch: Int
  /// The lowest loss on the validation data, and its step.
  public let best: TrainingProgress.Best?
  /// Of the last validation of this run.
  public let evaluation: Evaluation?
}
