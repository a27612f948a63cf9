import Recurrent

extension FuzzEntries {
  /// A text as tokens and back: not a byte may change. The first byte chooses the unit.
  @Sendable package static func text(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let text = Array(bytes.dropFirst())
    let unit: Vocabulary.Unit = first & 1 == 0 ? .unicodeScalar : .byte
    let fraction = Double(first >> 1) / 128
    let corpus: Corpus
    do { corpus = try Corpus(bytes: text, unit: unit, validationFraction: fraction) } catch {
      precondition(!error.description.contains("\n"), "a message of several lines: \(error)")
      return
    }
    var written: [UInt8] = []
    for token in corpus.training + corpus.validation { corpus.vocabulary.appendUTF8(of: token, to: &written) }
    precondition(written == text, "the text did not come back")
    // A vocabulary without its largest symbol does not know the text.
    if let fewer = try? Vocabulary(unit: unit, symbols: corpus.vocabulary.symbols.dropLast()) {
      precondition((try? fewer.encode(bytes: text)) == nil, "an unknown symbol was passed over")
    }
    _ = try? TokenStreams(corpus.training, batchSize: 1 + Int(first & 7), sequenceLength: 1 + Int(first >> 3))
  }
}
