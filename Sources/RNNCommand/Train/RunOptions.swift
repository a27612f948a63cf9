import ArgumentParser
import Recurrent
import Storage

/// How long and in what portions to train, and where the results go.
struct RunOptions: ParsableArguments {
  @Option(in: 1...largestSize, help: "Sequences side by side. (default: 20, fewer for small texts and few epochs)")
  var batchSize: Int?

  @Option(in: 1...largestSize, help: "Characters of a sequence. (default: 50, fewer for tiny texts)")
  var sequenceLength: Int?

  @Option(
    in: 1...largestSize,
    help: "Keep only so many steps of a sequence and compute the others again; with packed products to the same bits.")
  var recomputeSteps: Int?

  @OptionGroup var sharding: ShardOptions

  @Option(in: 1...largestSize, help: "Passes over the text. (default: 5, more for small texts)")
  var epochs: Int?

  @Option(in: 1...largestSize, help: "Updates, instead of --epochs.")
  var steps: Int?

  @Option(in: 1...largestSize, help: "Stop after so many epochs in a row without a new lowest validation loss.")
  var patience: Int?

  @Option(
    .fraction,
    help:
      "Measure a moving average of the weights, of which this share stays at a step, and keep it as the best model (model-best.safetensors); 0: no average."
  )
  var averageDecay = 0.0

  @OptionGroup var multiplying: TrainingPrecisionOption
  @OptionGroup var shared: SharedRunOptions

  @Option(
    reading: "Start from the weights of this model, and its structure; characters that it does not know are added.")
  var initFrom: String?

  @Option(in: 1...largestSize, help: "Save every so many steps, besides at the end of epochs.")
  var saveEvery: Int?

  @Option(in: 0...1000, help: "Checkpoints before the last that are kept, as model-step-1200.safetensors.")
  var keep = 2

  /// Characters to be read in all, below which the default number of epochs grows.
  private static let wantedCharacters = 250_000

  func validate() throws {
    if epochs != nil, steps != nil { throw ValidationError("'--epochs' and '--steps' exclude each other") }
    if let shards = sharding.shards, let batchSize, !batchSize.isMultiple(of: shards) {
      throw ValidationError("'--batch-size \(batchSize)' is no multiple of '--shards \(shards)'")
    }
    if shared.resume != nil, initFrom != nil {
      throw ValidationError("'--resume' and '--init-from' exclude each other")
    }
    try multiplying.validate(with: shared.multiplying)
  }

  /// Where the last model is kept. A training that goes on from a generation keeps its last model where it did before.
  var checkpointPath: String {
    shared.checkpoint ?? shared.resume.map { CheckpointStore.lastPath(of: $0) } ?? SharedRunOptions.defaultCheckpoint
  }

  /// All files of the training.
  func files(text: [String], fileExtension: String?) -> FileUse {
    var files = shared.files(checkpoint: checkpointPath)
    files.reads(text: text, fileExtension: fileExtension, as: "--text")
    files.reads(initFrom, as: "--init-from")
    return files
  }

  /// Passes over a text of `count` characters; nil where the number of updates is given.
  func passes(count: Int) -> Int? {
    if steps != nil { return nil }
    return epochs ?? max(5, (Self.wantedCharacters + count - 1) / max(1, count))
  }

  func totalSteps(windowCount: Int, count: Int) -> Int {
    guard let passes = passes(count: count) else { return steps ?? 1 }
    let (total, overflow) = windowCount.multipliedReportingOverflow(by: passes)
    return overflow ? .max : total
  }
}
