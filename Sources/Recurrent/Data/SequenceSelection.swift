internal import Storage

/// Whole data sets in one input or target, of which batches are taken.
extension ModelInput {
  /// Of each sequence its length; of one array each the elements, I for each step.
  var sizes: [Int] {
    switch content {
    case .tokenSequences(let tokens): tokens.lengths
    case .vectorSequences(let vectors): vectors.lengths
    case .vectorLists(let lists): lists.map(\.count)
    case .tokens, .vectors, .window:
      stop("flat arrays do not say where sequences begin: expected one array for each sequence, or Sequences")
    }
  }

  /// Some of the sequences, in this order.
  func selecting(_ sequences: [Int]) -> ModelInput {
    switch content {
    case .tokenSequences(let tokens): .tokens(tokens.selecting(sequences))
    case .vectorSequences(let vectors): .vectors(vectors.selecting(sequences))
    case .vectorLists(let lists): .vectors(sequences.map { lists[$0] })
    case .tokens, .vectors, .window: stop("expected one array for each sequence, or Sequences")
    }
  }
}

extension ModelTarget {
  /// Stops unless these are the targets of so many sequences.
  func check(sequences count: Int) {
    let own: Int
    switch content {
    case .classes(let classes): own = classes.count
    case .values(let values):
      require(
        count > 0 && !values.isEmpty && values.count.isMultiple(of: count),
        "flat values are [N, O] of \(count) sequences, got \(values.count)")
      own = count
    case .classSequences(let classes): own = classes.count
    case .valueSequences(let values): own = values.count
    case .valueLists(let lists): own = lists.count
    case .labels(let labels): own = labels.count
    case .window: stop("a window of streams is no target of \(count) sequences")
    }
    require(own == count, "expected targets of \(count) sequences, got \(own)")
    if let weights { require(weights.count == count, "expected \(count) weights, got \(weights.count)") }
  }

  /// Those of some of `count` sequences, in this order. Flat arrays have one class, or O values, for each sequence.
  func selecting(_ sequences: [Int], of count: Int) -> ModelTarget {
    let weights = weights.map { weights in sequences.map { weights[$0] } }
    switch content {
    case .classes(let classes): return .classes(sequences.map { classes[$0] }, weights: weights)
    case .values(let values):
      let width = values.count / count
      return .values(sequences.flatMap { values[$0 * width..<($0 + 1) * width] }, weights: weights)
    case .classSequences(let classes): return .classes(classes.selecting(sequences), weights: weights)
    case .valueSequences(let values): return .values(values.selecting(sequences), weights: weights)
    case .valueLists(let lists): return .values(sequences.map { lists[$0] }, weights: weights)
    case .labels(let labels): return .labels(sequences.map { labels[$0] }, weights: weights)
    case .window: stop("a window of streams is no target of sequences")
    }
  }
}
