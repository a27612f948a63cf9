import ArgumentParser
import Recurrent
import Storage

/// What all trainings have in common: how they compute, and their files but for the data.
struct SharedRunOptions: ParsableArguments {
  @Option(in: 0...UInt64.max, help: "Decides start values, order and dropout: the same seed gives the same model.")
  var seed: UInt64 = 0

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  @Option(
    writing:
      "Where the model is kept, with all that its training needs to go on; an earlier one for the same use is replaced, others "
      + "are refused. (default: \(SharedRunOptions.defaultCheckpoint), "
      + "or the file of --resume)")
  var checkpoint: String?

  @Option(
    reading: "Go on with the training of this checkpoint as if it had never stopped, with its options and on its data.")
  var resume: String?

  @Option(writing: "Write a JSON object a line here, for each step; another training's lines are replaced.")
  var log: String?

  @Option(
    writing:
      "Write a page (HTML) with the training's curves, results and settings here, again at its evaluations; with --resume it "
      + "goes on with what it holds.")
  var report: String?

  static let defaultCheckpoint = "model.safetensors"

  /// The files that a training with its checkpoint at `path` reads and writes, but for its data.
  func files(checkpoint path: String) -> FileUse {
    var files = FileUse()
    files.keeps(path, as: "--checkpoint", resuming: resume)
    files.writes(log, as: "--log", .log)
    files.writes(report, as: "--report", .page)
    return files
  }
}
