/// What is dropped or kept at random in training.
extension ModelConfiguration {
  /// Whether anything is random in training.
  var isRandom: Bool {
    headDropout > 0 || (dropout > 0 && (layerCount > 1 || blocks != nil)) || recurrentDropout > 0 || weightDropout > 0
      || embeddingDropout > 0 || zoneout.isActive
  }

  /// What is wrong with dropping weights and tokens; nil: nothing.
  package var maskFault: String? {
    if weightDropout > 0, cell.structure.recurrentProduct == .none {
      return "a weight dropout of \(weightDropout) needs a recurrent matrix; \(cell.name) has none"
    }
    if weightDropout > 0, ranks != nil {
      return "a weight dropout of \(weightDropout) is for whole matrices, not of low rank"
    }
    guard embeddingDropout > 0 else { return nil }
    if case .embedding = input { return nil }
    return "an embedding dropout of \(embeddingDropout) needs an embedding of tokens"
  }
}
