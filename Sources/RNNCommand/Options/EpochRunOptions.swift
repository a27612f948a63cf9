import ArgumentParser
import Recurrent
import Storage

/// Options of trainings that run epoch by epoch and keep one file: their best model, and what goes on with it.
protocol EpochRunOptions {
  var shared: SharedRunOptions { get }
}

extension EpochRunOptions {
  /// Refuses what a checkpoint that is gone on from has decided.
  /// - Parameter others: options that may be given all the same.
  func refuseDecided(allowing others: Set<String> = []) throws(ValidationError) {
    guard shared.resume != nil else { return }
    try GivenOptions.refuseWithResume(
      allowing: others.union([
        "--resume", "--checkpoint", "--epochs", "--patience", "--products", "--threads", "--log", "--report",
        "--overlap", "--no-overlap",
      ]))
  }

  /// Where the model is kept.
  var checkpointPath: String { shared.checkpoint ?? shared.resume ?? SharedRunOptions.defaultCheckpoint }

  /// All files of the training.
  func files(reading data: [(path: String?, role: String)]) -> FileUse {
    var files = shared.files(checkpoint: checkpointPath)
    for input in data { files.reads(input.path, as: input.role) }
    return files
  }

  /// Locks the files, if this process is the one that keeps them.
  func makeStoreOfLeader() throws(CheckpointError) -> CheckpointStore? { Team.isLeader ? try makeStore() : nil }

  /// Locks the files.
  func makeStore() throws(CheckpointError) -> CheckpointStore {
    try CheckpointStore(path: checkpointPath, keeping: 0, keepsBest: false)
  }
}
