import Recurrent
import TestSupport
import Testing

/// Gradients of shards that are summed and exchanged in bfloat16.
@Suite("Exchange in bfloat16")
struct GradientExchangeTests {
  /// To the nearest number of 8 significant bits, ties to even.
  private static func rounded(_ x: Float) -> Float {
    let bits = x.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }

  private static let configuration = ModelConfiguration(
    cell: .lstm, input: .oneHot(vocabularySize: 5), hiddenSize: 7, layerCount: 2, outputSize: 5)

  private static func trainer(batchSize: Int, shards: Int = 1, exchange: GradientExchange = .full) throws -> Trainer<
    Float
  > {
    try Trainer<Float>(
      Model(configuration, seed: 3), batchSize: batchSize, sequenceLength: 8, optimizer: .sgd(learningRate: 0.1),
      shards: shards, exchange: exchange, products: .packed, threads: 1)
  }

  @Test("The gradient is the sum of rounded gradients, rounded at every level, over the weight of the batch")
  func oracle() throws {
    var random = SeededGenerator(seed: 9)
    let tokens = (0..<8).map { _ in (0..<8).map { _ in Int32.random(in: 0..<5, using: &random) } }
    // [T, N]
    func batch(_ sequences: Range<Int>) -> [Int32] { (0..<8).flatMap { step in sequences.map { tokens[$0][step] } } }
    var whole = try Self.trainer(batchSize: 8, shards: 4, exchange: .bfloat16)
    var full = try Self.trainer(batchSize: 8, shards: 4)
    let all = batch(0..<8)
    _ = whole.step(.tokens(all), .classes(all))
    _ = full.step(.tokens(all), .classes(all))
    // The mean over the 16 rows of two sequences: their sum is 16 times that, exactly.
    let names = whole.model().table.entries.map(\.name)
    let parts = try (0..<4).map { shard in
      var trainer = try Self.trainer(batchSize: 2)
      let own = batch(2 * shard..<2 * shard + 2)
      _ = trainer.step(.tokens(own), .classes(own))
      return names.map { name in trainer.gradient(of: name).map { Self.rounded(16 * $0) } }
    }
    for (index, name) in names.enumerated() {
      let expected = parts[0][index].indices.map { place in
        let (left, right) = (
          parts[0][index][place] + parts[1][index][place], parts[2][index][place] + parts[3][index][place]
        )
        return Self.rounded(Self.rounded(left) + Self.rounded(right)) / 64
      }
      #expect(whole.gradient(of: name) == expected, "\(name)")
      #expect(full.gradient(of: name) != expected, "\(name)")
    }
  }

  @Test("The same bits on 1 to 8 ranks", arguments: ShardTask.allCases)
  func sameBits(task: ShardTask) throws {
    let one = try task.outcome(shards: 8, exchange: .bfloat16)
    #expect(one.losses.allSatisfy { $0.isFinite })
    #expect(try one.parameters != task.outcome(shards: 8).parameters)
    #expect(try task.outcome(shards: 8, exchange: .bfloat16, threads: 3) == one)
    for ranks in [2, 3, 5, 8] {
      for (rank, outcome) in try ThreadRanks.run(ranks, { try task.outcome(shards: 8, exchange: .bfloat16, over: $0) })
        .enumerated()
      {
        #expect(outcome == one, "rank \(rank) of \(ranks)")
      }
    }
  }

  @Test("A training goes on from its file by other ranks, in the same precision")
  func moving() throws {
    let scratch = try ScratchDirectory()
    let (task, path) = (ShardTask.streams, scratch.file("moving.safetensors"))
    let whole = try task.outcome(shards: 4, exchange: .bfloat16, steps: 6)
    let saved = try ThreadRanks.run(3) { ranks in
      var trainer = try task.trainer(shards: 4, exchange: .bfloat16, over: ranks)
      for step in 0..<3 { _ = task.step(&trainer, step) }
      return trainer.checkpoint()
    }
    try saved[0].save(to: path)
    @Sendable func goOn(_ ranks: ThreadRanks?) throws -> [Float] {
      var trainer = try Trainer(TrainingCheckpoint<Float>(contentsOf: path), threads: 1, over: ranks)
      for step in 3..<6 { _ = task.step(&trainer, step) }
      return Array(trainer.model())
    }
    #expect(try goOn(nil) == whole.parameters)
    for parameters in try ThreadRanks.run(2, { try goOn($0) }) { #expect(parameters == whole.parameters) }
    #expect(try TrainingCheckpoint<Float>(contentsOf: path).settings.exchange == .bfloat16)
  }

  @Test("Half the bytes are sent", arguments: [2, 3, 4])
  func bytes(count: Int) throws {
    func sent(_ exchange: GradientExchange) throws -> Int {
      let all = try ThreadRanks.run(count) { ranks in
        var trainer = try ShardTask.accumulated.trainer(shards: 4, exchange: exchange, over: ranks)
        _ = ShardTask.accumulated.step(&trainer, 0)
        _ = ranks.any(false)
        return ranks.sentBytes
      }
      return all.max() ?? 0
    }
    // Two batches: a loss and a weight of each of four shards, in double, to all others; and the word at the end.
    let figures = 2 * 4 * 16 * (count - 1) + count * (count - 1) * 8
    let (full, half) = try (sent(.full), sent(.bfloat16))
    #expect(full - figures == 2 * (half - figures) && half > figures)
  }

  @Test("The plan says so")
  func plan() throws {
    let plan = try Self.trainer(batchSize: 8, shards: 4, exchange: .bfloat16).plan.description
    #expect(plan.contains("shards: 4 of so many sequences, one after the other; sums in bfloat16"), "\(plan)")
  }

  @Test("Where it makes no sense it is refused")
  func refused() async {
    let one = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try GradientExchangeTests.trainer(batchSize: 8, exchange: .bfloat16)
    }
    if let one {
      expectWords("the gradient of a batch in 1 shard is not exchanged: bfloat16 is for 2 shards or more", one)
    }
    let double = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Trainer<Double>(
        Model(
          ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3), seed: 1),
        batchSize: 4, sequenceLength: 2, shards: 2, exchange: .bfloat16)
    }
    if let double { expectWords("gradients of Double are exchanged in full, not in bfloat16", double) }
  }
}
