internal import Kernels
internal import Storage

/// What the bits of a training depend on beside its model, its data and its seeds: the version of this package, the
/// instruction set of its kernels, who multiplies, and OpenBLAS with the kernels that it chose. The number of threads is
/// not among them.
public struct Fingerprint: Sendable, Hashable {
  /// Of this package.
  public let version: String
  /// Of the package's own kernels: `avx512`, `avx2+fma`, `neon` or `baseline`.
  public let instructionSet: String
  /// What OpenBLAS says about its version and build.
  public let openBLAS: String
  /// The processor whose kernels OpenBLAS runs, such as `SkylakeX`. nil in files of versions that did not note it.
  public let openBLASCore: String?
  /// Who multiplies, as the plan decided: `openblas`, `packed`, or `openblas batched, packed steps`. nil in files of
  /// versions that did not note it.
  public let products: String?

  init(version: String, instructionSet: String, openBLAS: String, openBLASCore: String?, products: String?) {
    self.version = version
    self.instructionSet = instructionSet
    self.openBLAS = openBLAS
    self.openBLASCore = openBLASCore
    self.products = products
  }

  /// The version of this package, semantic, as of the changelog.
  public static let packageVersion = "0.2.0"

  /// Of what runs by a plan in this process.
  public init(_ plan: Plan) {
    self.init(
      version: Self.packageVersion, instructionSet: Processor.instructionSet, openBLAS: OpenBLAS.description,
      openBLASCore: OpenBLAS.coreName, products: plan.choice.name)
  }

  /// What differs, for a warning; nil if nothing does, and the same steps give the same bits. OpenBLAS counts where it
  /// multiplies, or may have done so.
  public func difference(from other: Fingerprint) -> String? {
    var pairs: [(name: String, own: String?, other: String?)] = [
      ("version", version, other.version), ("kernels", instructionSet, other.instructionSet),
      ("products", products, other.products),
    ]
    if usesOpenBLAS || other.usesOpenBLAS {
      pairs += [("OpenBLAS", release, other.release), ("OpenBLAS's kernels", openBLASCore, other.openBLASCore)]
    }
    func text(_ value: String?) -> String { value.map { printable($0) } ?? "not noted" }
    let texts = pairs.filter { $0.own != $0.other }.map { "\($0.name) \(text($0.own)), not \(text($0.other))" }
    return texts.isEmpty ? nil : texts.joined(separator: "; ")
  }

  /// What OpenBLAS says of itself, without its name, with which it begins.
  private var release: String {
    let name = "OpenBLAS "
    return openBLAS.hasPrefix(name) ? String(openBLAS.dropFirst(name.count)) : openBLAS
  }

  private var usesOpenBLAS: Bool { products?.contains(Products.openBLAS.rawValue) ?? true }
}
