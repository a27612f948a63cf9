import Recurrent
import TestSupport
import Testing

/// Batches in shards: what they come to beside whole ones, and over several ranks.
@Suite("Shards")
struct ShardTests {
  @Test("The gradient is that of the whole batch, to rounding", arguments: ShardTask.allCases, [2, 4, 8])
  func asWhole(task: ShardTask, shards: Int) throws {
    // Before its first update a model has the same parameters: only the sums are in another order. A norm is a sum of
    // squares of sums over at most 9·8 rows, whose terms are rounded to 2⁻²⁴ each, through 9 steps of two layers.
    let whole = try task.outcome(shards: 1, steps: 1)
    let cut = try task.outcome(shards: shards, steps: 1)
    let bound = 72.0 * 9 * 2 * 0x1p-24
    #expect(abs(cut.losses[0] - whole.losses[0]) <= bound * (1 + abs(whole.losses[0])))
    #expect(abs(cut.norms[0] - whole.norms[0]) <= bound * (1 + abs(whole.norms[0])))
    for (index, (a, b)) in zip(cut.state, whole.state).enumerated() {
      guard abs(a - b) > Float(bound) else { continue }
      Issue.record("state \(index): \(a), expected \(b)")
      break
    }
  }

  @Test("The same bits on 1 to 8 ranks", arguments: ShardTask.allCases, [4, 8])
  func sameBits(task: ShardTask, shards: Int) throws {
    let one = try task.outcome(shards: shards)
    #expect(one.losses.allSatisfy { $0.isFinite })
    for ranks in 2...shards {
      let outcomes = try ThreadRanks.run(ranks) { try task.outcome(shards: shards, over: $0) }
      for (rank, outcome) in outcomes.enumerated() {
        #expect(outcome == one, "rank \(rank) of \(ranks)")
      }
    }
  }

  @Test("The same bits by any number of threads, whoever multiplies", arguments: ShardTask.allCases)
  func threads(task: ShardTask) throws {
    for products in [Products.automatic, .packed, .openBLAS] {
      let one = try task.outcome(shards: 4, products: products)
      #expect(try task.outcome(shards: 4, threads: 3, products: products) == one)
      let two = try ThreadRanks.run(2) { try task.outcome(shards: 4, over: $0, threads: 2, products: products) }
      #expect(two == [one, one])
    }
  }

  @Test("A training moves from three ranks to one and to two by its checkpoint", arguments: ShardTask.allCases)
  func moving(task: ShardTask) throws {
    let whole = try task.outcome(shards: 4, steps: 6)
    let saved = try ThreadRanks.run(3) { ranks in
      var trainer = try task.trainer(shards: 4, over: ranks)
      for step in 0..<3 { _ = task.step(&trainer, step) }
      return trainer.checkpoint()
    }
    @Sendable func goOn(_ checkpoint: TrainingCheckpoint<Float>, _ ranks: ThreadRanks?) throws -> [Float] {
      var trainer = try Trainer(checkpoint, threads: 1, over: ranks)
      for step in 3..<6 { _ = task.step(&trainer, step) }
      let state = trainer.checkpoint()
      return Array(state.model) + trainer.state.values
    }
    for checkpoint in saved {
      #expect(try goOn(checkpoint, nil) == whole.parameters + whole.state)
    }
    let first = saved[0]
    for outcome in try ThreadRanks.run(2, { try goOn(first, $0) }) {
      #expect(outcome == whole.parameters + whole.state)
    }
  }

  @Test("A loss that is not finite on one rank updates nothing on any, at once or in parts", arguments: [nil, 1])
  func notFinite(leastTravellingPart: Int?) throws {
    let outcomes = try ThreadRanks.run(2, leastTravellingPart: leastTravellingPart) { ranks in
      let task = ShardTask.weightedValues
      var trainer = try task.trainer(shards: 4, over: ranks)
      let before = Array(trainer.model())
      var values = [Float](repeating: 0.5, count: 2 * 8 * 5)
      values[0] = .infinity
      let report = trainer.step(
        .vectors([Float](repeating: 0.1, count: 2 * 8 * 3)), .values(values, weights: [Double](repeating: 1, count: 8)))
      return (report.isFinite, Array(trainer.model()) == before)
    }
    for outcome in outcomes { #expect(outcome == (false, true)) }
  }

  @Test("Which settings are refused")
  func refused() async {
    let words = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Trainer(
        Model<Float>(
          ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3), seed: 1),
        batchSize: 6, sequenceLength: 2, shards: 4)
    }
    if let words { expectWords("4 shards need a batch of a multiple of 4 sequences, got 6", words) }
    let others = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try ThreadRanks.run(3) { _ = try ShardTask.streams.trainer(shards: 2, over: $0) }
    }
    if let others { expectWords("expected at least a shard for each of 3 processes, got 2 shards", others) }
  }
}

extension Array where Element == Float {
  /// All parameters of a model.
  init(_ model: Model<Float>) { self = model.table.entries.flatMap { model[parameter: $0.name] } }
}
