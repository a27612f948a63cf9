import Recurrent
import Storage

/// Models that commands make out of others.
enum ModelOutput {
  /// Refuses to replace what is no model.
  /// - Throws: `Failure`.
  static func verifyReplaceable(_ path: String) throws {
    guard !FilePlace(path).isStream, let status = try? FileStatus(of: path), status.kind == .regular, status.size > 0
    else { return }
    guard (try? SafetensorsFile(path: path)) != nil else {
      throw Failure(message: "\(path) holds no model, and is not replaced: name another file, or remove it")
    }
  }
}
