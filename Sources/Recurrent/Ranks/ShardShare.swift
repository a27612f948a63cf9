internal import Storage

/// Which shards of a batch a process computes, and in which order their gradients are summed: in a binary tree over all
/// shards, the same whoever computes them. A sum then has the same bits for any number of processes.
struct ShardShare: Sendable, Hashable {
  /// S, a power of two.
  let count: Int
  /// Of this process, among `rankCount`.
  let rank: Int
  /// At most S.
  let rankCount: Int
  /// What sums are rounded to.
  let exchange: GradientExchange
  /// Scalars that a part of the gradient has at least where parts travel while others are computed; nil: it is exchanged at once.
  let leastTravellingPart: Int?

  init(
    count: Int, rank: Int = 0, rankCount: Int = 1, exchange: GradientExchange = .full, leastTravellingPart: Int? = nil
  ) {
    (self.count, self.rank, self.rankCount, self.exchange) = (count, rank, rankCount, exchange)
    self.leastTravellingPart = leastTravellingPart
  }

  /// Why a batch of so many sequences cannot be cut into so many shards, exchanged so; nil: it can.
  static func fault(_ count: Int, _ exchange: GradientExchange, ofBatch batchSize: Int) -> String? {
    if count < 1 || count & (count - 1) != 0 { return "shards are 1, 2, 4, 8 or another power of two, got \(count)" }
    if !batchSize.isMultiple(of: count) {
      return "\(count) shards need a batch of a multiple of \(count) sequences, got \(batchSize)"
    }
    return exchange.fault(ofShards: count)
  }

  /// Of a process of a communicator.
  /// - Precondition: there is a shard for each process.
  init(count: Int, exchange: GradientExchange, over communicator: (any Communicator)?) {
    let ranks = communicator?.count ?? 1
    require(ranks <= count, "expected at least a shard for each of \(ranks) processes, got \(count) shards")
    self.init(
      count: count, rank: communicator?.rank ?? 0, rankCount: ranks, exchange: exchange,
      leastTravellingPart: ranks > 1 ? communicator?.leastTravellingPart : nil)
  }

  /// The same, but the gradient is not exchanged in parts.
  var atOnce: ShardShare { ShardShare(count: count, rank: rank, rankCount: rankCount, exchange: exchange) }

  /// Those of a process: ⌊rS/P⌋ up to ⌊(r + 1)S/P⌋.
  func shards(ofRank rank: Int) -> Range<Int> { rank * count / rankCount..<(rank + 1) * count / rankCount }

  /// Those of this one.
  var own: Range<Int> { shards(ofRank: rank) }

  /// The largest subtrees that a process can sum up alone, in the order of their shards.
  func subtrees(ofRank rank: Int) -> [Range<Int>] {
    var subtrees: [Range<Int>] = []
    let shards = shards(ofRank: rank)
    var first = shards.lowerBound
    while first < shards.upperBound {
      var size = 1
      while first.isMultiple(of: 2 * size), first + 2 * size <= shards.upperBound { size *= 2 }
      subtrees.append(first..<first + size)
      first += size
    }
    return subtrees
  }

  /// Nodes that wait for their right sibling while leaves, or subtrees, come one after the other: a leaf that comes is put
  /// on top, and then as many times the two on top become one.
  /// - Returns: how often, for each; and how many nodes wait at most.
  static func merges(of subtrees: [Range<Int>]) -> (merges: [Int], deepest: Int) {
    var waiting: [Range<Int>] = []
    var deepest = 0
    let merges = subtrees.map { subtree in
      waiting.append(subtree)
      var count = 0
      while waiting.count > 1, let right = waiting.last, case let left = waiting[waiting.count - 2],
        left.count == right.count, left.lowerBound.isMultiple(of: 2 * left.count)
      {
        waiting.removeLast(2)
        waiting.append(left.lowerBound..<right.upperBound)
        count += 1
      }
      deepest = max(deepest, waiting.count)
      return count
    }
    return (merges, deepest)
  }
}
