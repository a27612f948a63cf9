internal import Storage

/// What stands where a new training would keep its files. Nothing is changed here; a training that is to replace it does so
/// with its first save.
extension CheckpointStore {
  /// A file of an earlier training.
  public struct Existing: Sendable, Hashable {
    /// The last checkpoint; where there is none the newest generation, or else the best model.
    public let file: String
    /// Steps of its training; nil for a model without training.
    public let step: Int?
  }

  /// What a new training at `path` would replace; nil where there is nothing, or an empty file.
  ///
  /// To be asked after the store has locked the files, unless the training goes on from them.
  /// - Parameters:
  ///   - path: of the last checkpoint.
  ///   - keepsBest: whether the best model is going to be kept beside it.
  /// - Throws: `CheckpointError.occupied` where a file is none of this package: such are never replaced. `CheckpointError.io`.
  public static func existing(at path: String, keepsBest: Bool = true) throws(CheckpointError) -> Existing? {
    if let last = try existing(file: path) { return last }
    for file in generationPaths(of: path) {
      if let generation = try? existing(file: file) { return generation }
    }
    return keepsBest ? try existing(file: bestPath(of: path)) : nil
  }

  private static func existing(file: String) throws(CheckpointError) -> Existing? {
    // What is no file at all is for the store to refuse.
    if let status = try? FileStatus(of: file), status.kind != .regular || status.size == 0 { return nil }
    do throws(CheckpointError) {
      let opened = try SafetensorsFile(path: file)
      try ModelFile.requireOwn(opened)
      return Existing(file: file, step: try? MetadataReader(opened, TrainingMetadata.key).integer("step"))
    } catch {
      switch error {
      case .missingFile: return nil
      case .foreignFile(_, let reason), .foreignModel(_, let reason), .invalidHeader(_, _, let reason):
        throw .occupied(file: file, reason: "it is no model of Recurrent, and is not replaced (\(reason))")
      case .truncated:
        throw .occupied(
          file: file, reason: "it is no model of Recurrent, or one that is cut short, and is not replaced")
      default: throw error
      }
    }
  }

  /// Of a model without training, as best models are; nil where there is none, or a checkpoint of its own.
  static func identityOfModel(_ path: String) -> FileStatus.Identity? {
    guard let found = try? existing(file: path), found.step == nil else { return nil }
    return (try? FileStatus(of: path))?.identity
  }
}
