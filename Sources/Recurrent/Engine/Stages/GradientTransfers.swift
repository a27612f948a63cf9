internal import Kernels

/// How the sums of several processes' shards become one gradient. Each process finishes the tree for a slice of it: it
/// receives its slice of each of the others' subtrees, adds them up in the order of the tree, and sends the mean to all.
struct GradientTransfers: Sendable {
  /// Of this process: its slice of each of all subtrees, in the order of their shards.
  let nodes: [Region]
  /// In their order; the sum stands where its left part stood.
  let merges: [(left: Int, right: Int)]
  /// The slice of the gradient that this process finishes.
  let slice: Region

  /// What goes out and comes in, in bytes of the engine's memory or, of figures, of its sums.
  struct Pieces: Sendable {
    var sending: [TransferPiece] = []
    var receiving: [TransferPiece] = []
  }

  private(set) var figures = Pieces()
  private(set) var sums = Pieces()
  private(set) var means = Pieces()

  /// Reserves memory for what comes from the others.
  /// - Parameters:
  ///   - waiting: where this process's own subtrees are.
  ///   - figures: where in the sums the two figures of each shard stand.
  init(
    _ share: ShardShare, waiting: [Region], gradients: Region, figures place: Int, _ arenas: inout ArenaLayout
  ) {
    let others = (0..<share.rankCount).filter { $0 != share.rank }
    let lines = gradients.columns / 16
    func slice(ofRank rank: Int) -> Range<Int> {
      lines * rank / share.rankCount * 16..<lines * (rank + 1) / share.rankCount * 16
    }
    func bytes(_ region: Region) -> Range<Int> {
      region.offset * arenas.scalarBytes..<(region.offset + region.columns) * arenas.scalarBytes
    }
    let own = slice(ofRank: share.rank)
    self.slice = gradients.columns(own)
    let subtrees = (0..<share.rankCount).map { share.subtrees(ofRank: $0) }
    var nodes: [Region] = []
    for rank in 0..<share.rankCount {
      for index in subtrees[rank].indices {
        if rank == share.rank {
          nodes.append(waiting[index].columns(own))
        } else {
          let place = arenas.scalars("sum from rank \(rank)", .gradients, [own.count], count: own.count)
          nodes.append(Region(offset: place, rows: 1, columns: own.count))
          sums.receiving.append(TransferPiece(rank: rank, bytes: bytes(nodes[nodes.count - 1])))
        }
      }
    }
    self.nodes = nodes
    var stack: [Int] = []
    var merges: [(left: Int, right: Int)] = []
    for (node, count) in ShardShare.merges(of: subtrees.flatMap(\.self)).merges.enumerated() {
      stack.append(node)
      for _ in 0..<count {
        let right = stack.removeLast()
        merges.append((stack[stack.count - 1], right))
      }
    }
    self.merges = merges
    for rank in others {
      for index in subtrees[share.rank].indices {
        sums.sending.append(
          TransferPiece(rank: rank, bytes: bytes(waiting[index].columns(slice(ofRank: rank)))))
      }
      means.sending.append(TransferPiece(rank: rank, bytes: bytes(gradients.columns(own))))
      means.receiving.append(TransferPiece(rank: rank, bytes: bytes(gradients.columns(slice(ofRank: rank)))))
      figures.sending.append(TransferPiece(rank: rank, bytes: Self.figures(share.own, from: place)))
      figures.receiving.append(
        TransferPiece(rank: rank, bytes: Self.figures(share.shards(ofRank: rank), from: place)))
    }
  }

  private static func figures(_ shards: Range<Int>, from place: Int) -> Range<Int> {
    let size = MemoryLayout<Double>.stride
    return (place + 2 * shards.lowerBound) * size..<(place + 2 * shards.upperBound) * size
  }
}
