import ArgumentParser
import Foundation
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

  @Option(in: 1...largestSize, help: "Passes over the text. (default: 5, more for small texts)")
  var epochs: Int?

  @Option(in: 1...largestSize, help: "Updates, instead of --epochs.")
  var steps: Int?

  @Option(in: 1...largestSize, help: "Stop after so many epochs in a row without a new lowest validation loss.")
  var patience: Int?

  @Option(in: 0...UInt64.max, help: "Decides start values and dropout: the same seed gives the same model.")
  var seed: UInt64 = 0

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Where the model is kept, with all that its training needs to go on. (default: model.safetensors, or the file of --resume)",
      valueName: "file"))
  var checkpoint: String?

  @Option(
    help: ArgumentHelp(
      "Go on with the training of this checkpoint as if it had never stopped, with its options and on its text.",
      valueName: "file"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "Start from the weights of this model, and its structure; characters that it does not know are added.",
      valueName: "file"))
  var initFrom: String?

  @Option(in: 1...largestSize, help: "Save every so many steps, besides at the end of epochs.")
  var saveEvery: Int?

  @Option(in: 0...1000, help: "Checkpoints before the last that are kept, as model-step-1200.safetensors.")
  var keep = 2

  @Option(help: ArgumentHelp("Write a JSON object a line here, for each step.", valueName: "file"))
  var log: String?

  /// Characters to be read in all, below which the default number of epochs grows.
  private static let wantedCharacters = 250_000

  func validate() throws {
    if epochs != nil, steps != nil { throw ValidationError("'--epochs' and '--steps' exclude each other") }
    let paths = [("--checkpoint", checkpoint), ("--log", log), ("--resume", resume), ("--init-from", initFrom)]
    for (name, path) in paths where path == "" {
      throw ValidationError("The value '' is invalid for '\(name) <file>': expected a path")
    }
    if resume != nil, initFrom != nil { throw ValidationError("'--resume' and '--init-from' exclude each other") }
    if let log, targets.contains(where: { isSameFile($0, log) }) {
      throw ValidationError("'--log' and '--checkpoint' name the same file, \(log)")
    }
  }

  /// Where the last model is kept. A training that goes on from a generation keeps its last model where it did before.
  var checkpointPath: String {
    checkpoint ?? resume.map { CheckpointStore.lastPath(of: $0) } ?? "model.safetensors"
  }

  /// The last model and the best.
  private var targets: [String] { [checkpointPath, CheckpointStore.bestPath(of: checkpointPath)] }

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

  /// A text must not be overwritten by the model trained on it.
  func refuseTextAsTarget(_ text: TextOptions) throws {
    let files = Set(try TextFiles.gather(text.text, fileExtension: text.fileExtension).map(resolved))
    for path in targets + (log.map { [$0] } ?? [])
    where files.contains(resolved(path)) {
      throw Failure(message: "\(path) is part of the text and would be overwritten")
    }
  }
}

private func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

func isSameFile(_ left: String, _ right: String) -> Bool { resolved(left) == resolved(right) }
