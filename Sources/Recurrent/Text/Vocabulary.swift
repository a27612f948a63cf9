internal import Storage

/// The characters a model knows, and their numbers (tokens).
///
/// A character is a Unicode scalar or a byte, never a Swift `Character`: those compare by canonical
/// equivalence, so that a carriage return with its line feed would be one and two spellings of "é" the same,
/// and text would not come out as it went in.
public struct Vocabulary: Sendable, Hashable {
  /// What counts as one character.
  public enum Unit: String, Sendable, Hashable, CaseIterable {
    /// Text must be valid UTF-8; every scalar is kept as it is, unless the vocabulary normalizes.
    case unicodeScalar
    /// Any file will do.
    case byte

    var largestSymbol: UInt32 { self == .byte ? 0xFF : 0x10_FFFF }
  }

  /// What counts as one character.
  public let unit: Unit
  /// What every text is brought into before it becomes tokens: texts to train on, prompts, texts to evaluate.
  public let normalization: Normalization
  /// [V], strictly ascending; the token of a symbol is its index here.
  public let symbols: [UInt32]
  /// [largest symbol + 1], the token of each symbol, -1 for those that have none.
  private let tokens: [Int32]

  /// V, the number of tokens.
  public var count: Int { symbols.count }

  /// The vocabulary of `symbols`, as loaded from a model file.
  ///
  /// - Parameters:
  ///   - unit: what counts as one character.
  ///   - symbols: scalar values, or bytes; strictly ascending.
  ///   - normalization: of every text.
  /// - Throws: `TextError.invalidVocabulary` if there are none, or one is out of range, a surrogate, or not
  ///   greater than the one before; or if bytes are to be normalized.
  public init(unit: Unit, symbols: [UInt32], normalization: Normalization = .none) throws(TextError) {
    guard unit == .unicodeScalar || normalization == .none else {
      throw .invalidVocabulary(reason: "bytes are not normalized")
    }
    guard let last = symbols.last else { throw .invalidVocabulary(reason: "it has no symbols") }
    for (index, symbol) in symbols.enumerated() {
      guard symbol <= unit.largestSymbol, unit == .byte || Unicode.Scalar(symbol) != nil else {
        let kind = unit == .byte ? "byte" : "Unicode scalar"
        throw .invalidVocabulary(reason: "symbol \(index), \(symbol), is no \(kind)")
      }
      guard index == 0 || symbols[index - 1] < symbol else {
        throw .invalidVocabulary(reason: "symbol \(index), \(symbol), is not greater than the one before it")
      }
    }
    var tokens = [Int32](repeating: -1, count: Int(last) + 1)
    for (token, symbol) in symbols.enumerated() { tokens[Int(symbol)] = Int32(token) }
    self.unit = unit
    self.normalization = normalization
    self.symbols = symbols
    self.tokens = tokens
  }

  /// The symbols that a text has.
  ///
  /// - Throws: `TextError` where there are fewer than two different ones.
  /// - Precondition: bytes are not normalized.
  public init(
    text: String, unit: Unit = .unicodeScalar, normalization: Normalization = .none
  ) throws(TextError) {
    var symbols = SymbolText(unit: unit, normalization: normalization)
    try symbols.append(Array(text.utf8), file: nil)
    guard symbols.count > 0 else { throw .invalidVocabulary(reason: "it has no symbols") }
    self = try symbols.vocabulary()
  }

  /// The symbols of both, in the unit of this one and with its normalization. Of a vocabulary in the other unit only those that are the same
  /// character in both units, U+0000 to U+007F, are taken.
  public func union(_ other: Vocabulary) -> Vocabulary {
    let added = other.symbols.filter { other.unit == unit || $0 < 0x80 }
    let all = Set(symbols).union(added).sorted()
    guard let vocabulary = try? Vocabulary(unit: unit, symbols: all, normalization: normalization) else {
      stop("symbols out of order")
    }
    return vocabulary
  }

  public static func == (left: Vocabulary, right: Vocabulary) -> Bool {
    left.unit == right.unit && left.normalization == right.normalization && left.symbols == right.symbols
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(unit)
    hasher.combine(normalization)
    hasher.combine(symbols)
  }

  /// The token of a scalar value or byte; nil if the vocabulary lacks it.
  public func token(of symbol: UInt32) -> Int32? {
    guard symbol < tokens.count, tokens[Int(symbol)] >= 0 else { return nil }
    return tokens[Int(symbol)]
  }

  /// The tokens of `text`, one for each of its scalars (as the vocabulary normalizes them) or UTF-8 bytes.
  /// - Throws: `TextError.unknownSymbol` naming the first character the vocabulary lacks.
  public func encode(_ text: String) throws(TextError) -> [Int32] {
    try encode(bytes: Array(text.utf8))
  }

  /// The tokens of the text whose bytes (UTF-8, unless the unit is the byte) are `bytes`.
  /// - Throws: `TextError.notUTF8`, `TextError.unknownSymbol`.
  public func encode(bytes: [UInt8]) throws(TextError) -> [Int32] {
    try encode(bytes: bytes, unknown: .refuse).tokens
  }

  /// Appends what `token` stands for: the UTF-8 bytes of its scalar, or its one byte.
  ///
  /// Bytes of the byte unit may be parts of a character; write them out as they are rather than as a `String`.
  /// - Precondition: `token` is in `0..<count`.
  public func appendUTF8(of token: Int32, to bytes: inout [UInt8]) {
    require(token >= 0 && token < count, "expected a token in 0..<\(count), got \(token)")
    let symbol = symbols[Int(token)]
    switch (unit, symbol) {
    case (.byte, _), (_, ..<0x80):
      bytes.append(UInt8(symbol))
    case (_, ..<0x800):
      bytes.append(UInt8(0xC0 | symbol >> 6))
      bytes.append(UInt8(0x80 | symbol & 0x3F))
    case (_, ..<0x1_0000):
      bytes.append(UInt8(0xE0 | symbol >> 12))
      bytes.append(UInt8(0x80 | symbol >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | symbol & 0x3F))
    default:
      bytes.append(UInt8(0xF0 | symbol >> 18))
      bytes.append(UInt8(0x80 | symbol >> 12 & 0x3F))
      bytes.append(UInt8(0x80 | symbol >> 6 & 0x3F))
      bytes.append(UInt8(0x80 | symbol & 0x3F))
    }
  }

  /// The text of `tokens`. In the byte unit, bytes that form no valid UTF-8 show as U+FFFD in the `String`.
  /// - Precondition: each token is in `0..<count`.
  public func decode(_ tokens: some Sequence<Int32>) -> String {
    var bytes: [UInt8] = []
    for token in tokens { appendUTF8(of: token, to: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Replaces each symbol by its token.
  /// - Parameter counts: of the symbols without one that are skipped or replaced.
  /// - Returns: the index of the first symbol without one where such are refused, with the tokens of those before it in
  ///   their places; nil if all is done.
  func encode(
    inPlace symbols: inout [Int32], unknown: UnknownPolicy, counts: inout [UInt32: Int]
  ) -> Int? {
    let table = tokens.span
    let substitute = token(of: replacement) ?? 0
    var text = symbols.mutableSpan
    var kept = 0
    for index in text.indices {
      let symbol = Int(text[index])
      if symbol < table.count, table[symbol] >= 0 {
        text[kept] = table[symbol]
        kept += 1
        continue
      }
      if unknown == .refuse { return index }
      counts[UInt32(symbol), default: 0] += 1
      if unknown == .replace {
        text[kept] = substitute
        kept += 1
      }
    }
    symbols.removeLast(symbols.count - kept)
    return nil
  }
}
