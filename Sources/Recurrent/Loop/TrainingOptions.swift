/// How long a `TrainingLoop` trains, how it measures, and what it keeps on disk.
public struct TrainingOptions: Sendable, Hashable {
  /// How long a training is.
  public enum Length: Sendable, Hashable {
    /// Passes over the data.
    case epochs(Int)
    /// Updates; the last epoch may be cut short.
    case steps(Int)
  }

  /// Where the best model is kept.
  public enum BestPlace: Sendable, Hashable {
    /// In a file of its own, without its training (`CheckpointStore.bestPath`).
    case ownFile
    /// In the checkpoint: who reads it as a model gets the best one, who resumes it the last.
    case checkpoint
  }

  /// How long the training is, from its first step on.
  public var length: Length
  /// Steps between two validations, another one after the last step. nil: at the end of each epoch.
  public var validationInterval: Int?
  /// Validations without a new lowest loss after which the training ends. nil: none.
  public var patience: Int?
  /// When the learning rate is lowered. It multiplies the schedule's factor.
  public var plateau: ReduceOnPlateau?
  /// Batches whose mean gradient makes a step. No step goes beyond the end of an epoch: the last one has the rest.
  public var batchesPerStep = 1
  /// Steps between two saves, besides those at the ends of epochs.
  public var saveInterval: Int?
  /// The end of an epoch alone is no reason to save where the last save is more recent than this.
  public var savePause = Duration.seconds(5)
  /// Checkpoints before the last that are kept.
  public var generationLimit = 2
  /// Where the best model is kept.
  public var bestPlace = BestPlace.ownFile
  /// What the program keeps in its checkpoints; "loop" is the loop's own.
  public var notes: [String: String] = [:]

  /// Options of a training of a length, which are then changed one by one.
  public init(_ length: Length) { self.length = length }

  /// Steps of the whole training, `count` being those of an epoch.
  func steps(ofEpoch count: Int) -> Int {
    switch length {
    case .steps(let steps): return steps
    case .epochs(let epochs):
      let (steps, overflow) = epochs.multipliedReportingOverflow(by: count)
      return overflow ? .max : steps
    }
  }
}
