internal import Kernels

/// Models on disk: a safetensors file with PyTorch's parameter names, so that `safetensors.torch.load_file` gives a
/// state dictionary for modules named embedding, rnn and linear. Configuration, vocabulary and format version stand in
/// the metadata.
public enum ModelFile {
  /// The version that is written; older ones that are still read would be listed beside it.
  static let version = "1"

  /// Checks that a file could be written at `path`, leaving nothing behind: to be asked before a long training.
  /// - Throws: `CheckpointError.io`, naming what stands against it.
  public static func verifyWritable(_ path: String) throws(CheckpointError) {
    do { try DurableFile.verifyWritable(path) } catch { throw CheckpointError(error) }
  }
}

extension Model {
  /// Writes the model to `path`, whole or not at all: to a temporary file beside it, synced, then renamed.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String) throws(CheckpointError) {
    let type = Safetensors.DType(rawValue: S._dataType)!
    try Safetensors.write(
      to: path, tensors: table.entries.map { (name: $0.name, dtype: type, shape: $0.shape) },
      metadata: ModelMetadata(configuration, vocabulary, annotations).entries
    ) { (tensor, file) throws(FileError) in
      let entry = table[tensor.name]!
      try file.write(block.span.extracting(entry.offset..<entry.offset + entry.count))
    }
  }

  /// Reads a model. Numbers of the other precision are converted.
  /// - Parameters:
  ///   - path: of a file that `save` wrote.
  ///   - cell: the cell of the model where it is not built in; its name must be the file's.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit.
  public init(contentsOf path: String, cell: (any RecurrentCell)? = nil) throws(CheckpointError) {
    try self.init(SafetensorsFile(path: path), cell: cell)
  }

  /// The model of a file that holds a model or a checkpoint.
  init(_ file: SafetensorsFile, cell: (any RecurrentCell)?) throws(CheckpointError) {
    let metadata = try ModelMetadata(file, cell: cell)
    try metadata.checkTensors(of: file)
    do { try self.init(zeros: metadata.configuration, vocabulary: metadata.vocabulary) } catch {
      throw .io(file: file.file, reason: error.description)
    }
    annotations = metadata.annotations
    for entry in table.entries {
      let values = try file.doubles(entry.name, shape: entry.shape)
      for (index, value) in values.enumerated() { block[entry.offset + index] = S(value) }
    }
  }
}
