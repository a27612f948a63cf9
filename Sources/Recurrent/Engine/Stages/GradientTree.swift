internal import Kernels

/// The gradients of the shards of a batch, summed in a binary tree; and what is kept of each shard between two steps.
struct GradientTree: Sendable {
  let share: ShardShare
  /// N of the whole batch.
  let batchSize: Int
  /// [parameters] each: the sums that wait for their right sibling, at last this process's subtrees.
  private let waiting: [Region]
  /// For each own shard how many sums wait when its gradient comes, and how many pairs become one by it.
  private let arrivals: [(waiting: Int, merges: Int)]
  /// [S, 2] where in the sums the loss and the weight of each shard stand.
  let figures: Int
  /// [N, S·H] of each recurrence: the state before the next step, of every sequence.
  let states: [Region]
  /// [N] where in the indices it stands whether a sequence starts from the trained initial state.
  let isFresh: Int
  /// What other processes are sent, and send, of each part of the gradient; empty: there are none.
  let transfers: [GradientTransfers]
  /// The same of the losses of shards.
  let figureTransfers: GradientTransfers.Pieces

  /// Reserves what the tree needs; nil for one shard, which needs nothing.
  /// - Parameters:
  ///   - stateColumns: of the recurrences' states.
  ///   - gradients: the block that gradients are computed in.
  init?(
    _ share: ShardShare, _ parts: [GradientPart], batchSize: Int, stateColumns: [Int], gradients: Region,
    _ arenas: inout ArenaLayout
  ) {
    guard share.count > 1 else { return nil }
    (self.share, self.batchSize) = (share, batchSize)
    let count = gradients.columns
    let (merges, deepest) = ShardShare.merges(of: share.own.map { $0..<$0 + 1 })
    let waiting = (0..<deepest).map { level in
      Region(
        offset: arenas.scalars("sum of shards \(level + 1)", .gradients, [count], count: count), rows: 1, columns: count
      )
    }
    var top = 0
    arrivals = merges.map { merges in
      defer { top += 1 - merges }
      return (top, merges)
    }
    let figures = arenas.sums("losses of shards", .workspace, [share.count, 2])
    states = stateColumns.indices.map {
      arenas.matrix("recurrence \($0) states of shards", .workspace, batchSize, stateColumns[$0])
    }
    isFresh = arenas.integers("fresh sequences of shards", .workspace, [batchSize])
    transfers =
      share.rankCount == 1
      ? []
      : parts.map { part in
        GradientTransfers(
          share, waiting: waiting.map { $0.columns(part.columns) }, gradients: gradients.columns(part.columns), &arenas)
      }
    (self.waiting, self.figures) = (waiting, figures)
    figureTransfers = GradientTransfers.Pieces(ofFigures: share, from: figures)
  }

  /// The sequences of a shard.
  func part(ofShard shard: Int) -> BatchPart {
    let count = batchSize / share.count
    return BatchPart(first: shard * count, count: count, whole: batchSize)
  }

  /// Whether parts of the gradient are exchanged while others are computed.
  var travelsInParts: Bool { transfers.count > 1 }
  /// Whether what goes to all are means, and not sums.
  var sendsMeans: Bool { !travelsInParts && share.exchange == .full }

  // MARK: Sums

  /// Calls `body` with what is done with some columns of the gradient of a shard of this process, one after the other. A worker has
  /// the same columns in all of it.
  func forEachSum(
    afterShard shard: Int, of gradients: Region, columns: Range<Int>, _ body: (GradientSum) -> Void
  ) {
    let arrival = arrivals[shard - share.own.lowerBound]
    let gradients = gradients.columns(columns)
    func waiting(_ index: Int) -> Region { self.waiting[index].columns(columns) }
    if share.exchange == .bfloat16 { body(.round(gradients)) }
    guard arrival.merges > 0 else { return body(.copy(gradients, to: waiting(arrival.waiting))) }
    body(add(gradients, to: waiting(arrival.waiting - 1)))
    for right in (arrival.waiting - arrival.merges + 1..<arrival.waiting).reversed() {
      body(add(waiting(right), to: waiting(right - 1)))
    }
  }

  /// The same with what comes from other processes: up to what they are sent of the whole sum.
  /// - Parameter factor: what that is multiplied by; of a sum that is packed it is to be 1.
  func forEachSum(of transfers: GradientTransfers, factor: Double, _ body: (GradientSum) -> Void) {
    for unpacking in transfers.unpacking { body(unpacking) }
    for merge in transfers.merges { body(add(transfers.nodes[merge.right], to: transfers.nodes[merge.left])) }
    if let root = transfers.packedRoot {
      body(.pack(transfers.nodes[0], to: root))
    } else {
      body(.scale(transfers.nodes[0], by: factor, to: transfers.slice))
    }
  }

  private func add(_ source: Region, to target: Region) -> GradientSum {
    .add(source, to: target, rounds: share.exchange == .bfloat16)
  }

  /// What the sum of all shards becomes, where no other process has a part in it.
  func mean(_ factor: Double, _ gradients: Region) -> GradientSum { .scale(waiting[0], by: factor, to: gradients) }
}

/// What is done in a call with sums of gradients, blocks of lines of 16: plain values for the workers.
enum GradientSum: Sendable, BitwiseCopyable {
  case copy(Region, to: Region)
  case add(Region, to: Region, rounds: Bool)
  case scale(Region, by: Double, to: Region)
  /// To bfloat16.
  case round(Region)
  /// To bfloat16 in half as many places, and back.
  case pack(Region, to: Region)
  case unpack(Region, to: Region)

  /// A worker's share.
  func perform<S: Scalar>(_ call: Call, in memory: Memory<S>) {
    switch self {
    case .copy(let source, let target):
      let columns = Self.columns(of: source, call)
      memory.copy(source.columns(columns), to: target.columns(columns))
    case .add(let source, let target, let rounds):
      let columns = Self.columns(of: source, call)
      memory.add(source.columns(columns), to: target.columns(columns))
      if rounds { memory.roundToBFloat16(target.columns(columns)) }
    case .scale(let source, let factor, let target):
      let columns = Self.columns(of: source, call)
      memory.scale(source.columns(columns), by: factor, into: target.columns(columns))
    case .round(let block): memory.roundToBFloat16(block.columns(Self.columns(of: block, call)))
    case .pack(let source, let packed):
      let columns = Self.columns(of: source, call)
      memory.packBFloat16(source.columns(columns), to: packed.columns(GradientTransfers.packed(columns)))
    case .unpack(let packed, let target):
      let columns = Self.columns(of: target, call)
      memory.unpackBFloat16(packed.columns(GradientTransfers.packed(columns)), to: target.columns(columns))
    }
  }

  private static func columns(of block: Region, _ call: Call) -> Range<Int> {
    let lines = call.share(of: block.columns / 16)
    return lines.lowerBound * 16..<lines.upperBound * 16
  }
}
