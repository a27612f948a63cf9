internal import Kernels

/// What a decoder looks at.
extension SequenceDecoder {
  /// The weights with which each step of a target attends to the steps of its source, as training feeds the decoder:
  /// [tokens + 1][source], the step that says the end the last. Each row's weights sum up to 1.
  /// - Parameters:
  ///   - source: 1 step or more.
  ///   - target: without start and end.
  /// - Precondition: the model has attention, and takes and gives tokens.
  public mutating func attentionWeights(of source: [Int32], target: [Int32]) -> [[S]] {
    guard let marks else { stop("the decoder's steps are vectors, which nothing says before") }
    guard let attention = decoder.plan.attention else { stop("the model has no attention") }
    require(!source.isEmpty, "expected a source of 1 step or more, got none")
    encode(encoder.setTokens(Sequences([source])))
    for row in tokens.indices { tokens[row] = marks.start }
    var weights: [[S]] = []
    for step in 0...target.count {
      let rows = decoder.setTokens(tokens.span)
      decoder.perform(.forward, rows)
      weights.append(decoder.memory.array(attention.probabilities.row(0).columns(0..<source.count)))
      guard step < target.count else { break }
      for row in tokens.indices { tokens[row] = target[step] }
      decoder.carryState(after: rows)
    }
    return weights
  }
}
