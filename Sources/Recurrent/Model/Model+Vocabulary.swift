internal import Storage

/// The same weights for another vocabulary: to go on with a new text from a model that knows another one.
extension Model {
  /// A model of `configuration` whose parameters are this one's. Where one belongs to a token — a row of the embedding, a
  /// column of one-hot weights, a row of a head that predicts tokens — it goes to the token of the same character or
  /// piece; what belongs to new ones is drawn afresh.
  ///
  /// - Parameters:
  ///   - vocabulary: of the new model. Characters are the same where symbol and unit are, or below U+0080.
  ///   - initialization: how what is new is drawn.
  ///   - seed: of what is drawn.
  /// - Returns: the model, and how many of its tokens are new.
  /// - Precondition: both models work on text, this one has a vocabulary.
  /// - Throws: `PlanError` where the parameters would not fit into memory.
  public func adapted(
    to vocabulary: Vocabulary, initialization: Initialization = .pytorch, seed: UInt64
  ) throws(PlanError) -> (model: Model<S>, newTokens: Int) {
    guard let known = self.vocabulary, configuration.input.vocabularySize != nil else {
      stop("a model without a vocabulary cannot be adapted to another")
    }
    var adapted = configuration
    let predictsTokens = configuration.head != .none && configuration.outputSize == known.count
    switch configuration.input {
    case .oneHot: adapted.input = .oneHot(vocabularySize: vocabulary.count)
    case .embedding(_, let size): adapted.input = .embedding(vocabularySize: vocabulary.count, size: size)
    case .features, .vectors: stop("a model of \(configuration.input) reads no characters")
    }
    if predictsTokens { adapted.outputSize = vocabulary.count }
    var model = try Model(adapted, initialization: initialization, seed: seed, vocabulary: vocabulary)
    model.annotations = annotations
    // The token here of each token there: by what they stand for.
    var places: [[UInt32]: Int] = [:]
    for token in 0..<known.count { places[known.symbols(of: Int32(token))] = token }
    let sources = (0..<vocabulary.count).map { token in
      let symbols = vocabulary.symbols(of: Int32(token))
      return known.unit == vocabulary.unit || symbols.allSatisfy { $0 < 0x80 } ? places[symbols] : nil
    }
    for entry in model.table.entries {
      guard let source = table[entry.name] else { stop("the models differ in \(entry.name)") }
      let isByRow = entry.name == "embedding.weight" || (predictsTokens && entry.name.hasPrefix("linear."))
      let isByColumn = configuration.isInputGathered && entry.name.hasPrefix("rnn.weight_ih_l0")
      if !isByRow, !isByColumn {
        model.block.replaceSubrange(
          entry.offset..<entry.offset + entry.count, with: block[source.offset..<source.offset + source.count])
        continue
      }
      let rows = isByRow ? 1 : entry.shape[0]
      let width = isByRow ? entry.count / vocabulary.count : 1
      for row in 0..<rows {
        for (token, place) in sources.enumerated() {
          guard let place else { continue }
          let target = entry.offset + (row * vocabulary.count + token) * width
          let start = source.offset + (row * known.count + place) * width
          for index in 0..<width { model.block[target + index] = block[start + index] }
        }
      }
    }
    return (model, sources.count { $0 == nil })
  }
}
