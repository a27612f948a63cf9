internal import Foundation

/// What is done to texts before they are cut into tokens, in training and after it.
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
    guard isLowercased else { return normalization.apply(text) }
    // Letters that the form makes of others may be capitals, and lower case may take a text out of its form.
    return normalization.apply(normalization.apply(text).lowercased())
  }
}
