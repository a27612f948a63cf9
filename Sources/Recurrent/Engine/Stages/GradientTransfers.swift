internal import Kernels

/// How the sums of several processes' shards become one gradient, or a part of it. Each process finishes the tree for a slice of
/// it: it receives its slice of each of the others' subtrees, adds them up in the order of the tree, and sends the mean to all, or
/// where the weight of the batch is not known yet the sum.
///
/// Where they are exchanged in bfloat16 sums are packed before they are sent. Then it is the sum that goes to all, which is
/// such a number as the mean is not.
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

    init() {}

    /// Of the two figures of each shard, which everybody gets.
    init(ofFigures share: ShardShare, from place: Int) {
      func bytes(_ shards: Range<Int>) -> Range<Int> {
        let size = MemoryLayout<Double>.stride
        return (place + 2 * shards.lowerBound) * size..<(place + 2 * shards.upperBound) * size
      }
      for rank in 0..<share.rankCount where rank != share.rank {
        sending.append(TransferPiece(rank: rank, bytes: bytes(share.own)))
        receiving.append(TransferPiece(rank: rank, bytes: bytes(share.shards(ofRank: rank))))
      }
    }
  }

  private(set) var sums = Pieces()
  /// The means, or whole sums.
  private(set) var means = Pieces()

  /// Before the sums are sent: what is sent of them.
  private(set) var packing: [GradientSum] = []
  /// When they have come.
  private(set) var unpacking: [GradientSum] = []
  /// [parameters / 2] where the whole sum goes in bfloat16, and this process's slice of it; nil: it is not packed.
  private(set) var packedSum: Region?
  private(set) var packedRoot: Region?

  /// Places of such columns, packed.
  static func packed(_ columns: Range<Int>) -> Range<Int> { columns.lowerBound / 2..<columns.upperBound / 2 }

  /// Reserves memory for what comes from the others.
  /// - Parameters:
  ///   - waiting: where this process's own subtrees are.
  ///   - gradients: where the means, or sums, of all are to stand.
  init(_ share: ShardShare, waiting: [Region], gradients: Region, _ arenas: inout ArenaLayout) {
    let others = (0..<share.rankCount).filter { $0 != share.rank }
    let lines = gradients.columns / 16
    func slice(ofRank rank: Int) -> Range<Int> {
      lines * rank / share.rankCount * 16..<lines * (rank + 1) / share.rankCount * 16
    }
    func bytes(_ region: Region) -> Range<Int> {
      region.offset * arenas.scalarBytes..<(region.offset + region.columns) * arenas.scalarBytes
    }
    let packs = share.exchange == .bfloat16
    // Of own subtrees in bfloat16; when they are sent the first becomes the place of the whole sum.
    let packedSubtrees: [Region] =
      !packs
      ? []
      : share.subtrees(ofRank: share.rank).indices.map { index in
        let count = gradients.columns / 2
        return Region(
          offset: arenas.scalars("sum \(index + 1) in bfloat16", .gradients, [count], count: count), rows: 1,
          columns: count)
      }
    /// A part of a subtree's sum as it is sent.
    func sent(_ index: Int, _ columns: Range<Int>) -> Region {
      packs ? packedSubtrees[index].columns(Self.packed(columns)) : waiting[index].columns(columns)
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
          let node = nodes[nodes.count - 1]
          guard packs else {
            sums.receiving.append(TransferPiece(rank: rank, bytes: bytes(node)))
            continue
          }
          let count = own.count / 2
          let packed = Region(
            offset: arenas.scalars("sum from rank \(rank) in bfloat16", .gradients, [count], count: count), rows: 1,
            columns: count)
          sums.receiving.append(TransferPiece(rank: rank, bytes: bytes(packed)))
          unpacking.append(.unpack(packed, to: node))
        }
      }
    }
    self.nodes = nodes
    if packs { (packedSum, packedRoot) = (packedSubtrees[0], sent(0, own)) }
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
        let columns = slice(ofRank: rank)
        if packs { packing.append(.pack(waiting[index].columns(columns), to: sent(index, columns))) }
        sums.sending.append(TransferPiece(rank: rank, bytes: bytes(sent(index, columns))))
      }
      func mean(_ columns: Range<Int>) -> Region { packs ? sent(0, columns) : gradients.columns(columns) }
      means.sending.append(TransferPiece(rank: rank, bytes: bytes(mean(own))))
      means.receiving.append(TransferPiece(rank: rank, bytes: bytes(mean(slice(ofRank: rank)))))
    }
  }

  /// What becomes of the whole sum, which is there in bfloat16.
  func unpackSum(_ gradients: Region) -> GradientSum? { packedSum.map { .unpack($0, to: gradients) } }
}
