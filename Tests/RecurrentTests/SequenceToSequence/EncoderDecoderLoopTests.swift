import Foundation
import Recurrent
import TestSupport
import Testing

/// The loop of encoders and decoders: what `TrainingLoop` does, on pairs.
@Suite("Loops of encoders and decoders")
struct EncoderDecoderLoopTests {
  enum Task: String, CaseIterable, Sendable {
    case plain, attention, fed, dropout, sampled, accumulated, vectors, oneFile, averaged

    private var isOfVectors: Bool { self == .vectors }

    func model() throws -> EncoderDecoder<Float> {
      var encoder = ModelConfiguration(cell: GRUCell.gru, input: .oneHot(vocabularySize: 5), hiddenSize: 6)
      var decoder = ModelConfiguration(
        cell: GRUCell.gru, input: isOfVectors ? .vectors(size: 2) : .oneHot(vocabularySize: 7), hiddenSize: 6,
        outputSize: isOfVectors ? 2 : 7)
      if self == .attention { decoder.attention = .dot }
      if self == .fed { (decoder.attention, decoder.hasInputFeeding, decoder.headDropout) = (.additive, true, 0.2) }
      if self == .dropout || self == .sampled {
        encoder.recurrentDropout = 0.1
        decoder.headDropout = 0.2
      }
      return try EncoderDecoder(
        encoder: encoder, decoder: decoder, marks: isOfVectors ? nil : SequenceMarks(start: 5, end: 6), seed: 3)
    }

    func trainer() throws -> EncoderDecoderTrainer<Float> {
      try EncoderDecoderTrainer(
        model(), batchSize: 4, sourceLength: 5, targetLength: 5, loss: isOfVectors ? .meanSquaredError : .crossEntropy,
        optimizer: .adam(learningRate: 0.02), schedule: .cosine(warmUp: 2, total: 40), clipping: .norm(1),
        scheduledSampling: self == .sampled ? ScheduledSampling(.constant(0.4), draw: SamplingOptions()) : nil,
        averageDecay: self == .averaged ? 0.9 : nil,
        accumulatesGradients: self == .accumulated, threads: 1, seed: 9)
    }

    /// Sources and the same backwards.
    func pairs(_ count: Int, seed: UInt64) -> (ModelInput<Float>, ModelTarget<Float>) {
      var generator = SeededGenerator(seed: seed)
      let sources = (0..<count).map { _ in
        (0..<1 + Int(generator.next() % 5)).map { _ in Int32(generator.next() % 5) }
      }
      let targets = sources.map { Array($0.reversed()) }
      return (
        .tokens(sources),
        isOfVectors ? .values(targets.map { $0.flatMap { [Float($0) / 5, 0.5] } }) : .classes(targets)
      )
    }

    func loop(
      _ path: String? = nil, epochs: Int = 3, resuming: Bool = false, change: (inout TrainingOptions) -> Void = { _ in }
    ) throws -> EncoderDecoderLoop<Float> {
      let (inputs, targets) = pairs(18, seed: 4)
      let (heldInputs, heldTargets) = pairs(9, seed: 5)
      var options = TrainingOptions(.epochs(epochs))
      options.savePause = .zero
      options.generationLimit = 0
      options.notes = ["mine": "kept"]
      if self == .accumulated { options.batchesPerStep = 2 }
      if self == .oneFile { options.bestPlace = .checkpoint }
      change(&options)
      return try EncoderDecoderLoop(
        trainer(), TrainingData(inputs: inputs, targets: targets, batchSize: 4, seed: 6), options,
        validation: PairValidationData(inputs: heldInputs, targets: heldTargets), checkpoint: path, resuming: resuming)
    }
  }

  private func files(_ path: String) throws -> [Data] {
    try [path, CheckpointStore.bestPath(of: path)].filter { FileManager.default.fileExists(atPath: $0) }
      .map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
  }

  @Test("To the same bytes, wherever it was stopped", arguments: Task.allCases)
  func sameBytes(task: Task) throws {
    let place = try ScratchDirectory()
    let wholePath = place.file("whole.safetensors")
    var losses: [Double] = []
    var total = 0
    do {
      var loop = try task.loop(wholePath)
      total = loop.totalSteps
      #expect(loop.stepsPerEpoch == (task == .accumulated ? 3 : 5))
      let result = try loop.run { event in if case .step(let step) = event { losses.append(step.report.loss) } }
      #expect(result.reason == .completed && result.step == total && losses.count == total)
      #expect(losses[total - 1] < losses[0])
    }
    let whole = try files(wholePath)
    #expect(whole.count == (task == .oneFile ? 1 : 2))
    for stop in [1, total / 3, total / 3 + 1, total - 1] {
      let path = place.file("part\(stop).safetensors")
      var parts: [Double] = []
      do {
        var loop = try task.loop(path)
        try loop.run { event in
          guard case .step(let step) = event else { return }
          parts.append(step.report.loss)
          if step.report.step == stop { throw CancellationError() }
        }
      }
      let checkpoint = try EncoderDecoderCheckpoint<Float>(contentsOf: path)
      #expect(checkpoint.stepCount == stop && checkpoint.notes["mine"] == "kept")
      var loop = try task.loop(path, resuming: true)
      #expect(loop.trainer.stepCount == stop && loop.resumption?.otherSettings == [])
      try loop.run { event in if case .step(let step) = event { parts.append(step.report.loss) } }
      #expect(parts == losses, "stopped after step \(stop)")
      #expect(try files(path) == whole, "stopped after step \(stop)")
    }
    // A checkpoint is a model, too: the best one where it has it, the last one else.
    var loop = try task.loop(wholePath, resuming: true)
    try loop.run()
    let expected = task == .oneFile ? loop.bestModel : loop.model
    #expect(try EncoderDecoder<Float>(contentsOf: wholePath).allValues == expected.allValues)
  }

  @Test("Ends when the validation loss has not fallen for long, with the best model")
  func patience() throws {
    let losses = [3, 2, 2.5, 1, 1, 2, 0.5]
    let (inputs, targets) = Task.plain.pairs(18, seed: 4)
    let data = TrainingData<Float>(inputs: inputs, targets: targets, batchSize: 4, seed: 6)
    let held = PairValidationData<Float> { trainer in losses[trainer.stepCount / 5 - 1] }
    var loop = try EncoderDecoderLoop(Task.plain.trainer(), data, epochs: 7, validation: held, patience: 2)
    let result = try loop.run()
    #expect(result.reason == .noProgress && result.step == 30 && result.epoch == 6)
    #expect(result.best == TrainingProgress.Best(loss: 1, step: 20))
    var other = try EncoderDecoderLoop(Task.plain.trainer(), data, epochs: 4)
    try other.run()
    #expect(loop.bestModel.allValues == other.model.allValues)
  }

  @Test("A plateau lowers the learning rate of both")
  func plateau() throws {
    var rates: [Double] = []
    var loop = try Task.plain.loop(epochs: 4) {
      $0.plateau = ReduceOnPlateau(factor: 0.5, patience: 1, minimumRate: 0.001)
    }
    try loop.run { event in if case .step(let step) = event { rates.append(step.report.learningRate) } }
    #expect(loop.trainer.settings.optimizer.learningRate <= 0.02 && rates.count == 20)
  }

  @Test("Other models, other data, other settings")
  func refusals() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("pairs.safetensors")
    do {
      var loop = try Task.plain.loop(path)
      try loop.run()
    }
    #expect(throws: CheckpointError.self) { _ = try Task.plain.loop(path) }
    #expect(throws: TrainingError.self) { _ = try Task.attention.loop(path, resuming: true) }
    #expect(throws: CheckpointError.self) { _ = try TrainingLoop<Float>.of(.closure, path: path, resuming: true) }
    // A model without its training.
    let model = scratch.file("model.safetensors")
    try Task.plain.model().save(to: model)
    #expect(throws: CheckpointError.self) { _ = try Task.plain.loop(model, resuming: true) }
    let checkpoint = try EncoderDecoderCheckpoint<Float>(contentsOf: path)
    #expect(throws: CheckpointError.self) { try EncoderDecoderCheckpoint<Double>(contentsOf: path) }
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    bytes[bytes.count - 3] ^= 1
    let damaged = try scratch.makeFile("damaged.safetensors", bytes)
    #expect(throws: CheckpointError.self) { try EncoderDecoderCheckpoint<Float>(contentsOf: damaged) }
    let same = try EncoderDecoderTrainer(checkpoint, threads: 2)
    #expect(same.stepCount == checkpoint.stepCount && same.model().allValues == checkpoint.model.allValues)
    #expect(same.settings == checkpoint.settings)
  }

  enum Mistake: String, Codable, Sendable, CaseIterable {
    case longSource, longTarget, tooManyPairs, unknownToken, unknownClass, ownLoss, streams, accumulateUnasked
    case otherBatchSize

    var message: String {
      switch self {
      case .longSource: "source 2 has 6 steps; expected at most 5, as the trainer is for"
      case .longTarget: "target 1 has 6 steps; expected at most 5, as the trainer is for"
      case .tooManyPairs: "expected batches of at most 4 pairs, as the trainer is for, got 5"
      case .unknownToken: "token 5 at sequence 2, step 0: expected 0 to 4"
      case .unknownClass: "token 7 at sequence 1, step 0: expected 0 to 6"
      case .ownLoss: "expected a target for each source, got a loss of one's own"
      case .streams: "expected pairs of sources and targets, got the windows of a text"
      case .accumulateUnasked: "accumulatesGradients: true"
      case .otherBatchSize: "of a running training's settings only optimizer"
      }
    }

    func make() throws {
      var sources: [[Int32]] = [[0, 1], [2], [3, 4], [1], [2]]
      var targets = sources
      var size = 4
      switch self {
      case .longSource: sources[2] = [0, 0, 0, 0, 0, 0]
      case .longTarget: targets[1] = [0, 0, 0, 0, 0, 0]
      case .tooManyPairs: size = 5
      case .unknownToken: sources[2] = [5]
      case .unknownClass: targets[1] = [7]
      case .ownLoss, .streams, .accumulateUnasked, .otherBatchSize: break
      }
      var trainer = try Task.plain.trainer()
      if self == .accumulateUnasked { _ = trainer.accumulate(.tokens(sources), .classes(targets)) }
      if self == .otherBatchSize { trainer.settings.batchSize = 3 }
      let data: TrainingData<Float> =
        switch self {
        case .ownLoss: TrainingData(inputs: .tokens(sources), batchSize: 4, seed: 1) { _ in { _, _ in 0 } }
        case .streams: TrainingData(try TokenStreams([0, 1, 2, 3, 4], batchSize: 1, sequenceLength: 2))
        default: TrainingData(inputs: .tokens(sources), targets: .classes(targets), batchSize: size, seed: 1)
        }
      _ = try EncoderDecoderLoop(trainer, data, epochs: 1)
    }
  }

  @Test("Each mistake is caught", arguments: Mistake.allCases)
  func caught(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in
      try mistake.make()
    }
    expectWords(mistake.message, result)
  }

  /// Two batches of 2 pairs against one of 4, by plain gradient descent.
  @Test("Accumulated batches are one large batch, and evaluations take any number of pairs")
  func accumulation() throws {
    let sources: [[Int32]] = [[0, 1, 2], [3, 4, 0], [1, 1, 2], [4, 3, 2]]
    func trainer(_ size: Int) throws -> EncoderDecoderTrainer<Double> {
      let encoder = ModelConfiguration(cell: GRUCell.gru, input: .oneHot(vocabularySize: 5), hiddenSize: 4)
      let decoder = ModelConfiguration(
        cell: GRUCell.gru, input: .oneHot(vocabularySize: 7), hiddenSize: 4, outputSize: 7)
      return try EncoderDecoderTrainer(
        EncoderDecoder(encoder: encoder, decoder: decoder, marks: SequenceMarks(start: 5, end: 6), seed: 1),
        batchSize: size, sourceLength: 3, targetLength: 3, optimizer: .sgd(learningRate: 0.1), clipping: .norm(0.5),
        accumulatesGradients: size == 2, threads: 1)
    }
    var whole = try trainer(4)
    var parts = try trainer(2)
    // Sums of at most 4·4 rows in another order, each the end of 6 steps of sums of 4 + 5 products; numbers below 8.
    let bound = 8 * Double(16 * 6 * (9 + 32)) * 0x1p-53
    let before = parts.evaluate(.tokens(sources), .classes(sources))
    #expect(abs(before - whole.evaluate(.tokens(sources), .classes(sources))) <= bound)
    let report = whole.step(.tokens(sources), .classes(sources))
    let (first, last) = (Array(sources[..<2]), Array(sources[2...]))
    _ = parts.accumulate(.tokens(first), .classes(first))
    let other = parts.step(.tokens(last), .classes(last))
    #expect(abs(report.loss - other.loss) <= bound && abs(report.gradientNorm - other.gradientNorm) <= bound)
    #expect(other.step == 1 && parts.stepCount == 1)
    for (one, two) in zip(whole.model().allValues, parts.model().allValues) { #expect(abs(one - two) <= bound) }
  }
}
