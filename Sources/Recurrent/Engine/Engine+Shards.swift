internal import Kernels

/// What the engine keeps of the shards of a batch between their turns, and what goes to other processes.
extension Engine {
  // MARK: Starts

  /// Lets all sequences of all shards start from the trained initial state, or from 0.
  func zeroShards() {
    guard let tree = plan.update.tree else { return }
    for sequence in 0..<tree.batchSize { zeroShards(sequence) }
  }

  /// Lets one sequence of the whole batch do so.
  func zeroShards(_ sequence: Int) {
    guard let tree = plan.update.tree else { return }
    require(sequence >= 0 && sequence < tree.batchSize, "sequence \(sequence) of \(tree.batchSize)")
    for states in tree.states { memory.fill(states.row(sequence), with: 0) }
    indices[tree.isFresh + sequence] = 1
  }

  /// Makes the states of a shard those that the next call starts from.
  func beginShard(_ part: BatchPart) {
    guard let tree = plan.update.tree else { return }
    for index in tree.states.indices {
      memory.copy(
        tree.states[index].rows(part.first..<part.first + part.count),
        to: recurrence(index).states.rows(0..<part.count))
    }
    for sequence in 0..<part.count { setFresh(indices[tree.isFresh + part.first + sequence] != 0, sequence) }
  }

  /// Keeps what the next call would start from for the shard's next turn.
  func endShard(_ part: BatchPart) {
    guard let tree = plan.update.tree else { return }
    for index in tree.states.indices {
      memory.copy(
        recurrence(index).states.rows(0..<part.count),
        to: tree.states[index].rows(part.first..<part.first + part.count))
    }
    for sequence in 0..<part.count { indices[tree.isFresh + part.first + sequence] = isFresh(sequence) ? 1 : 0 }
  }

  // MARK: Sums

  func clearGradient() { memory.fill(plan.update.gradients, with: 0) }

  /// Notes the loss of a shard, summed, and its weight.
  func setFigures(_ tree: GradientTree, _ shard: Int, _ loss: Double, _ weight: Double) {
    sums[tree.figures + 2 * shard] = loss
    sums[tree.figures + 2 * shard + 1] = weight
  }

  /// The sums over all shards, in the order of the tree.
  func totalFigures(_ tree: GradientTree) -> (loss: Double, weight: Double) {
    var size = 1
    while size < tree.share.count {
      for left in stride(from: 0, to: tree.share.count, by: 2 * size) {
        for figure in 0..<2 {
          sums[tree.figures + 2 * left + figure] += sums[tree.figures + 2 * (left + size) + figure]
        }
      }
      size *= 2
    }
    return (sums[tree.figures], sums[tree.figures + 1])
  }

  /// Adds the gradient of a shard of this process to the tree, but for the parts that travel already.
  func addShard(_ tree: GradientTree, _ shard: Int) {
    let rest = 0..<plan.gradientParts[travel.readyParts].columns.upperBound
    tree.forEachSum(afterShard: shard, of: plan.update.gradients, columns: rest) { add($0) }
  }

  // MARK: Other processes

  /// Every process gets the figures of all shards.
  /// - Returns: their sums.
  func shareFigures(_ tree: GradientTree, _ communicator: (any Communicator)?) -> (loss: Double, weight: Double) {
    if let communicator, !tree.transfers.isEmpty { exchangeSums(tree.figureTransfers, communicator) }
    return totalFigures(tree)
  }

  /// Finishes the tree: what all shards add up to, over the weight of the whole batch, becomes the gradient.
  func shareGradient(_ tree: GradientTree, weight: Double, _ communicator: (any Communicator)?) {
    let (factor, gradients) = (weight == 0 ? 1 : 1 / weight, plan.update.gradients)
    guard let communicator, !tree.transfers.isEmpty else { return add(tree.mean(factor, gradients)) }
    if !tree.travelsInParts {
      let transfers = tree.transfers[0]
      for packing in transfers.packing { add(packing) }
      exchange(transfers.sums, communicator)
      tree.forEachSum(of: transfers, factor: tree.sendsMeans ? factor : 1) { add($0) }
      exchange(transfers.means, communicator)
      if tree.sendsMeans { return }
    }
    for (part, transfers) in zip(plan.gradientParts, tree.transfers) {
      if let unpacking = transfers.unpackSum(gradients.columns(part.columns)) { add(unpacking) }
    }
    add(.scale(gradients, by: factor, to: gradients))
  }

  func add(_ sum: GradientSum) { perform(.sum, writtenRows, sum: sum) }

  func exchange(_ pieces: GradientTransfers.Pieces, _ communicator: any Communicator) {
    var span = memory.mutableSpan(0, plan.arenas.scalarCount)
    var bytes = span.numberBytes
    communicator.exchange(&bytes, sending: pieces.sending, receiving: pieces.receiving)
  }

  func exchangeSums(_ pieces: GradientTransfers.Pieces, _ communicator: any Communicator) {
    var span = sums.mutableSpan(0, plan.arenas.sumCount)
    var bytes = span.numberBytes
    communicator.exchange(&bytes, sending: pieces.sending, receiving: pieces.receiving)
  }

  /// Each process tells the others what its shards' sequences start from.
  func exchangeStarts(_ tree: GradientTree, _ communicator: any Communicator) {
    let share = tree.share
    func sequences(ofRank rank: Int) -> Range<Int> {
      let shards = share.shards(ofRank: rank)
      let size = tree.batchSize / share.count
      return shards.lowerBound * size..<shards.upperBound * size
    }
    func pieces(_ place: (_ sequences: Range<Int>) -> [Range<Int>]) -> GradientTransfers.Pieces {
      var pieces = GradientTransfers.Pieces()
      for rank in 0..<share.rankCount where rank != share.rank {
        pieces.sending += place(sequences(ofRank: share.rank)).map { TransferPiece(rank: rank, bytes: $0) }
        pieces.receiving += place(sequences(ofRank: rank)).map { TransferPiece(rank: rank, bytes: $0) }
      }
      return pieces
    }
    let size = plan.arenas.scalarBytes
    exchange(
      pieces { sequences in
        tree.states.map { states in
          let rows = states.rows(sequences)
          return rows.offset * size..<(rows.offset + rows.rows * rows.stride) * size
        }
      }, communicator)
    let wordSize = MemoryLayout<Int32>.stride
    let fresh = pieces { [(tree.isFresh + $0.lowerBound) * wordSize..<(tree.isFresh + $0.upperBound) * wordSize] }
    var span = indices.mutableSpan(0, plan.arenas.indexCount)
    var bytes = span.numberBytes
    communicator.exchange(&bytes, sending: fresh.sending, receiving: fresh.receiving)
  }
}
