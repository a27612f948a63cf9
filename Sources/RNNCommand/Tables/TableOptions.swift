import ArgumentParser
import Recurrent
import Tables
import Storage

extension MissingPolicy: NamedChoice {}

/// How a table is read.
struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What stands between fields: one character, or tab. (default: comma, semicolon, tab or bar, as found)",
      valueName: "char"),
    transform: { text throws in
      if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
      guard text.utf8.count == 1, let byte = text.utf8.first, (0x21...0x7E).contains(byte) || byte == 0x09,
        byte != UInt8(ascii: "\""), !(0x30...0x39).contains(byte), byte != UInt8(ascii: ".")
      else { throw ValidationError("expected one character, such as , or ; or tab") }
      return byte
    })
  var separator: UInt8?
}

/// A part of the steps or sequences: so many of them, or a share.
enum PartSize: Sendable, Equatable, ExpressibleByArgument {
  case count(Int)
  case share(Double)

  init?(argument: String) {
    if let count = Int(argument), (0...largestSize).contains(count) {
      self = .count(count)
    } else if let share = Double(argument), share >= 0, share < 1 {
      self = .share(share)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .count(let count): String(count)
    case .share(let share): short(share)
    }
  }

  /// Of `total`; at least 1 where a share above 0 is asked for. May be more than there are.
  func count(of total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .share(let share): share == 0 ? 0 : max(1, Int(Double(total) * share))
    }
  }
}

/// A small model on vectors, and how it is trained.
struct TableModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The recurrent cell.", valueName: "name"))
  var cell = CellOption(LSTMCell.lstm)

  @Option(in: 1...largestSize, help: "Hidden units of each layer.")
  var hiddenSize = 32

  @Option(in: 1...1000, help: "Layers, one upon the other.")
  var layers = 1

  @Option(.fraction, help: "Share of a layer's outputs that is dropped on the way to the next layer, in training.")
  var dropout = 0.0

  @Option(.fraction, help: "Share of the top layer's outputs that is dropped on the way to the head, in training.")
  var headDropout = 0.0

  @OptionGroup var structure: StructureOptions

  func validate() throws {
    try refuseIdle(dropout: dropout, layers: layers)
    try structure.validate(cell.cell, hiddenSize: hiddenSize, dropout: dropout, headDropout: headDropout)
  }

  /// For the note at the start.
  var summary: String {
    let dropouts = [("dropout", dropout), ("head dropout", headDropout)]
    return "\(cell.cell.name), \(layers) × \(hiddenSize)"
      + dropouts.filter { $0.1 > 0 }.map { ", \($0.0) \(short($0.1))" }.joined()
  }
}

/// How long to train on a table, and where the results go.
struct TableRunOptions: ParsableArguments {
  @Option(in: 1...largestSize, help: "Sequences side by side.")
  var batchSize = 32

  @Option(in: 1...largestSize, help: "Passes over the training part, at most.")
  var epochs = 200

  @Option(in: 1...largestSize, help: "Stop after so many epochs in a row without a new lowest validation loss.")
  var patience = 20

  @Option(in: 0...UInt64.max, help: "Decides start values, order and dropout: the same seed gives the same model.")
  var seed: UInt64 = 0

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Where the best model is kept, with all that its training needs to go on. (default: model.safetensors, or the file "
        + "of --resume)", valueName: "file"))
  var checkpoint: String?

  @Option(
    help: ArgumentHelp(
      "Go on with the training of this checkpoint as if it had never stopped, with its options and on its data.",
      valueName: "file"))
  var resume: String?

  @Option(help: ArgumentHelp("Write a JSON object a line here, for each step.", valueName: "file"))
  var log: String?

  func validate() throws {
    for (name, path) in [("--checkpoint", checkpoint), ("--log", log), ("--resume", resume)] where path == "" {
      throw ValidationError("The value '' is invalid for '\(name) <file>': expected a path")
    }
    if let log, isSameFile(log, checkpointPath) {
      throw ValidationError("'--log' and '--checkpoint' name the same file, \(log)")
    }
    if resume != nil {
      try GivenOptions.refuseWithResume(allowing: [
        "--resume", "--checkpoint", "--epochs", "--patience", "--products", "--threads", "--log",
      ])
    }
  }

  /// Where the model is kept.
  var checkpointPath: String { checkpoint ?? resume ?? "model.safetensors" }

  /// Those of a training that goes on: as it was begun, but for what may change.
  func resuming(_ original: TableRunOptions) -> TableRunOptions {
    var result = original
    (result.checkpoint, result.resume, result.log, result.threads) = (checkpoint, resume, log, threads)
    (result.epochs, result.patience, result.multiplying) = (epochs, patience, multiplying)
    return result
  }

  /// Locks the files.
  func makeStore() throws(CheckpointError) -> CheckpointStore {
    try CheckpointStore(path: checkpointPath, keeping: 0, keepsBest: false)
  }

  /// Data must not be overwritten by what is made of them.
  func refuseData(_ paths: [String]) throws(Failure) {
    for target in [checkpointPath] + (log.map { [$0] } ?? []) { try refuse(target, over: paths) }
  }
}

/// - Throws: `Failure` where `target` is one of the files that are read.
func refuse(_ target: String, over paths: [String]) throws(Failure) {
  if paths.contains(where: { isSameFile($0, target) }) {
    throw Failure(message: "\(target) is read and would be overwritten")
  }
}
