import Foundation
import Recurrent
import Storage

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

extension TrainingText {
  /// Bits per character of the validation part where its loss, in nats per token, is 1; nil where tokens are characters.
  var bitsPerNat: Double? {
    guard vocabulary.pieces != nil, let length = try? TextLength(validation, vocabulary), length.characters > 0 else {
      return nil
    }
    return Double(validation.count) / Double(length.characters) / log(2)
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
      if let path = division.vocabulary {
        return TrainingText(
          try corpus(knowing: VocabularyFile.read(path), of: path, validationFraction: division.validationFraction))
      }
      let corpus = try corpus(
        unit: unit, normalization: normalization, validationFraction: division.validationFraction)
      if let known { return TrainingText(corpus.encoded(by: corpus.vocabulary.union(known))) }
      return TrainingText(try division.pieces.map { try corpus.withPieces($0, division.vocabularySize) } ?? corpus)
    }
    if division.vocabulary != nil {
      throw Failure(
        message: "\(file.path) is a token file, which has its own vocabulary: leave out --vocabulary", status: .usage)
    }
    let own = file.vocabulary
    if division.pieces != nil {
      throw Failure(
        message:
          "\(file.path) has single \(own.unit == .byte ? "bytes" : "characters"): for --pieces give the text itself",
        status: .usage)
    }
    if known?.pieces != nil {
      throw Failure(
        message:
          "\(file.path) has single \(own.unit == .byte ? "bytes" : "characters"), and the model of --init-from pieces "
          + "of several: give the text itself", status: .usage)
    }
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

extension TextOptions {
  private func corpus(
    knowing vocabulary: Vocabulary, of path: String, validationFraction: Double
  ) throws -> Corpus {
    do {
      let corpus = try Corpus(
        paths: text, fileExtension: fileExtension, vocabulary: vocabulary, validationFraction: validationFraction)
      Note.byteOrderMark(in: corpus)
      return corpus
    } catch TextError.unknownSymbol(let symbol, let unit, let place, let file) {
      let fault = TextError.unknownSymbol(symbol, unit: unit, at: place, file: file)
      throw Failure(message: "\(fault) of \(path): without --vocabulary all of the text's are taken")
    }
  }
}

extension Corpus {
  /// - Parameter size: the most tokens; nil: the usual number.
  fileprivate func withPieces(_ kind: Vocabulary.Pieces.Kind, _ size: Int?) throws(Failure) -> Corpus {
    let size = size ?? (kind == .word ? 10_000 : 2000)
    // With all bytes nothing is unknown later.
    let corpus = vocabulary.unit == .byte ? ofAllBytes : self
    let symbols = corpus.vocabulary
    guard size > symbols.count else {
      throw Failure(
        message: "--vocabulary-size \(size) leaves no room for pieces: there are \(grouped(symbols.count)) different "
          + "\(symbols.symbolName)s, each of which is a token", status: .usage)
    }
    return corpus.encoded(by: corpus.learningPieces(kind, size: size))
  }

  /// The same text of bytes in a vocabulary of all bytes.
  var ofAllBytes: Corpus {
    guard let all = try? Vocabulary(unit: .byte, symbols: Array(0...255)) else { stop("bytes are a vocabulary") }
    return encoded(by: all)
  }

  func learningPieces(_ kind: Vocabulary.Pieces.Kind, size: Int) -> Vocabulary {
    vocabulary.learningPieces(kind, from: training, count: size)
  }
}

extension Vocabulary {
  /// What one token is called.
  var tokenName: String { pieces != nil ? "token" : symbolName }

  /// What one symbol is called.
  var symbolName: String { unit == .byte ? "byte" : "character" }

  /// How many tokens there are and of what kind: `65 different ones`, `2,000 of them: 65 characters and 1,935 subwords`.
  var countText: String {
    guard let pieces else { return "\(count) different ones" }
    return "\(grouped(count)) different ones, \(grouped(pieces.symbolCount)) \(symbolName)s and "
      + counted(pieces.count, pieces.kind.rawValue)
  }
}
