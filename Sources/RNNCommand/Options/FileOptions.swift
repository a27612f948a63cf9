import ArgumentParser
import Storage

/// Arguments and options that name files: what they take, how help speaks of them.
enum FilePath {
  static let documentation = """
    FILES:
      -    standard input where a file is read, standard output where
           one is written; a file of that name is ./-
      No output may be a file that the command reads, or another of
      its outputs, by whatever path or link. An output replaces files
      of its own kind (a model a model, a drawing a drawing, a table
      a table) and empty ones; what else is there stays.
    """

  @Sendable static func reading(_ text: String) throws -> String { try path(text, dash: DescriptorPath.standardInput) }

  @Sendable static func writing(_ text: String) throws -> String { try path(text, dash: DescriptorPath.standardOutput) }

  private static func path(_ text: String, dash: String) throws -> String {
    if text.isEmpty { throw ValidationError("expected a path") }
    return text == "-" ? dash : text
  }
}

extension Argument where Value == String {
  /// A file that is read.
  init(reading help: String) { self.init(help: ArgumentHelp("\(help)"), transform: FilePath.reading) }

  /// A file that is written.
  init(writing help: String) { self.init(help: ArgumentHelp("\(help)"), transform: FilePath.writing) }
}

extension Option {
  /// A file that is read.
  init(reading help: String) where Value == String {
    self.init(help: ArgumentHelp("\(help)", valueName: "file"), transform: FilePath.reading)
  }

  /// A file that is read, if there is one.
  init(reading help: String) where Value == String? {
    self.init(help: ArgumentHelp("\(help)", valueName: "file"), transform: FilePath.reading)
  }

  /// A file that is written.
  init(writing help: String) where Value == String {
    self.init(help: ArgumentHelp("\(help)", valueName: "file"), transform: FilePath.writing)
  }

  /// A file that is written, if there is one.
  init(writing help: String) where Value == String? {
    self.init(help: ArgumentHelp("\(help)", valueName: "file"), transform: FilePath.writing)
  }
}

extension FileUse {
  /// Files, each with the option or argument that names it; nil: none.
  init(
    reading inputs: [(path: String?, role: String)],
    writing outputs: [(path: String?, role: String, kind: OutputKind)] = []
  ) {
    self.init()
    for input in inputs { reads(input.path, as: input.role) }
    for output in outputs { writes(output.path, as: output.role, output.kind) }
  }
}

/// Writes a line or several to standard output; to standard error where standard output is that of `file`, which nothing is to
/// be mixed with.
func report(_ text: String, besides file: String?) throws(OutputError) {
  if let file, DescriptorPath.isStandardOutput(file) { Note.drawing(text) } else { try output(text) }
}
