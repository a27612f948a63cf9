import Recurrent

/// The text in windows, to train on and to validate with.
struct TextData {
  enum Validation {
    case none
    case streams(TokenStreams)
    /// Too short for a window of every stream: read as one sequence.
    case sequence([Int32])
  }

  let shape: BatchShape
  let training: TokenStreams
  let validation: Validation

  /// - Throws: `TextError.tooShort`; `TokenFileError`.
  init(_ text: TrainingText, _ shape: BatchShape) throws {
    self.shape = shape
    training = try shape.streams(text.training)
    if text.validation.count < 2 {
      validation = .none
    } else if let streams = try? shape.streams(text.validation) {
      validation = .streams(streams)
    } else {
      validation = .sequence(try text.validation.allTokens())
    }
  }

  /// For the training loop; nil where there is nothing to validate with.
  var held: ValidationData<Float>? {
    switch validation {
    case .none: nil
    case .streams(let streams): ValidationData(streams)
    case .sequence(let tokens):
      ValidationData { trainer in
        try trainer.model().evaluate(tokens, products: trainer.settings.products).loss
      }
    }
  }
}

extension BatchShape {
  fileprivate func streams(_ tokens: TokenSource) throws(TextError) -> TokenStreams {
    try TokenStreams(tokens, batchSize: batchSize, sequenceLength: sequenceLength)
  }
}
