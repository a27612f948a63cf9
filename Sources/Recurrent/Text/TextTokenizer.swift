internal import Storage

/// Cuts texts into units — characters, bytes or words — and numbers them: what a model reads that tells texts apart.
///
///     let tokenizer = TextTokenizer(fitting: titles, unit: .word, lowercases: true, vocabularySize: 20_000)
///     let tokens = tokenizer.encode("A title that was never seen")  // words that are unknown are token 0
///
/// Unlike a `Vocabulary`, from whose tokens a text comes out again as it went in, it takes any text: whatever it has no token
/// for is the unknown one. It is kept with a model by `Model.setTokenizer(_:)`.
public struct TextTokenizer: Sendable, Hashable {
  /// What becomes one token.
  public enum Unit: String, Sendable, Hashable, CaseIterable {
    /// A Unicode scalar, as the normalization leaves it.
    case character
    /// A byte of the text in UTF-8. All 256 are known; there is no unknown one.
    case byte
    /// A word, a number, a mark or a symbol, as text is cut at word boundaries (UAX #29, see `words(of:)`); white space is
    /// none.
    case word
  }

  /// What becomes one token.
  public let unit: Unit
  /// What texts are brought into first.
  public let normalization: Vocabulary.Normalization
  /// Whether texts are brought into lower case.
  public let lowercases: Bool
  /// The units that have a token, from token 1 on, the most frequent first. Empty for bytes.
  public let units: [String]
  private let tokens: [ExactString: Int32]

  /// Stands for all units without a token of their own; not for bytes.
  public static let unknown: Int32 = 0

  /// V, the number of tokens, the unknown one included.
  public var count: Int { unit == .byte ? 256 : units.count + 1 }

  /// The tokenizer with these units, as loaded from a model file.
  /// - Precondition: units are not empty and all different; bytes have none and are not normalized.
  public init(
    units: [String], unit: Unit, normalization: Vocabulary.Normalization = .nfc, lowercases: Bool = false
  ) {
    require(
      unit != .byte || (units.isEmpty && normalization == .none), "bytes have no units to name, and are not normalized")
    self.unit = unit
    self.normalization = normalization
    self.lowercases = lowercases
    self.units = units
    var tokens: [ExactString: Int32] = [:]
    for (index, text) in units.enumerated() {
      require(!text.isEmpty, "unit \(index) is empty")
      let isNew = tokens.updateValue(Int32(index) + 1, forKey: ExactString(text)) == nil
      require(isNew, "unit \(index), \"\(text)\", comes a second time")
    }
    self.tokens = tokens
  }

  /// The tokenizer for the units that texts have.
  ///
  /// - Parameters:
  ///   - texts: those to train on. What only others have must be unknown.
  ///   - unit: what becomes one token.
  ///   - normalization: what texts are brought into first; of bytes none.
  ///   - lowercases: whether texts are brought into lower case.
  ///   - vocabularySize: the most units with a token of their own, the most frequent ones; nil: no bound.
  ///   - minimumCount: how often a unit must come to have its own token. What comes less often teaches what the unknown token
  ///     means.
  public init(
    fitting texts: some Sequence<String>, unit: Unit = .character, normalization: Vocabulary.Normalization = .nfc,
    lowercases: Bool = false, vocabularySize: Int? = nil, minimumCount: Int = 1
  ) {
    let cutter = TextTokenizer(
      units: [], unit: unit, normalization: unit == .byte ? .none : normalization, lowercases: lowercases)
    guard unit != .byte else {
      self = cutter
      return
    }
    let kept = mostFrequent(
      texts.lazy.flatMap { cutter.pieces(of: $0) }, limit: vocabularySize, minimumCount: minimumCount)
    self.init(units: kept, unit: unit, normalization: cutter.normalization, lowercases: lowercases)
  }

  // MARK: Texts

  /// The text as it is cut: in the normal form, and in lower case if that is asked.
  public func normalized(_ text: String) -> String {
    guard lowercases else { return normalization.apply(text) }
    // Letters that the form makes of others may be capitals, and lower case may take a text out of its form.
    return normalization.apply(normalization.apply(text).lowercased())
  }

  /// The units of a text, those without a token included.
  ///
  /// Bytes from 0x80 on, which are no text by themselves, are written as the scalars of that number.
  public func pieces(of text: String) -> [String] {
    let text = normalized(text)
    return switch unit {
    case .character: text.unicodeScalars.map { String($0) }
    case .byte: text.utf8.map { String(Unicode.Scalar($0)) }
    case .word: Self.words(of: text)
    }
  }

  /// The tokens of a text; none where it has no units.
  public func encode(_ text: String) -> [Int32] {
    if unit == .byte { return normalized(text).utf8.map { Int32($0) } }
    return pieces(of: text).map { tokens[ExactString($0)] ?? Self.unknown }
  }

  /// What a token stands for; nil for the unknown one.
  /// - Precondition: the token is in `0..<count`.
  public func piece(of token: Int32) -> String? {
    require(token >= 0 && token < count, "expected a token in 0..<\(count), got \(token)")
    if unit == .byte { return String(Unicode.Scalar(UInt8(token))) }
    return token == Self.unknown ? nil : units[Int(token) - 1]
  }
}
