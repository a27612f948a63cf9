import Recurrent

extension Model<Float> {
  /// Loads a model that predicts the next token of a text.
  /// - Throws: `CheckpointError`; `Failure` where it is a model of another kind, or its weights are not finite.
  static func forText(at path: String) throws -> (model: Model<Float>, vocabulary: Vocabulary) {
    try forText(SafetensorsFile(path: path))
  }

  /// The same of a file that is open: a pipe can be read once.
  static func forText(_ file: SafetensorsFile) throws -> (model: Model<Float>, vocabulary: Vocabulary) {
    try ModelUse.requireNetwork(file)
    let (path, model) = (file.file, try Model<Float>(file))
    let configuration = model.configuration
    guard let vocabulary = model.vocabulary, configuration.input.vocabularySize == configuration.outputSize,
      configuration.head == .everyStep
    else { throw Failure(message: "\(path) is no model of text: it does not predict the next character") }
    try NonFinite.refuse(model, path)
    return (model, vocabulary)
  }
}
