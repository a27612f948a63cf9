internal import Kernels

/// What the sequences of a batch in shards start from, as a value.
extension Engine {
  /// What all sequences of the whole batch start from.
  func savedStart(_ tree: GradientTree) -> SavedStart {
    var state = RecurrentState<S>(zerosFor: plan.configuration, batchSize: tree.batchSize)
    var isFresh: [Bool] = []
    for shard in 0..<tree.share.count {
      let part = tree.part(ofShard: shard)
      beginShard(part)
      let start = savedStart()
      state.replace(from: part.first, by: start.state)
      isFresh += start.isFresh
    }
    return SavedStart(state: state, isFresh: isFresh)
  }

  /// Lets all sequences of the whole batch start from there.
  func restore(_ tree: GradientTree, _ start: SavedStart) {
    require(
      start.state.batchSize == tree.batchSize,
      "expected a state of \(tree.batchSize) sequences, got \(start.state.batchSize)")
    for shard in 0..<tree.share.count {
      let part = tree.part(ofShard: shard)
      let sequences = Array(part.first..<part.first + part.count)
      restore(SavedStart(state: start.state.selecting(sequences), isFresh: sequences.map { start.isFresh[$0] }))
      endShard(part)
    }
  }
}

extension RecurrentState {
  /// Puts the state of other sequences in the place of some of these.
  fileprivate mutating func replace(from first: Int, by other: RecurrentState) {
    for part in 0..<partCount {
      for recurrence in 0..<recurrenceCount {
        for sequence in 0..<other.batchSize {
          values.replaceSubrange(
            range(part, recurrence, first + sequence), with: other.values[other.range(part, recurrence, sequence)])
        }
      }
    }
  }
}
