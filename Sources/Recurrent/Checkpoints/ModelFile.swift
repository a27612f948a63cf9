internal import Storage

/// Models on disk: a safetensors file with PyTorch's parameter names, so that `safetensors.torch.load_file` gives a
/// state dictionary for modules named embedding, rnn and linear. Configuration, vocabulary and format version stand in
/// the metadata.
public enum ModelFile {
  /// The version that is written. Version 1, which is read too, had no checksum: were the version the same, a file in which
  /// just the word "checksum" is damaged would be one without.
  static let version = "2"
  private static let versions = ["1", version]

  /// What the tensor of the scales of another one, of whole numbers, is named besides.
  static let scaleSuffix = ".scale"

  /// Whether the tensor of a matrix holds whole numbers, which have a scale for each row.
  static func hasScales(
    _ entry: ParameterTable.Entry, _ name: String, in file: SafetensorsFile
  ) throws(CheckpointError) -> Bool {
    let type = try file.tensor(name).dtype
    return type == .I8 && entry.shape.count == 2
  }

  /// - Throws: `CheckpointError.foreignModel` where a file says that it is none of this package.
  static func requireOwn(_ file: SafetensorsFile) throws(CheckpointError) {
    guard file.metadata("format")?.hasPrefix("recurrent") ?? false else {
      throw .foreignModel(file.file, reason: "its metadata do not name Recurrent as its format")
    }
  }

  /// Checks what a file of the format says about itself: its version, and that it is as it was written.
  /// - Throws: `CheckpointError`: `unsupportedVersion`, and what `SafetensorsFile.verifyChecksum` throws.
  static func verify(_ file: SafetensorsFile) throws(CheckpointError) {
    let found = file.metadata("format_version") ?? "none"
    guard versions.contains(found) else {
      throw .unsupportedVersion(file: file.file, found: found, supported: versions.joined(separator: ", "))
    }
    if found == version || file.hasChecksum { try file.verifyChecksum() }
  }

  /// Checks that a file could be written at `path`, leaving nothing behind: to be asked before a long training.
  /// - Throws: `CheckpointError.io`, naming what stands against it.
  public static func verifyWritable(_ path: String) throws(CheckpointError) {
    do { try DurableFile.verifyWritable(path) } catch { throw CheckpointError(error) }
  }
}

extension Model {
  /// Writes the model to `path`, whole or not at all: to a temporary file beside it, synced, then renamed. The file has a
  /// checksum, which is verified when it is read.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String) throws(CheckpointError) { try save(to: path, precision: .full) }

  /// The same with the weights that products read as `precision` stores them: half the size or less. Those of 8 bits have
  /// their scales beside them, one for each row: `rnn.weight_hh_l0.scale`.
  /// - Precondition: a `Float` model, none of whose weights is too large for the precision (`rounded(to:)` says).
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String, precision: WeightPrecision) throws(CheckpointError) {
    do throws(PlanError) { try refuse(beyond: precision) } catch { stop(error.description) }
    let stored = StoredWeights(self, precision)
    try Safetensors.write(
      to: path, tensors: stored.tensors, metadata: ModelMetadata(configuration, vocabulary, annotations).entries,
      checksum: true
    ) { (tensor, file) throws(FileError) in try stored.write(tensor, to: &file) }
  }

  /// Reads a model. Numbers of the other precision are converted.
  /// - Parameters:
  ///   - path: of a file that `save` wrote.
  ///   - cell: the cell of the model where it is not built in; its name must be the file's.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit.
  public init(contentsOf path: String, cell: (any RecurrentCell)? = nil) throws(CheckpointError) {
    try self.init(SafetensorsFile(path: path), cell: cell)
  }

  /// Reads a model from the bytes of its file; `file` names it in messages.
  package init(bytes: [UInt8], file: String, cell: (any RecurrentCell)? = nil) throws(CheckpointError) {
    try self.init(SafetensorsFile(bytes: bytes, file: file), cell: cell)
  }

  /// The model of a file that holds a model or a checkpoint.
  package init(_ file: SafetensorsFile, cell: (any RecurrentCell)? = nil) throws(CheckpointError) {
    let metadata = try ModelMetadata(file, cell: cell)
    try metadata.checkTensors(of: file)
    do { try self.init(zeros: metadata.configuration, vocabulary: metadata.vocabulary) } catch {
      throw .io(file: file.file, reason: error.description)
    }
    annotations = metadata.annotations
    storedPrecision = try storedPrecision(in: file)
    try read(file, prefix: "")
  }

  /// Reads the parameters from tensors named like them, after a prefix.
  mutating func read(_ file: SafetensorsFile, prefix: String) throws(CheckpointError) {
    let entries = table.entries
    var values = block.mutableSpan
    for entry in entries {
      let name = prefix + entry.name
      try file.read(
        name, shape: entry.shape,
        scales: ModelFile.hasScales(entry, name, in: file) ? name + ModelFile.scaleSuffix : nil,
        into: &values, entry.offset..<entry.offset + entry.count)
    }
  }
}
