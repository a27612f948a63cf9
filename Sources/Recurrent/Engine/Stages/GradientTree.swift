internal import Kernels

/// The gradients of the shards of a batch, summed in a binary tree; and what is kept of each shard between two steps.
struct GradientTree: Sendable {
  let share: ShardShare
  /// N of the whole batch.
  let batchSize: Int
  /// [parameters] each: the sums that wait for their right sibling, at last this process's subtrees.
  private let waiting: [Region]
  /// What happens to the sums after each own shard.
  private let additions: [GradientSum]
  /// [S, 2] where in the sums the loss and the weight of each shard stand.
  let figures: Int
  /// [N, S·H] of each recurrence: the state before the next step, of every sequence.
  let states: [Region]
  /// [N] where in the indices it stands whether a sequence starts from the trained initial state.
  let isFresh: Int
  /// What other processes are sent, and send; nil: there are none.
  let transfers: GradientTransfers?

  /// Reserves what the tree needs; nil for one shard, which needs nothing.
  /// - Parameters:
  ///   - states: shapes of the recurrences' states.
  ///   - gradients: the block that gradients are computed in.
  init?(
    _ share: ShardShare, batchSize: Int, stateColumns: [Int], gradients: Region, _ arenas: inout ArenaLayout
  ) {
    guard share.count > 1 else { return nil }
    (self.share, self.batchSize) = (share, batchSize)
    let count = gradients.columns
    let (merges, deepest) = ShardShare.merges(of: share.own.map { $0..<$0 + 1 })
    waiting = (0..<deepest).map { level in
      Region(
        offset: arenas.scalars("sum of shards \(level + 1)", .gradients, [count], count: count), rows: 1, columns: count
      )
    }
    var top = 0
    additions = merges.map { merges in
      defer { top += 1 - merges }
      return .addition(top: top, merges: merges)
    }
    figures = arenas.sums("losses of shards", .workspace, [share.count, 2])
    states = stateColumns.indices.map {
      arenas.matrix("recurrence \($0) states of shards", .workspace, batchSize, stateColumns[$0])
    }
    isFresh = arenas.integers("fresh sequences of shards", .workspace, [batchSize])
    transfers =
      share.rankCount == 1
      ? nil : GradientTransfers(share, waiting: waiting, gradients: gradients, figures: figures, &arenas)
  }

  /// What is done with the gradient of a shard of this process.
  func addition(ofShard shard: Int) -> GradientSum { additions[shard - share.own.lowerBound] }

  /// The sequences of a shard.
  func part(ofShard shard: Int) -> BatchPart {
    let count = batchSize / share.count
    return BatchPart(first: shard * count, count: count, whole: batchSize)
  }

  // MARK: Sums

  /// A worker's share of a sum.
  func perform<S: Scalar>(_ sum: GradientSum, _ gradients: Region, _ call: Call, in memory: Memory<S>) {
    switch sum {
    case .addition(let top, let merges):
      let columns = Self.columns(of: gradients, call)
      guard merges > 0 else { return memory.copy(gradients.columns(columns), to: waiting[top].columns(columns)) }
      memory.add(gradients.columns(columns), to: waiting[top - 1].columns(columns))
      for level in 1..<merges {
        memory.add(waiting[top - level].columns(columns), to: waiting[top - 1 - level].columns(columns))
      }
    case .mean(let factor):
      guard let transfers else {
        let columns = Self.columns(of: gradients, call)
        return memory.scale(waiting[0].columns(columns), by: factor, into: gradients.columns(columns))
      }
      let columns = Self.columns(of: transfers.slice, call)
      for merge in transfers.merges {
        memory.add(transfers.nodes[merge.right].columns(columns), to: transfers.nodes[merge.left].columns(columns))
      }
      memory.scale(transfers.nodes[0].columns(columns), by: factor, into: transfers.slice.columns(columns))
    }
  }

  /// Lines of 16, of a block that consists of such.
  private static func columns(of region: Region, _ call: Call) -> Range<Int> {
    let lines = call.share(of: region.columns / 16)
    return lines.lowerBound * 16..<lines.upperBound * 16
  }
}

/// What is done with sums of gradients in a call.
enum GradientSum: Sendable, BitwiseCopyable {
  /// The gradient is put on top of the sums that wait, of which there are `top`; then as many times the two on top become
  /// one.
  case addition(top: Int, merges: Int)
  /// The sum over all shards, times a factor, becomes the gradient: all of it, or this process's slice.
  case mean(factor: Double)
}
