internal import Storage

/// Cuts texts into units — characters, bytes, words or subwords — and numbers them: what a model reads that tells texts apart, and
/// what one reads and writes that makes texts of texts.
///
///     let tokenizer = TextTokenizer(fitting: titles, unit: .word, form: TextForm(isLowercased: true), vocabularySize: 20_000)
///     let tokens = tokenizer.encode("A title that was never seen")  // words that are unknown are token 0
///
/// Unlike a `Vocabulary`, from whose tokens a text comes out again as it went in, it takes any text: whatever it has no token
/// for is the unknown one. It is kept with a model by `Model.setTokenizer(_:)`.
public struct TextTokenizer: Sendable, Hashable {
  /// What becomes one token.
  public enum Unit: String, Sendable, Hashable, CaseIterable {
    /// A Unicode scalar, as the form leaves it.
    case character
    /// A byte of the text in UTF-8. All 256 are known; there is no unknown one.
    case byte
    /// A word, a number, a mark or a symbol, as text is cut at word boundaries (UAX #29, see `words(of:)`); white space is
    /// none.
    case word
    /// What stands between white space (White_Space of Unicode): a phoneme, a word of a text that is cut already.
    case spaced
    /// A part of a word, by byte-pair encoding of its bytes (Sennrich et al. 2016). As all bytes are known, there is no
    /// unknown one.
    case subword

    /// Whether whatever a text has is known.
    public var knowsAll: Bool { self == .byte || self == .subword }
  }

  /// What becomes one token.
  public let unit: Unit
  /// What texts are brought into first.
  public let form: TextForm
  /// The units that have a token, from token 1 on, the most frequent first. Empty for bytes and subwords.
  public let units: [String]
  /// The bytes, tokens 0 to 255, and the subwords made of them; nil for other units.
  public let subwords: Vocabulary?
  private let tokens: [ExactString: Int32]

  /// Stands for all units without a token of their own; not for bytes and subwords.
  public static let unknown: Int32 = 0
  /// What is written for it.
  public static let unknownText = "<unk>"

  /// V, the number of tokens, the unknown one included.
  public var count: Int { subwords?.count ?? (unit == .byte ? 256 : units.count + 1) }

  /// The tokenizer with these units, as loaded from a model file.
  /// - Precondition: they are no subwords; units are not empty and all different; bytes have none and are not normalized.
  public init(units: [String], unit: Unit, form: TextForm = TextForm(normalization: .nfc)) {
    require(unit != .subword, "subwords are made by init(subwords:form:)")
    require(
      unit != .byte || (units.isEmpty && form.normalization == .none),
      "bytes have no units to name, and are not normalized")
    var tokens: [ExactString: Int32] = [:]
    for (index, text) in units.enumerated() {
      require(!text.isEmpty, "unit \(index) is empty")
      let isNew = tokens.updateValue(Int32(index) + 1, forKey: ExactString(text)) == nil
      require(isNew, "unit \(index), \"\(text)\", comes a second time")
    }
    (self.unit, self.form, self.units, self.tokens, subwords) = (unit, form, units, tokens, nil)
  }

  /// The tokenizer with these subwords.
  /// - Precondition: they are subwords of all 256 bytes.
  public init(subwords: Vocabulary, form: TextForm = TextForm(normalization: .nfc)) {
    require(
      subwords.unit == .byte && subwords.symbols.count == 256 && subwords.pieces?.kind == .subword,
      "expected subwords of all 256 bytes")
    (unit, self.form, units, tokens, self.subwords) = (.subword, form, [], [:], subwords)
  }

  /// Tokens of subwords unless something else is asked for.
  public static let usualSubwords = 8000

  /// The tokenizer for the units that texts have.
  ///
  /// - Parameters:
  ///   - texts: those to train on. What only others have must be unknown.
  ///   - unit: what becomes one token.
  ///   - form: what texts are brought into first; bytes are not normalized.
  ///   - vocabularySize: the most units with a token of their own, the most frequent ones; nil: no bound. Of subwords the most
  ///     tokens, bytes included, 256 or more; nil: `usualSubwords`.
  ///   - minimumCount: how often a unit must come to have its own token. What comes less often teaches what the unknown token
  ///     means. A subword comes twice or more.
  public init(
    fitting texts: some Sequence<String>, unit: Unit = .character, form: TextForm = TextForm(normalization: .nfc),
    vocabularySize: Int? = nil, minimumCount: Int = 1
  ) {
    switch unit {
    case .byte: self.init(units: [], unit: unit, form: TextForm(isLowercased: form.isLowercased))
    case .subword:
      let bytes = Array(texts.lazy.map { Array(form.apply($0).utf8) }.joined(separator: [0x0A]))
      guard let alphabet = try? Vocabulary(unit: .byte, symbols: Array(0...255)) else { stop("bytes out of order") }
      let subwords = alphabet.learningPieces(
        .subword, from: bytes.map { Int32($0) }, count: vocabularySize ?? Self.usualSubwords)
      self.init(subwords: subwords, form: form)
    case .character, .word, .spaced:
      let cutter = TextTokenizer(units: [], unit: unit, form: form)
      let kept = mostFrequent(
        texts.lazy.flatMap { cutter.pieces(of: $0) }, limit: vocabularySize, minimumCount: minimumCount)
      self.init(units: kept, unit: unit, form: form)
    }
  }

  // MARK: Texts

  /// The units of a text in its form, those without a token included.
  ///
  /// Bytes from 0x80 on, which are no text by themselves, are written as the scalars of that number; subwords that are none, with
  /// U+FFFD.
  public func pieces(of text: String) -> [String] {
    let text = form.apply(text)
    return switch unit {
    case .character: text.unicodeScalars.map { String($0) }
    case .byte: text.utf8.map { String(Unicode.Scalar($0)) }
    case .word: Self.words(of: text)
    case .spaced: Self.spaced(text)
    case .subword: encode(text).map { subwords?.decode([$0]) ?? "" }
    }
  }

  /// What stands between white space.
  public static func spaced(_ text: String) -> [String] {
    text.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
  }

  /// The tokens of a text; none where it has no units.
  public func encode(_ text: String) -> [Int32] {
    if unit == .byte { return form.apply(text).utf8.map { Int32($0) } }
    if let subwords {
      guard let tokens = try? subwords.encode(bytes: Array(form.apply(text).utf8)) else { stop("a byte that is none") }
      return tokens
    }
    return pieces(of: text).map { tokens[ExactString($0)] ?? Self.unknown }
  }

  /// What a token stands for, as `pieces(of:)` writes it; nil for the unknown one.
  /// - Precondition: the token is in `0..<count`.
  public func piece(of token: Int32) -> String? {
    require(token >= 0 && token < count, "expected a token in 0..<\(count), got \(token)")
    if unit == .byte { return String(Unicode.Scalar(UInt8(token))) }
    if let subwords { return subwords.decode([token]) }
    return token == Self.unknown ? nil : units[Int(token) - 1]
  }

  /// The text of tokens: units one after the other, words with a space between. Bytes that form no valid UTF-8 show as U+FFFD, and
  /// the unknown unit as `unknownText`.
  /// - Precondition: each token is in `0..<count`.
  public func decode(_ tokens: some Sequence<Int32>) -> String {
    if let subwords { return subwords.decode(tokens) }
    if unit == .byte {
      return String(
        decoding: tokens.map { token in
          require((0..<256).contains(token), "expected a token in 0..<256, got \(token)")
          return UInt8(token)
        }, as: UTF8.self)
    }
    return tokens.map { piece(of: $0) ?? Self.unknownText }.joined(separator: unit == .character ? "" : " ")
  }
}
