import Recurrent
import Storage

/// Outputs that replace files of their own kind alone.
enum ReplaceableOutput {
  /// Refuses to replace what is no model.
  /// - Throws: `Failure`.
  static func verifyModel(_ path: String) throws(Failure) {
    guard !FilePlace(path).isStream else { return }
    try verify(path, refusal: "holds no model, and is not replaced: name another file, or remove it") {
      (try? SafetensorsFile(path: path)) != nil
    }
  }

  /// Refuses to replace what are no sums of a fit.
  /// - Throws: `Failure`.
  static func verifySums(_ path: String) throws(Failure) {
    try verify(
      path, refusal: "does not hold the sums of a fit, and is not replaced: --sums names another file, or remove it"
    ) { (try? RidgeGram.load(contentsOf: path)) != nil }
  }

  /// Refuses to replace what is no token file.
  /// - Throws: `Failure`.
  static func verifyTokens(_ path: String) throws(Failure) {
    try verify(
      path, refusal: "is no token file, and is not replaced: name another file, or remove it"
    ) { TokenFile.isTokenFile(at: path) }
  }

  /// A file without content is replaced whatever it was to be.
  private static func verify(_ path: String, refusal: String, isKind: () -> Bool) throws(Failure) {
    guard let status = try? FileStatus(of: path), status.kind == .regular, status.size > 0, !isKind() else { return }
    throw Failure(message: "\(path) \(refusal)")
  }
}
