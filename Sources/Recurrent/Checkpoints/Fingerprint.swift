internal import Kernels
internal import Storage

/// What the bits of a training depend on beside its model, its data and its seeds: the version of this package, the
/// instruction set of its kernels, and OpenBLAS with the kernels that it chose. The number of threads is not among them.
public struct Fingerprint: Sendable, Hashable {
  public let version: String
  public let instructionSet: String
  public let openBLAS: String

  init(version: String, instructionSet: String, openBLAS: String) {
    self.version = version
    self.instructionSet = instructionSet
    self.openBLAS = openBLAS
  }

  /// The version of this package, semantic, as of the changelog.
  public static let packageVersion = "0.1.0"

  /// Of this process.
  public static let current = Fingerprint(
    version: packageVersion, instructionSet: Processor.instructionSet, openBLAS: OpenBLAS.description)

  /// What differs, for a warning; nil if nothing does, and the same steps give the same bits.
  public func difference(from other: Fingerprint) -> String? {
    let pairs = [
      ("version", version, other.version), ("kernels", instructionSet, other.instructionSet),
      ("OpenBLAS", openBLAS, other.openBLAS),
    ]
    let texts = pairs.filter { $1 != $2 }.map { "\($0) \(printable($1)), not \(printable($2))" }
    return texts.isEmpty ? nil : texts.joined(separator: "; ")
  }
}
