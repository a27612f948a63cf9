import ArgumentParser
import Recurrent
import Storage

/// What a training on a table has to know to go on, beside what the library's checkpoint holds: a note in the checkpoint.
///
///     {"command": "forecast", "arguments": ["sales.csv", "--window", "12"], "digest": "cbf29ce484222325",
///      "epochs": 200, "patience": 20}
struct TableNote {
  static let note = "table"

  /// `forecast` or `classify`.
  let command: String
  /// Of the command line that began it, after `rnn … train`.
  let arguments: [String]
  /// Of the data.
  var digest: UInt64 = 0
  var epochs: Int
  var patience: Int

  /// Of this process.
  init(command: String, epochs: Int, patience: Int) {
    self.command = command
    arguments = Array(ProcessArguments.all.dropFirst(2))
    (self.epochs, self.patience) = (epochs, patience)
  }

  /// Of this process.
  init(command: String, _ options: TableRunOptions) {
    self.init(command: command, epochs: options.epochs, patience: options.patience)
  }

  var notes: [String: String] {
    let json = JSON.object([
      (key: "command", value: .string(command)), (key: "arguments", value: .array(arguments.map { .string($0) })),
      (key: "digest", value: .string(String(digest, radix: 16))), (key: "epochs", value: .integer(epochs)),
      (key: "patience", value: .integer(patience)),
    ])
    guard let bytes = try? json.serialized() else { stop("a note that is no JSON") }
    return [Self.note: String(decoding: bytes, as: UTF8.self)]
  }

  /// - Throws: `Failure` where the checkpoint is none of this command, or its note makes no sense.
  init(_ checkpoint: TrainingCheckpoint<Float>, command: String, file: String) throws(Failure) {
    try self.init(checkpoint.notes, command: command, file: file)
  }

  /// By the notes of a checkpoint, whatever was trained.
  init(_ notes: [String: String], command: String, file: String) throws(Failure) {
    guard let text = notes[Self.note] else {
      throw Failure(message: "\(file) is no checkpoint of 'rnn \(command) train': it does not say how it was trained")
    }
    guard let json = try? JSON(parsing: text), let own = json["command"]?.string,
      let arguments = json["arguments"]?.array?.map(\.string), !arguments.contains(nil),
      let digest = json["digest"]?.string.flatMap({ UInt64($0, radix: 16) }),
      let epochs = json["epochs"]?.integer, (1...largestSize).contains(epochs),
      let patience = json["patience"]?.integer, (1...largestSize).contains(patience)
    else { throw Failure(message: "\(file) is damaged: its note \"\(Self.note)\" makes no sense") }
    guard own == command else {
      throw Failure(message: "\(file) is a checkpoint of 'rnn \(printable(own)) train', not of 'rnn \(command) train'")
    }
    (self.command, self.digest, self.epochs, self.patience) = (own, digest, epochs, patience)
    self.arguments = arguments.compactMap { $0 }
  }
}

/// A training on a table that goes on.
struct ResumedTable {
  let file: String
  var checkpoint: TrainingCheckpoint<Float>
  let progress: TrainingProgress
  var note: TableNote

  /// - Throws: `CheckpointError`, `TrainingError`, `Failure`.
  init(from file: String, command: String) throws {
    (checkpoint, self.file) = try TrainingCheckpoint<Float>.newest(at: file)
    note = try TableNote(checkpoint, command: command, file: self.file)
    guard let progress = try TrainingProgress(checkpoint, file: self.file) else {
      throw Failure(message: "\(self.file) is damaged: it does not say where in its data it stood")
    }
    self.progress = progress
  }

  /// The command as it was begun.
  /// - Throws: `Failure` where its arguments make no sense.
  func command<Command: ParsableCommand>(_ type: Command.Type) throws(Failure) -> Command {
    guard let command = try? Command.parse(note.arguments) else {
      throw Failure(message: "\(file) is damaged: the arguments in its note \"\(TableNote.note)\" make no sense")
    }
    return command
  }
}

extension UInt64 {
  /// FNV-1a (Fowler, Noll & Vo), word by word: tells whether data are those that they were.
  static let digestStart: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func digest(_ word: UInt64) { self = (self ^ word) &* 0x100_0000_01B3 }

  mutating func digest(_ values: [Double]) {
    digest(UInt64(values.count))
    for value in values { digest(value.bitPattern) }
  }

  mutating func digest(_ text: String) {
    digest(UInt64(text.utf8.count))
    for byte in text.utf8 { digest(UInt64(byte)) }
  }
}
