import Recurrent
import Storage

extension FuzzEntries {
  /// A text as tokens and back: not a byte may change. The first byte chooses the unit.
  @Sendable package static func text(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let text = Array(bytes.dropFirst())
    let unit: Vocabulary.Unit = first & 1 == 0 ? .unicodeScalar : .byte
    let fraction = Double(first >> 1) / 128
    if let fault = EncodingFault(text.span, file: "input") {
      precondition(fault.offset < text.count && !fault.reason.contains("\n"), "a fault out of place: \(fault)")
    }
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
      check(text, count: corpus.training.count + corpus.validation.count, fewer)
    }
    if unit == .unicodeScalar { checkForms(text) }
    _ = try? TokenStreams(corpus.training, batchSize: 1 + Int(first & 7), sequenceLength: 1 + Int(first >> 3))
  }

  /// What is skipped is counted, and what is replaced has a token.
  private static func check(_ text: [UInt8], count: Int, _ vocabulary: Vocabulary) {
    guard let skipped = try? vocabulary.encode(bytes: text, unknown: .skip),
      let replaced = try? vocabulary.encode(bytes: text, unknown: .replace)
    else { preconditionFailure("an unknown symbol was refused") }
    let unknown = skipped.unknownCounts.values.reduce(0, +)
    precondition(unknown > 0 && skipped.tokens.count + unknown == count, "skipped ones are not counted")
    precondition(replaced.tokens.count == count && replaced.unknownCounts == skipped.unknownCounts)
  }

  /// A text in a form stays as it is when it is brought into the form again.
  private static func checkForms(_ text: [UInt8]) {
    for form in Vocabulary.Normalization.allCases {
      guard let corpus = try? Corpus(bytes: text, normalization: form) else { continue }
      let again = try? corpus.vocabulary.encode(corpus.vocabulary.decode(corpus.training))
      precondition(again == corpus.training, "a form that is none: \(form)")
    }
  }
}
