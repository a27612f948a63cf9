import Recurrent

/// The text of a training, in two parts: in memory, or in a token file of which each step reads what it needs.
struct TrainingText {
  let vocabulary: Vocabulary
  let training: TokenSource
  /// Empty if no fraction was asked for.
  let validation: TokenSource
  /// Of the text, whatever the vocabulary.
  let digest: UInt64

  init(_ corpus: Corpus) {
    vocabulary = corpus.vocabulary
    (training, validation) = (TokenSource(corpus.training), TokenSource(corpus.validation))
    digest = corpus.digest
  }

  /// - Parameter vocabulary: of the tokens; nil: the file's own.
  init(_ file: TokenFile, vocabulary: Vocabulary? = nil, validationFraction: Double) throws(TokenFileError) {
    self.vocabulary = vocabulary ?? file.vocabulary
    (training, validation) = try file.tokens(for: self.vocabulary).divided(validationFraction: validationFraction)
    digest = file.digest
  }
}

extension TextOptions {
  /// The text for a training that begins.
  /// - Parameter known: a vocabulary of whose symbols none is to be lost: what the text lacks may be wanted in a prompt.
  func trainingText(
    _ division: DivisionOptions, unit: Vocabulary.Unit, normalization: Vocabulary.Normalization,
    adding known: Vocabulary?
  ) throws -> TrainingText {
    guard let file = try tokenFile else {
      let corpus = try corpus(
        unit: unit, normalization: normalization, validationFraction: division.validationFraction)
      return TrainingText(known.map { corpus.encoded(by: corpus.vocabulary.union($0)) } ?? corpus)
    }
    let own = file.vocabulary
    if division.bytes, own.unit != .byte {
      throw Failure(
        message: "\(file.path) has characters, not bytes: rnn tokenize --bytes makes a token file of those",
        status: .usage)
    }
    if let form = division.normalize, form != own.normalization {
      throw Failure(
        message: "\(file.path) is in form \(own.normalization.rawValue) of Unicode, not in \(form.rawValue): "
          + "rnn tokenize --normalize \(form.rawValue) makes a token file in that", status: .usage)
    }
    return try TrainingText(
      file, vocabulary: known.map { own.union($0) }, validationFraction: division.validationFraction)
  }
}
