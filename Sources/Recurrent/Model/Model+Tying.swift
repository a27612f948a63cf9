extension ModelConfiguration {
  /// Why the head cannot have the embedding's table; nil: it can, or does not.
  var tyingFault: String? {
    guard tiesEmbedding else { return nil }
    guard case .embedding(let vocabularySize, let size) = input else {
      return "a tied embedding needs tokens that are embedded"
    }
    if head != .everyStep { return "a tied embedding needs a head at every step" }
    if outputSize != vocabularySize {
      return "a tied embedding of \(vocabularySize) tokens needs as many outputs, got \(outputSize)"
    }
    if headInputSize != size {
      return "a tied embedding of \(size) numbers needs a head that reads as many units, got \(headInputSize)"
    }
    return nil
  }
}

extension Model {
  /// The same model with an embedding and a head of their own, both as they are: for what treats them apart. A model whose embedding is not
  /// tied is returned as it is.
  /// - Throws: `PlanError` where the parameters would not fit into memory.
  public func untied() throws(PlanError) -> Model {
    guard configuration.tiesEmbedding else { return self }
    var configuration = configuration
    configuration.tiesEmbedding = false
    var model = try Model(configuration, seed: 0, vocabulary: vocabulary)
    model.annotations = annotations
    for entry in model.table.entries { model[parameter: entry.name] = self[parameter: entry.name] }
    return model
  }
}
