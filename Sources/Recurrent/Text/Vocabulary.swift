internal import Storage

/// The characters a model knows, and their numbers (tokens); with `pieces` tokens of several characters besides.
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
  /// Strictly ascending; the token of a symbol is its index here.
  public let symbols: [UInt32]
  /// Tokens of several symbols, which follow those of single ones; nil: there are none.
  public let pieces: Pieces?
  /// [largest symbol + 1], the token of each symbol, -1 for those that have none.
  private let tokens: [Int32]

  /// V, the number of tokens.
  public var count: Int { symbols.count + (pieces?.count ?? 0) }

  /// The vocabulary of `symbols`, as loaded from a model file.
  ///
  /// - Parameters:
  ///   - unit: what counts as one character.
  ///   - symbols: scalar values, or bytes; strictly ascending.
  ///   - normalization: of every text.
  ///   - pieces: tokens of several symbols; nil: none.
  /// - Throws: `TextError.invalidVocabulary` if there are none, or one is out of range, a surrogate, or not
  ///   greater than the one before; if bytes are to be normalized; or if the pieces are of another number of symbols.
  public init(
    unit: Unit, symbols: [UInt32], normalization: Normalization = .none, pieces: Pieces? = nil
  ) throws(TextError) {
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
    if let pieces, pieces.symbolCount != symbols.count {
      throw .invalidVocabulary(reason: "its pieces are of \(pieces.symbolCount) symbols, expected \(symbols.count)")
    }
    var tokens = [Int32](repeating: -1, count: Int(last) + 1)
    for (token, symbol) in symbols.enumerated() { tokens[Int(symbol)] = Int32(token) }
    self.unit = unit
    self.normalization = normalization
    self.symbols = symbols
    self.pieces = pieces
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
  /// character in both units, U+0000 to U+007F, are taken. Pieces are those of this one, or else those of the other one where it is of the
  /// same unit.
  public func union(_ other: Vocabulary) -> Vocabulary {
    let added = other.symbols.filter { other.unit == unit || $0 < 0x80 }
    let all = Set(symbols).union(added).sorted()
    guard let base = try? Vocabulary(unit: unit, symbols: all, normalization: normalization) else {
      stop("symbols out of order")
    }
    let source = pieces == nil && other.unit == unit ? other : self
    guard let pieces = source.pieces else { return base }
    let places = source.symbols.map { base.token(of: $0) ?? 0 }
    guard let moved = try? pieces.renumbered(places, symbolCount: all.count),
      let vocabulary = try? Vocabulary(unit: unit, symbols: all, normalization: normalization, pieces: moved)
    else { stop("pieces of other symbols") }
    return vocabulary
  }

  public static func == (left: Vocabulary, right: Vocabulary) -> Bool {
    left.unit == right.unit && left.normalization == right.normalization && left.symbols == right.symbols
      && left.pieces == right.pieces
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(unit)
    hasher.combine(normalization)
    hasher.combine(symbols)
    hasher.combine(pieces)
  }

  /// The token of a scalar value or byte; nil if the vocabulary lacks it.
  public func token(of symbol: UInt32) -> Int32? {
    guard symbol < tokens.count, tokens[Int(symbol)] >= 0 else { return nil }
    return tokens[Int(symbol)]
  }

  /// The tokens of `text`, one for each of its scalars (as the vocabulary normalizes them) or UTF-8 bytes, or for each piece.
  /// - Throws: `TextError.unknownSymbol` naming the first character the vocabulary lacks.
  public func encode(_ text: String) throws(TextError) -> [Int32] {
    try encode(bytes: Array(text.utf8))
  }

  /// The tokens of the text whose bytes (UTF-8, unless the unit is the byte) are `bytes`.
  /// - Throws: `TextError.notUTF8`, `TextError.unknownSymbol`.
  public func encode(bytes: [UInt8]) throws(TextError) -> [Int32] {
    try encode(bytes: bytes, unknown: .refuse).tokens
  }

  /// The symbols that a token stands for: one, unless it is a piece.
  /// - Precondition: `token` is in `0..<count`.
  public func symbols(of token: Int32) -> [UInt32] {
    require(token >= 0 && token < count, "expected a token in 0..<\(count), got \(token)")
    return Int(token) < symbols.count
      ? [symbols[Int(token)]] : pieces?.spelling(of: token).map { symbols[Int($0)] } ?? []
  }

  /// The symbols of all tokens.
  /// - Precondition: each token is in `0..<count`.
  public func symbolCount(of tokens: some Sequence<Int32>) -> Int {
    guard let pieces else { return tokens.reduce(0) { count, _ in count + 1 } }
    return tokens.reduce(0) { $0 + pieces.spelling(of: $1).count }
  }

  /// Makes pieces of what is spelled in symbols.
  func joinPieces(_ tokens: inout [Int32]) {
    pieces?.join(&tokens, PieceSplitter(unit: unit, symbols: symbols))
  }

  /// Appends what `token` stands for: the UTF-8 bytes of its scalars, or its bytes.
  ///
  /// Bytes of the byte unit may be parts of a character; write them out as they are rather than as a `String`.
  /// - Precondition: `token` is in `0..<count`.
  public func appendUTF8(of token: Int32, to bytes: inout [UInt8]) {
    for symbol in symbols(of: token) {
      if unit == .byte {
        bytes.append(UInt8(symbol))
      } else if let scalar = Unicode.Scalar(symbol) {
        bytes += UTF8.encode(scalar) ?? UTF8.EncodedScalar()
      }
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
