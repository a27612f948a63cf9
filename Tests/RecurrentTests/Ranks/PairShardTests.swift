import Foundation
import Recurrent
import TestSupport
import Testing

/// Batches of pairs in shards: what they come to beside whole ones, and over several ranks.
@Suite("Shards of pairs")
struct PairShardTests {
  enum Task: String, CaseIterable, Sendable {
    case plain, attention, fed, bothWays, dropout, sampled, accumulated, averaged, vectors, bfloat16

    private var isOfVectors: Bool { self == .vectors }

    func trainer(shards: Int, over ranks: ThreadRanks? = nil, threads: Int = 1) throws -> EncoderDecoderTrainer<Float> {
      var encoder = ModelConfiguration(cell: GRUCell.gru, input: .oneHot(vocabularySize: 5), hiddenSize: 6)
      var decoder = ModelConfiguration(
        cell: GRUCell.gru, input: isOfVectors ? .vectors(size: 2) : .oneHot(vocabularySize: 7), hiddenSize: 6,
        outputSize: isOfVectors ? 2 : 7)
      if self == .attention || self == .sampled { decoder.attention = .dot }
      if self == .fed { (decoder.attention, decoder.hasInputFeeding, decoder.headDropout) = (.additive, true, 0.2) }
      if self == .bothWays { (encoder.directions, decoder.hiddenSize) = (.both(merge: .concatenate), 12) }
      if self == .dropout {
        encoder.recurrentDropout = 0.1
        decoder.headDropout = 0.2
      }
      let model = try EncoderDecoder<Float>(
        encoder: encoder, decoder: decoder, marks: isOfVectors ? nil : SequenceMarks(start: 5, end: 6), seed: 3)
      return try EncoderDecoderTrainer(
        model, batchSize: 8, sourceLength: 5, targetLength: 5, loss: isOfVectors ? .meanSquaredError : .crossEntropy,
        optimizer: .adam(learningRate: 0.02), clipping: .norm(0.5),
        scheduledSampling: self == .sampled ? ScheduledSampling(.constant(0.4), draw: SamplingOptions()) : nil,
        averageDecay: self == .averaged ? 0.9 : nil, accumulatesGradients: self == .accumulated, shards: shards,
        exchange: self == .bfloat16 && shards > 1 ? .bfloat16 : .full, over: ranks, threads: threads, seed: 9)
    }

    /// Fewer than N at times; some sources, and targets of tokens, have no step. Of vectors the first shards have none to learn.
    private func batch(_ number: Int) -> (ModelInput<Float>, ModelTarget<Float>) {
      var random = SeededGenerator(seed: UInt64(70 + number))
      func sequences(_ count: Int, below limit: Int32) -> [[Int32]] {
        (0..<count).map { _ in
          (0..<Int.random(in: 0...5, using: &random)).map { _ in Int32.random(in: 0..<limit, using: &random) }
        }
      }
      let count = [8, 5, 7, 1][number % 4]
      var sources = sequences(count, below: 5)
      sources[0] = [1, 2]
      guard isOfVectors else { return (.tokens(sources), .classes(sequences(count, below: 5))) }
      var targets = sequences(count, below: 5)
      targets[count - 1] = [3, 1, 2]
      if count > 4 { for sequence in 0..<4 { targets[sequence] = [] } }
      return (.tokens(sources), .values(targets.map { $0.flatMap { [Float($0) / 5, 0.5] } }))
    }

    func step(_ trainer: inout EncoderDecoderTrainer<Float>, _ number: Int) -> StepReport {
      let (source, target) = batch(number)
      if self == .accumulated {
        let other = batch(number + 100)
        _ = trainer.accumulate(other.0, other.1)
      }
      return trainer.step(source, target)
    }
  }

  struct Outcome: Sendable, Equatable {
    var losses: [Double] = []
    var norms: [Double] = []
    var parameters: [Float] = []
    var averaged: [Float] = []
    var evaluation = 0.0
  }

  private static func outcome(
    _ task: Task, shards: Int, over ranks: ThreadRanks? = nil, threads: Int = 1, steps: Range<Int> = 0..<5,
    from checkpoint: EncoderDecoderCheckpoint<Float>? = nil
  ) throws -> Outcome {
    var trainer =
      try checkpoint.map { try EncoderDecoderTrainer($0, threads: threads, over: ranks) }
      ?? task.trainer(shards: shards, over: ranks, threads: threads)
    var outcome = Outcome()
    for step in steps {
      let report = task.step(&trainer, step)
      outcome.losses.append(report.loss)
      outcome.norms.append(report.gradientNorm)
    }
    outcome.parameters = trainer.model().allValues
    outcome.averaged = trainer.averagedModel().allValues
    if task != .vectors {
      let tokens: [[Int32]] = (0..<11).map { [Int32($0 % 5), 2] }
      outcome.evaluation = trainer.evaluate(.tokens(tokens), .classes(tokens))
    }
    return outcome
  }

  @Test("The gradient is that of the whole batch, to rounding", arguments: Task.allCases)
  func asWhole(task: Task) throws {
    // What is drawn for scheduled sampling is drawn for each shard by itself.
    guard task != .sampled else { return }
    let whole = try Self.outcome(task, shards: 1, steps: 0..<1)
    for shards in [2, 4, 8] {
      let cut = try Self.outcome(task, shards: shards, steps: 0..<1)
      // As in ShardTests: sums of at most 6·8 rows, rounded to 2⁻²⁴ each, through 2 · 6 steps. Of the norm a rounding to
      // bfloat16 at each of log₂ S + 1 levels is at most 2⁻⁹.
      let bound = 48.0 * 12 * 2 * 0x1p-24
      #expect(abs(cut.losses[0] - whole.losses[0]) <= bound * (1 + whole.losses[0]))
      let levels = task == .bfloat16 ? 4 * 0x1p-8 : 0
      #expect(abs(cut.norms[0] - whole.norms[0]) <= (bound + levels) * (1 + whole.norms[0]))
    }
  }

  @Test("The same bits on 1 to 4 ranks and by any number of threads", arguments: Task.allCases)
  func sameBits(task: Task) throws {
    let one = try Self.outcome(task, shards: 4)
    #expect(one.losses.allSatisfy { $0.isFinite } && one.losses[4] != one.losses[0])
    #expect(try Self.outcome(task, shards: 4, threads: 3) == one)
    for ranks in 2...4 {
      for (rank, outcome) in try ThreadRanks.run(ranks, { try Self.outcome(task, shards: 4, over: $0) }).enumerated() {
        #expect(outcome == one, "rank \(rank) of \(ranks)")
      }
    }
  }

  @Test("A training moves from three ranks to one and to two by its file", arguments: Task.allCases)
  func moving(task: Task) throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("pairs.safetensors")
    let whole = try Self.outcome(task, shards: 4, steps: 0..<6)
    let saved = try ThreadRanks.run(3) { ranks in
      var trainer = try task.trainer(shards: 4, over: ranks)
      for step in 0..<3 { _ = task.step(&trainer, step) }
      return trainer.checkpoint()
    }
    try saved[2].save(to: path)
    let checkpoint = try EncoderDecoderCheckpoint<Float>(contentsOf: path)
    #expect(checkpoint.settings.shards == 4)
    @Sendable func goOn(_ ranks: ThreadRanks?) throws -> Outcome {
      try Self.outcome(task, shards: 4, over: ranks, steps: 3..<6, from: checkpoint)
    }
    let outcomes = try [goOn(nil)] + ThreadRanks.run(2) { try goOn($0) }
    for outcome in outcomes {
      #expect(outcome.losses == Array(whole.losses[3...]) && outcome.norms == Array(whole.norms[3...]))
      #expect(outcome.parameters == whole.parameters && outcome.averaged == whole.averaged)
    }
  }

  @Test("A loop of several ranks ends with the bytes of one process, with one file")
  func loop() throws {
    let scratch = try ScratchDirectory()
    let sources = (0..<21).map { number in (0..<1 + number % 5).map { step in Int32((step * number + step) % 5) } }
    let directory = scratch.path
    @Sendable func train(_ ranks: ThreadRanks?, _ name: String) throws -> [Float] {
      let path = "\(directory)/\(name)"
      var options = TrainingOptions(.epochs(3))
      options.generationLimit = 0
      let store = try ranks?.rank ?? 0 == 0 ? CheckpointStore(path: path, keeping: 0, keepsBest: true) : nil
      let reversed: [[Int32]] = sources.map { $0.reversed() }
      var loop = try EncoderDecoderLoop(
        Task.attention.trainer(shards: 4, over: ranks),
        TrainingData(inputs: .tokens(sources), targets: .classes(reversed), batchSize: 8, seed: 6), options,
        validation: PairValidationData(inputs: .tokens(sources), targets: .classes(reversed)), store: store)
      try loop.run()
      return loop.bestModel.allValues
    }
    let one = try train(nil, "one.safetensors")
    for other in try ThreadRanks.run(3, { try train($0, "three.safetensors") }) { #expect(other == one) }
    let best = URL(fileURLWithPath: CheckpointStore.bestPath(of: "one.safetensors")).lastPathComponent
    for suffix in ["", best.replacing("one", with: "").replacing(".safetensors", with: "")] {
      #expect(
        FileManager.default.contentsEqual(
          atPath: scratch.file("one\(suffix).safetensors"), andPath: scratch.file("three\(suffix).safetensors")),
        "\(suffix)")
    }
  }
}
