import Recurrent

extension Model<Float> {
  /// Loads a model that predicts the next character.
  /// - Throws: `CheckpointError`; `Failure` where it is a model of another kind, or its weights are not finite.
  static func forText(at path: String) throws -> (model: Model<Float>, vocabulary: Vocabulary) {
    let model = try Model<Float>(contentsOf: path)
    let configuration = model.configuration
    guard let vocabulary = model.vocabulary, configuration.input.vocabularySize == configuration.outputSize,
      configuration.head == .everyStep
    else { throw Failure(message: "\(path) is no model of text: it does not predict the next character") }
    try NonFinite.refuse(model, path)
    return (model, vocabulary)
  }
}
