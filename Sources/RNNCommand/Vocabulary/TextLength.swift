import Recurrent

/// How long a text is, whatever its tokens are: what losses of models are compared by.
struct TextLength {
  /// Symbols of the vocabulary: characters or bytes.
  private(set) var symbols = 0
  /// Characters; of bytes those that begin one.
  private(set) var characters = 0

  /// Of tokens in memory or in a file, which is read piece by piece.
  /// - Throws: `TokenFileError`.
  init(_ tokens: TokenSource, _ vocabulary: Vocabulary) throws(TokenFileError) {
    if vocabulary.unit == .unicodeScalar, vocabulary.pieces == nil {
      (symbols, characters) = (tokens.count, tokens.count)
      return
    }
    let lengths = (0..<Int32(vocabulary.count)).map { token in
      let symbols = vocabulary.symbols(of: token)
      let begins = symbols.count { vocabulary.unit == .unicodeScalar || $0 & 0xC0 != 0x80 }
      return (symbols: symbols.count, characters: begins)
    }
    for start in stride(from: 0, to: tokens.count, by: 1 << 20) {
      for token in try tokens.tokens(in: start..<min(start + 1 << 20, tokens.count)) {
        symbols += lengths[Int(token)].symbols
        characters += lengths[Int(token)].characters
      }
    }
  }
}
