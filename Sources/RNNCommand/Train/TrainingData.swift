import Recurrent

/// The text in windows, to train on and to validate with.
struct TrainingData {
  enum Validation {
    case none
    case streams(TokenStreams)
    /// Too short for a window of every stream: read as one sequence.
    case sequence([Int32])
  }

  let shape: BatchShape
  let training: TokenStreams
  let validation: Validation
  /// One window: whether a model can be saved is tried on it.
  let probe: TokenStreams

  /// - Throws: `TextError.tooShort`.
  init(_ corpus: Corpus, _ shape: BatchShape) throws(TextError) {
    self.shape = shape
    training = try shape.streams(corpus.training)
    probe = try shape.streams(Array(corpus.training.prefix(shape.batchSize * shape.sequenceLength + 1)))
    if corpus.validation.count < 2 {
      validation = .none
    } else if let streams = try? shape.streams(corpus.validation) {
      validation = .streams(streams)
    } else {
      validation = .sequence(corpus.validation)
    }
  }
}

extension BatchShape {
  fileprivate func streams(_ tokens: [Int32]) throws(TextError) -> TokenStreams {
    try TokenStreams(tokens, batchSize: batchSize, sequenceLength: sequenceLength)
  }
}
