import Recurrent
import Storage

/// What a new training is about to replace: one rule for all commands that train. A model for the same use goes, and the command
/// says so; one for another use, made by another command as a rule, stays, and so does what is no model.
struct ReplacedModel {
  private let file: String
  /// Files of its training beside it.
  private let others: Int

  /// - Parameters:
  ///   - store: has locked the files.
  ///   - keepsBest: whether the best model is going to be kept beside them.
  ///   - resumed: the checkpoint that the training goes on from, whose own files are no other training's.
  /// - Returns: nil where nothing is replaced.
  /// - Throws: `CheckpointError` where what is there is no model; `Failure` where it is one for another use.
  init?(by use: ModelUse, _ store: borrowing CheckpointStore, keepsBest: Bool, resumed: String? = nil) throws {
    let path = store.path
    if let resumed, Self.isSame(path, resumed) || Self.isSame(path, CheckpointStore.lastPath(of: resumed)) {
      return nil
    }
    guard let existing = try CheckpointStore.existing(at: path, keepsBest: keepsBest) else { return nil }
    let found = ModelUse(try SafetensorsFile(path: existing.file))
    guard ModelUse.replaces(use, found) else {
      throw Failure(
        message:
          "\(existing.file) is \(found?.name ?? "a model of another kind"), which \(use.name) does "
          + "not replace: --checkpoint names another file, or remove it")
    }
    file = existing.file
    others = store.abandonedPaths.filter { $0 != existing.file }.count
  }

  /// The same where another process may keep the files, and no store is here.
  static func found(
    by use: ModelUse, _ store: borrowing CheckpointStore?, keepsBest: Bool, resumed: String? = nil
  ) throws -> ReplacedModel? {
    switch store {
    case .some(let store): try ReplacedModel(by: use, store, keepsBest: keepsBest, resumed: resumed)
    case .none: nil
    }
  }

  private static func isSame(_ path: String, _ other: String) -> Bool {
    guard path != other else { return true }
    let identity = (try? FileStatus(of: path))?.identity
    return identity != nil && identity == (try? FileStatus(of: other))?.identity
  }

  /// Says what is going to happen.
  func announce() {
    let rest = others == 0 ? "" : ", and \(counted(others, "file")) of its training beside it removed"
    Note.note("\(file) exists and will be replaced\(rest)")
  }
}
