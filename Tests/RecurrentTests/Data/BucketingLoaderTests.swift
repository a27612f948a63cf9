import Recurrent
import Testing

struct BucketingLoaderTests {
  /// As speech is: most short, few long.
  private static func lengths(_ count: Int, seed: UInt64 = 3) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in 5 + Int(60 * generator.uniform() * generator.uniform()) }
  }

  @Test(arguments: [(0, 4), (1, 4), (4, 4), (5, 4), (270, 16), (1000, 1), (37, 100)])
  func everyIndexOnce(count: Int, batchSize: Int) {
    let loader = BucketingLoader(lengths: Self.lengths(count), batchSize: batchSize, seed: 7)
    for epoch in 0..<3 {
      let batches = loader.batches(epoch: epoch)
      #expect(batches.flatMap { $0 }.sorted() == Array(0..<count))
      #expect(batches.count == loader.batchCount)
      #expect(batches.count { $0.count != batchSize } == (count % batchSize == 0 ? 0 : 1))
      #expect(batches.allSatisfy { !$0.isEmpty })
    }
  }

  @Test func seedAndEpochDecide() {
    let lengths = Self.lengths(200)
    let first = BucketingLoader(lengths: lengths, batchSize: 8, seed: 1)
    #expect(first.batches(epoch: 4) == BucketingLoader(lengths: lengths, batchSize: 8, seed: 1).batches(epoch: 4))
    #expect(first.batches(epoch: 4) != first.batches(epoch: 5))
    #expect(first.batches(epoch: 4) != BucketingLoader(lengths: lengths, batchSize: 8, seed: 2).batches(epoch: 4))
    // Not only the order of the batches differs: a sequence meets others.
    let companions = Set((0..<20).map { Set(first.batches(epoch: $0).first { $0.contains(0) }!) })
    #expect(companions.count == 20)
  }

  @Test func poolsWasteLess() {
    let lengths = Self.lengths(2048)
    let shares = [1, 8, 128].map { poolSize in
      let loader = BucketingLoader(lengths: lengths, batchSize: 16, poolSize: poolSize, seed: 5)
      return (0..<5).map { loader.paddedShare(of: loader.batches(epoch: $0)) }.reduce(0, +) / 5
    }
    #expect(shares[1] < shares[0] && shares[2] < shares[1], "\(shares)")
    // All 2048 sorted: lengths of neighbouring batches touch, so that the waste of all batches adds up to at most 16 rows of
    // the whole range.
    let bound = Double(16 * (lengths.max()! - lengths.min()!)) / Double(lengths.reduce(0, +))
    #expect(shares[2] <= bound)
  }

  @Test func paddedShareByHand() {
    let loader = BucketingLoader(lengths: [2, 4, 4, 0], batchSize: 2, seed: 0)
    #expect(loader.paddedShare(of: [[0, 1], [2]]) == 1 - 10.0 / 12)
    #expect(loader.paddedShare(of: [[1, 2]]) == 0)
    #expect(loader.paddedShare(of: [[3]]) == 0 && loader.paddedShare(of: []) == 0)
  }

  @Test func sizesThatOverflow() {
    let loader = BucketingLoader(lengths: [3, 1, 2], batchSize: .max, poolSize: .max, seed: 0)
    #expect(loader.batches(epoch: 0) == [[1, 2, 0]])
    #expect(loader.batchCount == 1)
  }
}
