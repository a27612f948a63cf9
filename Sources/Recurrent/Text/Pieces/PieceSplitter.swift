internal import Storage

/// Cuts a text where no piece reaches over: before the space of a word, between letters, digits, marks and white space, and
/// before the short forms of English ('s, 't, 're, 've, 'm, 'll, 'd). It is the pattern of GPT-2 (Radford et al. 2019),
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
struct PieceSplitter: Sendable {
  private enum Kind: UInt8 { case letter, number, space, mark }

  private let unit: Vocabulary.Unit
  /// [V] of each symbol; of bytes those of ASCII alone.
  private let kinds: [Kind]
  /// [V] bytes, or scalars.
  private let symbols: [UInt32]

  init(unit: Vocabulary.Unit, symbols: [UInt32]) {
    (self.unit, self.symbols) = (unit, symbols)
    kinds = symbols.map { Self.kind(of: Unicode.Scalar($0) ?? "\u{FFFD}") }
  }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    if scalar.properties.isWhitespace { return .space }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default: .mark
    }
  }

  /// Symbols from which on a run is cut: one more character, of four bytes, and a space before it are still a piece.
  private static let longestRun = Vocabulary.Pieces.longest - 8

  /// The end of what begins at `start`, in tokens of symbols.
  func end(of tokens: Span<Int32>, from start: Int) -> Int {
    if let end = shortForm(tokens, start) { return end }
    let (first, next) = scalar(tokens, start)
    if first != .space { return run(tokens, from: start, first) }
    if symbols[Int(tokens[start])] == 0x20, next < tokens.count {
      let (second, _) = scalar(tokens, next)
      if second != .space { return run(tokens, from: next, second) }
    }
    // White space; its last character belongs to what follows, or stands alone.
    var (end, last) = (next, start)
    while end < tokens.count, end - start < Self.longestRun {
      let (kind, after) = scalar(tokens, end)
      if kind != .space { return last == start ? end : last }
      (last, end) = (end, after)
    }
    return end
  }

  /// The end of a run of one kind, which is cut where it is too long for a piece.
  private func run(_ tokens: Span<Int32>, from start: Int, _ kind: Kind) -> Int {
    var end = start
    while end < tokens.count, end - start < Self.longestRun {
      let (own, after) = scalar(tokens, end)
      guard own == kind else { break }
      end = after
    }
    return end
  }

  private func shortForm(_ tokens: Span<Int32>, _ start: Int) -> Int? {
    func symbol(_ offset: Int) -> UInt32? {
      start + offset < tokens.count ? symbols[Int(tokens[start + offset])] : nil
    }
    guard symbol(0) == 0x27, let first = symbol(1) else { return nil }
    switch Unicode.Scalar(first) {
    case "s", "t", "m", "d": return start + 2
    case "r", "v": return symbol(2) == 0x65 ? start + 3 : nil
    case "l": return symbol(2) == 0x6C ? start + 3 : nil
    default: return nil
    }
  }

  /// The kind of the character at a place, and where the next one begins. A byte that begins none is a mark.
  private func scalar(_ tokens: Span<Int32>, _ start: Int) -> (kind: Kind, next: Int) {
    let token = Int(tokens[start])
    if unit == .unicodeScalar || symbols[token] < 0x80 { return (kinds[token], start + 1) }
    let length = symbols[token] >= 0xF0 ? 4 : symbols[token] >= 0xE0 ? 3 : 2
    guard start + length <= tokens.count else { return (.mark, start + 1) }
    let bytes = (start..<start + length).map { UInt8(symbols[Int(tokens[$0])]) }
    guard let (value, count) = decodeScalar(bytes.span, at: 0, end: length), count == length,
      let scalar = Unicode.Scalar(value)
    else { return (.mark, start + 1) }
    return (Self.kind(of: scalar), start + length)
  }
}
