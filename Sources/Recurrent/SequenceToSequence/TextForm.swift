internal import Foundation

/// What is done to texts before they are taken apart into symbols, in training and after it.
public struct TextForm: Sendable, Hashable {
  /// Whether letters become lower-case, as Unicode's default mapping has them.
  public var isLowercased: Bool
  /// The form of Unicode that texts are brought into.
  public var normalization: Vocabulary.Normalization

  /// By default texts stay as they are.
  public init(isLowercased: Bool = false, normalization: Vocabulary.Normalization = .none) {
    (self.isLowercased, self.normalization) = (isLowercased, normalization)
  }

  /// The text in this form.
  public func apply(_ text: String) -> String {
    let own = isLowercased ? text.lowercased() : text
    guard normalization != .none, !own.utf8.allSatisfy({ $0 < 0x80 }) else { return own }
    var normalizer = Normalizer(normalization)
    var result: [Int32] = []
    let scalars = own.unicodeScalars.map { Int32(bitPattern: $0.value) }
    normalizer.append(scalars[...], inPiecesTo: &result)
    var text = String.UnicodeScalarView()
    for value in result { if let scalar = Unicode.Scalar(UInt32(bitPattern: value)) { text.append(scalar) } }
    return String(text)
  }
}
