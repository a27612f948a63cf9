/// What a loop drives (`Trainer`, `EncoderDecoderTrainer`): steps on batches, and all that a training is after one, which can
/// be kept in a file and gone on with.
protocol LoopTrainer<S>: ~Copyable {
  associatedtype S: Scalar
  associatedtype Trained: LoopModel
  associatedtype Checkpoint: LoopCheckpoint<Trained>

  var stepCount: Int { get }
  /// Whose learning rate a plateau lowers.
  var optimizer: Optimizer { get set }
  /// Whether a step may have several batches.
  var accumulatesGradients: Bool { get }
  var workerCount: Int { get }

  func model() -> Trained
  /// The model that is measured, and kept where it is the best: the one that is trained on, or an average of its steps.
  func evaluatedModel() -> Trained
  func checkpoint(notes: [String: String]) -> Checkpoint
  /// The processes that train together; nil: this one alone.
  var communicator: (any Communicator)? { get }
  /// Goes on from a checkpoint.
  init(_ checkpoint: Checkpoint, threads: Int, over communicator: (any Communicator)?) throws(PlanError)

  /// Stops where data are not for this trainer.
  func check(_ data: TrainingData<S>)
  /// The data, of which this process need not read more than its part.
  func part(of data: TrainingData<S>) -> TrainingData<S>
  /// A number that all processes have, if their parameters are the same.
  var parameterDigest: UInt64 { get }
  /// Before the first batch of an epoch.
  mutating func beginEpoch()
  mutating func step(on batch: TrainingBatch<S>) -> StepReport
  /// Adds the gradient of a batch to that of the next step.
  mutating func accumulate(_ batch: TrainingBatch<S>)
  /// A loss of the model as it is, for trainings that look at one before they save; nil: there is none.
  /// - Throws: `TokenFileError` where its data cannot be read.
  mutating func loss(ofProbeIn data: TrainingData<S>) throws(TokenFileError) -> Double?

  // MARK: Files, of models with this one's cells

  func readCheckpoint(_ path: String) throws(CheckpointError) -> Checkpoint
  func readModel(_ path: String) throws(CheckpointError) -> Trained
  /// Whether a checkpoint is that of a model like this one's.
  func fits(_ checkpoint: Checkpoint) -> Bool
  /// Names of the settings that are others in a checkpoint.
  /// - Parameter besidesRate: whether the learning rate may differ.
  func otherSettings(in checkpoint: Checkpoint, besidesRate: Bool) -> [String]
}

/// What a loop trains.
protocol LoopModel: Sendable {
  func save(to path: String) throws(CheckpointError)
}

/// What a training is after a step.
protocol LoopCheckpoint<Trained>: Sendable {
  associatedtype Trained
  var stepCount: Int { get }
  var notes: [String: String] { get }
  /// The best model so far, where it is kept in the same file.
  var best: Trained? { get set }
  /// Whether all parameters are.
  var isFinite: Bool { get }
  func save(to path: String) throws(CheckpointError)
}

extension LoopTrainer where Self: ~Copyable {
  func evaluatedModel() -> Trained { model() }
  func part(of data: TrainingData<S>) -> TrainingData<S> { data }
  var parameterDigest: UInt64 { 0 }

  var hasOthers: Bool { communicator != nil }

  /// Whether any process says so: all get the same answer, and all have to ask.
  func agree(_ own: Bool) -> Bool { communicator?.any(own) ?? own }

  /// The first rank whose number is not that of rank 0; nil: all have the same.
  func disagreement(about word: UInt64) -> Int? {
    guard let words = communicator?.gather(word) else { return nil }
    return words.firstIndex { $0 != words[0] }
  }

  func newestCheckpoint(
    of path: String
  ) throws(CheckpointError) -> (value: Checkpoint, file: String, skipped: [CheckpointError]) {
    try CheckpointStore.newestValid(of: path) { path throws(CheckpointError) in try readCheckpoint(path) }
  }
}
