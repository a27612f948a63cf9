/// Texts with characters that a vocabulary lacks.
extension Vocabulary {
  /// What becomes of characters that the vocabulary lacks.
  public enum UnknownPolicy: String, Sendable, Hashable, CaseIterable {
    /// The text is refused, by a `TextError.unknownSymbol` that names the first of them.
    case refuse
    /// They are left out.
    case skip
    /// The vocabulary's `replacement` stands for each of them.
    case replace
  }

  /// A text as tokens, and what of it had none.
  public struct EncodedText: Sendable, Hashable {
    /// One for each character that is known or replaced, or for each piece of several.
    public let tokens: [Int32]
    /// How often each character came that the vocabulary lacks, and that was skipped or replaced.
    public let unknownCounts: [UInt32: Int]
  }

  /// The symbol that stands for those that the vocabulary lacks: the first that it has of U+FFFD (Unicode's own for this
  /// purpose), U+001A, a question mark, a space and a line feed, or else its first.
  public var replacement: UInt32 {
    let wanted: [UInt32] = [0xFFFD, 0x1A, 0x3F, 0x20, 0x0A]
    return wanted.first { token(of: $0) != nil } ?? symbols[0]
  }

  /// The tokens of `text`, as `encode(_:)` gives them, where it may have characters that the vocabulary lacks.
  ///
  ///     let text = try vocabulary.encode("naïve", unknown: .replace)
  ///     print(text.tokens.count, text.unknownCounts)  // 5 [239: 1]
  ///
  /// - Throws: `TextError.unknownSymbol` where they are refused.
  public func encode(_ text: String, unknown: UnknownPolicy) throws(TextError) -> EncodedText {
    try encode(bytes: Array(text.utf8), unknown: unknown)
  }

  /// The tokens of the text whose bytes (UTF-8, unless the unit is the byte) are `bytes`; otherwise as for a `String`.
  /// - Throws: `TextError.notUTF8`; `TextError.unknownSymbol` where unknown characters are refused.
  public func encode(bytes: [UInt8], unknown: UnknownPolicy) throws(TextError) -> EncodedText {
    try encode(bytes: bytes, file: nil, unknown: unknown)
  }

  /// - Parameter file: names the text in errors; a byte order mark at the start of a file is no character of the text.
  package func encode(bytes: [UInt8], file: String?, unknown: UnknownPolicy) throws(TextError) -> EncodedText {
    var text = SymbolText(unit: unit, normalization: normalization)
    try text.append(bytes, file: file)
    var counts: [UInt32: Int] = [:]
    var tokens = try text.encoded(by: self, unknown: unknown, counts: &counts)
    joinPieces(&tokens)
    return EncodedText(tokens: tokens, unknownCounts: counts)
  }
}
