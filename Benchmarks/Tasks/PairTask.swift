public import Recurrent

/// A task from sequences of tokens to sequences of tokens, its pairs drawn without end.
public protocol PairTask: Sendable {
  var name: String { get }
  /// Tokens of the sources, and the most of one.
  var sourceVocabularySize: Int { get }
  var sourceLength: Int { get }
  /// Tokens of the targets, the marks among them, and the most of one.
  var targetVocabularySize: Int { get }
  var targetLength: Int { get }
  var marks: SequenceMarks { get }

  /// - Parameter isHeldOut: whether for a test: such pairs are never drawn for the training.
  func pair(isHeldOut: Bool, using generator: inout SeededGenerator) -> (source: [Int32], target: [Int32])
}

extension PairTask {
  public func pairs(
    _ count: Int, isHeldOut: Bool, using generator: inout SeededGenerator
  ) -> (source: Sequences<Int32>, target: Sequences<Int32>) {
    let pairs = (0..<count).map { _ in pair(isHeldOut: isHeldOut, using: &generator) }
    return (Sequences(pairs.map(\.source)), Sequences(pairs.map(\.target)))
  }
}

/// How an encoder and decoder are trained on such a task.
public struct PairCourse: Sendable {
  public var task: any PairTask
  public var cell: any RecurrentCell = .gru
  public var attention: Attention?
  /// H of each of the encoder's two directions; the decoder's is twice that.
  public var hiddenSize = 48
  public var batchSize = 32
  public var updates: Int
  public var learningRate = 0.004
  public var scheduledSampling: ScheduledSampling?
  public var seed: UInt64 = 1
  public var threads = 0

  public init(_ task: some PairTask, attention: Attention?, updates: Int) {
    self.task = task
    self.attention = attention
    self.updates = updates
  }

  /// - Throws: `PlanError` where the memory does not suffice.
  public func run() throws(PlanError) -> EncoderDecoder<Float> {
    let encoder = ModelConfiguration(
      cell: cell, input: .oneHot(vocabularySize: task.sourceVocabularySize), hiddenSize: hiddenSize,
      directions: .both(merge: .concatenate))
    var decoder = ModelConfiguration(
      cell: cell, input: .oneHot(vocabularySize: task.targetVocabularySize), hiddenSize: 2 * hiddenSize,
      outputSize: task.targetVocabularySize)
    decoder.attention = attention
    let model = try EncoderDecoder<Float>(
      encoder: encoder, decoder: decoder, marks: task.marks, initialization: .orthogonal, seed: seed)
    var trainer = try EncoderDecoderTrainer(
      model, batchSize: batchSize, sourceLength: task.sourceLength, targetLength: task.targetLength,
      optimizer: .adam(learningRate: learningRate), schedule: .cosine(warmUp: 50, total: updates),
      clipping: .norm(1), scheduledSampling: scheduledSampling, threads: threads, seed: seed)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<updates {
      let batch = task.pairs(batchSize, isHeldOut: false, using: &generator)
      _ = trainer.step(.tokens(batch.source), .classes(batch.target))
    }
    return trainer.model()
  }

  /// The share of held-out sources whose whole target is found.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func exactShare(
    of model: EncoderDecoder<Float>, beamWidth: Int = 1, count: Int = 1000
  ) throws(PlanError) -> Double {
    var generator = SeededGenerator(seed: seed &+ 0x7e57)
    let test = task.pairs(count, isHeldOut: true, using: &generator)
    var decoder = try SequenceDecoder(
      model, sourceLength: task.sourceLength, batchSize: count,
      options: DecodingOptions(beamWidth: beamWidth, maximumLength: task.targetLength), threads: threads)
    let found = decoder.decode(test.source)
    let right = found.indices.count { found[$0][0].isComplete && found[$0][0].tokens == Array(test.target[$0]) }
    return Double(right) / Double(count)
  }
}
