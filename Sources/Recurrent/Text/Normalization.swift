extension Vocabulary {
  /// A form of Unicode (UAX #15) that texts are brought into before they become tokens, so that the spellings of a letter are
  /// one: "é" can be U+00E9, or an e and a combining accent.
  public enum Normalization: String, Sendable, Hashable, CaseIterable {
    /// Texts stay as they are.
    case none
    /// Letters and their marks composed where there is a character for both: what most texts have.
    case nfc
    /// Letters and their marks apart.
    case nfd
    /// As `nfc`, and variants of a character (ligatures, full-width and superscript ones) become the character.
    case nfkc
    /// As `nfd`, with variants as in `nfkc`.
    case nfkd
  }
}

extension Vocabulary.Normalization {
  /// A text in this form.
  package func apply(_ text: String) -> String {
    guard self != .none, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
    var normalizer = Normalizer(self)
    var values: [Int32] = []
    let scalars = text.unicodeScalars.map { Int32(bitPattern: $0.value) }
    normalizer.append(scalars[...], inPiecesTo: &values)
    var result = String.UnicodeScalarView()
    for value in values { if let scalar = Unicode.Scalar(UInt32(bitPattern: value)) { result.append(scalar) } }
    return String(result)
  }
}
