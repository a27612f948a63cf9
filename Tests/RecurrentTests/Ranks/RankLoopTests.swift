import Foundation
import Recurrent
import Synchronization
import TestSupport
import Testing

/// Training loops of several ranks: one writes, all agree.
@Suite("Training loops of several ranks")
struct RankLoopTests {
  let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  private static let tokens = (0..<1200).map { (index: Int) in Int32((index * index + index / 3) % 9) }

  private struct Ending: Sendable, Equatable {
    var step: Int
    var reason: TrainingResult.Reason
    var parameters: [Float]
    var best: TrainingProgress.Best?
    var losses: [Double]
  }

  /// A training on streams; rank 0 keeps the checkpoint at `name`.
  private static func train(
    _ ranks: ThreadRanks?, _ text: TokenSource, checkpoint path: String? = nil, resuming: Bool = false,
    stop: @escaping (Int) -> Bool = { _ in false }
  ) throws -> Ending {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 9), hiddenSize: 8, outputSize: 9, headDropout: 0.2)
    let (training, validation) = text.divided(validationFraction: 0.2)
    let found = resuming ? try path.map { try TrainingCheckpoint<Float>(contentsOf: $0) } : nil
    let trainer =
      try found.map { try Trainer($0, threads: 1, over: ranks) }
      ?? Trainer<Float>(
        Model(configuration, seed: 1), batchSize: 8, sequenceLength: 10, clipping: GradientClipping(norm: 1),
        carriesState: true, shards: 4, over: ranks, threads: 1, seed: 2)
    var options = TrainingOptions(.epochs(3))
    options.savePause = .zero
    options.generationLimit = 0
    // Nobody goes on before all have read what one will replace.
    _ = ranks?.any(false)
    var store: CheckpointStore?
    if let path, ranks?.rank ?? 0 == 0 {
      store = try CheckpointStore(path: path, keeping: 0, keepsBest: true)
      if let found { store?.resume(from: path, step: found.stepCount) }
    }
    var loop = try TrainingLoop(
      trainer, TrainingData(TokenStreams(training, batchSize: 8, sequenceLength: 10)), options,
      validation: ValidationData(TokenStreams(validation, batchSize: 8, sequenceLength: 10)), store: store,
      progress: found.flatMap { try TrainingProgress($0, file: "checkpoint") })
    var losses: [Double] = []
    var step = found?.stepCount ?? 0
    let result = try loop.run(until: { stop(step) }) { event in
      if case .step(let done) = event {
        losses.append(done.report.loss)
        step = done.report.step
      }
    }
    return Ending(
      step: result.step, reason: result.reason, parameters: Array(loop.model), best: loop.progress.best, losses: losses)
  }

  @Test("Losses, the best validation and the checkpoint are those of one process", arguments: [2, 3, 4])
  func sameAsOne(count: Int) throws {
    let (alone, together) = (scratch.file("alone.safetensors"), scratch.file("together.safetensors"))
    let text = TokenSource(Self.tokens)
    let one = try Self.train(nil, text, checkpoint: alone)
    #expect(one.reason == .completed && one.losses.count == 33 && one.best != nil)
    for ending in try ThreadRanks.run(count, { try Self.train($0, text, checkpoint: together) }) {
      #expect(ending == one)
    }
    #expect(FileManager.default.contentsEqual(atPath: alone, andPath: together))
    #expect(
      FileManager.default.contentsEqual(
        atPath: CheckpointStore.bestPath(of: alone), andPath: CheckpointStore.bestPath(of: together)))
  }

  @Test("From a token file, of which each rank reads its own streams")
  func tokenFile() throws {
    let path = scratch.file("text.tokens")
    let vocabulary = try Vocabulary(unit: .byte, symbols: (0..<9).map { $0 })
    try TokenFile.write(to: path, vocabulary: vocabulary, width: .bits8) { try $0.append(Self.tokens) }
    let one = try Self.train(nil, TokenSource(Self.tokens))
    #expect(try Self.train(nil, TokenFile(path: path).tokens) == one)
    for ending in try ThreadRanks.run(3, { try Self.train($0, TokenFile(path: path).tokens) }) {
      #expect(ending == one)
    }
  }

  @Test("A stop on one rank stops all after the same step; other ranks go on, to the same bytes", arguments: [0, 2])
  func stopping(rank: Int) throws {
    let (whole, moved) = (scratch.file("whole.safetensors"), scratch.file("moved.safetensors"))
    let text = TokenSource(Self.tokens)
    let one = try Self.train(nil, text, checkpoint: whole)
    let stopped = try ThreadRanks.run(3) { ranks in
      try Self.train(ranks, text, checkpoint: moved) { ranks.rank == rank && $0 == 17 }
    }
    for ending in stopped {
      #expect(ending.step == 17 && ending.reason == .stopped && ending.losses == Array(one.losses[..<17]))
    }
    for ending in try ThreadRanks.run(2, { try Self.train($0, text, checkpoint: moved, resuming: true) }) {
      #expect(ending.parameters == one.parameters && ending.losses == Array(one.losses[17...]))
    }
    #expect(FileManager.default.contentsEqual(atPath: whole, andPath: moved))
  }

  @Test("Ranks that start from other parameters, or other data, end with a clear error")
  func otherReplica() throws {
    let errors = try ThreadRanks.run(3) { ranks in
      do {
        let tokens = ranks.rank == 2 ? Array(Self.tokens.dropLast(200)) : Self.tokens
        _ = try Self.train(ranks, TokenSource(tokens))
        return "none"
      } catch let error as TrainingError { return error.description }
    }
    for error in errors { #expect(error.hasPrefix("rank 2 has other parameters or other data than rank 0 at step 0")) }
  }
}
