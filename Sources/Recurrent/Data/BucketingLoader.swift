internal import Storage

/// Puts sequences of similar lengths into the same batch, so that few rows of a batch end long before the others.
///
/// In each epoch the sequences are shuffled and cut into pools of several batches; each pool is sorted by length, cut into
/// batches, and the batches of all pools are shuffled (bucketing as in Khomenko et al. 2016, "Accelerating recurrent neural
/// network training using sequence bucketing and multi-GPU data parallelization"). A pool of one batch is plain shuffling;
/// one pool of everything wastes least, but sequences of the same length then meet in every epoch.
///
///     let loader = BucketingLoader(lengths: sequences.map(\.count), batchSize: 16, seed: 1)
///     for epoch in 0..<10 {
///       for batch in loader.batches(epoch: epoch) { … sequences[batch[0]] … }
///     }
public struct BucketingLoader: Sendable, Hashable {
  /// Of each sequence, in steps.
  public let lengths: [Int]
  /// N: sequences of a batch. One batch of an epoch may have fewer.
  public let batchSize: Int
  /// Batches that are sorted together.
  public let poolSize: Int
  /// Decides, with the number of the epoch, the order.
  public let seed: UInt64

  /// - Precondition: lengths are at least 0, batch size and pool size at least 1.
  public init(lengths: [Int], batchSize: Int, poolSize: Int = 8, seed: UInt64) {
    require(batchSize >= 1, "batch size must be 1 or more, got \(batchSize)")
    require(poolSize >= 1, "pool size must be 1 or more, got \(poolSize)")
    require(lengths.allSatisfy { $0 >= 0 }, "lengths must be 0 or more, got \(lengths.min() ?? 0)")
    self.lengths = lengths
    self.batchSize = batchSize
    self.poolSize = poolSize
    self.seed = seed
  }

  /// Batches in an epoch.
  public var batchCount: Int { lengths.count / batchSize + (lengths.count % batchSize > 0 ? 1 : 0) }

  /// The batches of an epoch: every index into `lengths` exactly once. The same seed and epoch give the same batches.
  public func batches(epoch: Int) -> [[Int]] {
    // Two words of the seed's own sequence keep neighbouring epochs, and seeds, apart.
    var generator = SeededGenerator(seed: seed)
    generator = SeededGenerator(seed: generator.next() ^ UInt64(bitPattern: Int64(epoch)))
    var indices = Array(lengths.indices)
    indices.shuffle(using: &generator)
    var batches: [[Int]] = []
    batches.reserveCapacity(batchCount)
    // Sizes beyond the number of sequences mean all of them; their product must not overflow.
    let size = min(batchSize, max(1, indices.count))
    let (product, overflow) = size.multipliedReportingOverflow(by: poolSize)
    let pooled = overflow ? size * batchCount : product
    for start in stride(from: 0, to: indices.count, by: pooled) {
      // Equal lengths stay in the shuffled order: the sort is stable.
      let pool = indices[start...].prefix(pooled).sorted { lengths[$0] < lengths[$1] }
      for first in stride(from: 0, to: pool.count, by: size) { batches.append(Array(pool[first...].prefix(size))) }
    }
    batches.shuffle(using: &generator)
    return batches
  }

  /// The share of the places [longest length, N] of `batches` that hold no step: what padding would waste. In 0..<1; 0
  /// where all sequences of each batch are equally long.
  public func paddedShare(of batches: [[Int]]) -> Double {
    var places = 0
    var steps = 0
    for batch in batches {
      for index in batch {
        require(lengths.indices.contains(index), "expected sequences in 0..<\(lengths.count), got \(index)")
      }
      places += (batch.map { lengths[$0] }.max() ?? 0) * batch.count
      steps += batch.reduce(0) { $0 + lengths[$1] }
    }
    return places == 0 ? 0 : 1 - Double(steps) / Double(places)
  }
}
