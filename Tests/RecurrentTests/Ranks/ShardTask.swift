import Recurrent

/// Small trainings whose batches are cut into shards: every kind of input, target and head, and what makes batches uneven.
enum ShardTask: String, CaseIterable, Sendable {
  case streams, projected, embedded, raggedSteps, raggedClasses, bothWays, weightedValues, lists, labels, recomputed,
    zoneout, accumulated, frozen, chains, words

  static let batchSize = 8

  /// What a training comes to.
  struct Outcome: Sendable, Equatable {
    var losses: [Double] = []
    var norms: [Double] = []
    var parameters: [Float] = []
    var state: [Float] = []
  }

  /// - Parameter steps: a batch each.
  func outcome(
    shards: Int, exchange: GradientExchange = .full, over ranks: ThreadRanks? = nil, threads: Int = 1,
    products: Products = .automatic, steps: Int = 4
  ) throws -> Outcome {
    var trainer = try trainer(shards: shards, exchange: exchange, over: ranks, threads: threads, products: products)
    var outcome = Outcome()
    for step in 0..<steps {
      let report = self.step(&trainer, step)
      outcome.losses.append(report.loss)
      outcome.norms.append(report.gradientNorm)
    }
    let checkpoint = trainer.checkpoint()
    outcome.parameters = Array(checkpoint.model)
    outcome.state = trainer.state.values
    return outcome
  }

  func trainer(
    shards: Int, exchange: GradientExchange = .full, over ranks: ThreadRanks? = nil, threads: Int = 1,
    products: Products = .automatic
  ) throws -> Trainer<Float> {
    var trainer = try Trainer(
      Model<Float>(configuration, seed: 3), batchSize: Self.batchSize, sequenceLength: 9, loss: loss,
      optimizer: .adam(learningRate: 0.02), clipping: GradientClipping(norm: 0.5), carriesState: carriesState,
      isRagged: isRagged, recomputing: self == .recomputed ? .segments(ofSteps: 3) : .none,
      accumulatesGradients: self == .accumulated, shards: shards, exchange: exchange, over: ranks, products: products,
      threads: threads, seed: 5)
    if self == .frozen { trainer.settings.frozenParameters = ["rnn.weight_hh_l0"] }
    return trainer
  }

  func step(_ trainer: inout Trainer<Float>, _ step: Int) -> StepReport {
    let (input, target) = batch(step)
    if self == .accumulated {
      let other = batch(step + 100)
      _ = trainer.accumulate(other.0, other.1)
    }
    return trainer.step(input, target)
  }

  private var carriesState: Bool { [.streams, .projected, .embedded, .recomputed, .zoneout].contains(self) }
  private var isRagged: Bool {
    [.raggedSteps, .raggedClasses, .bothWays, .lists, .labels, .chains, .words].contains(self)
  }

  private var loss: Loss {
    switch self {
    case .weightedValues: .meanSquaredError.weighted
    case .lists: .huber()
    case .labels: .ctc(maximumLabels: 3)
    case .raggedSteps: .crossEntropy(ignoring: 0)
    case .chains: .crf
    case .words: .crf.weighted
    default: .crossEntropy
    }
  }

  private var configuration: ModelConfiguration {
    var result = ModelConfiguration(
      cell: .gru, input: .oneHot(vocabularySize: 5), hiddenSize: 6, layerCount: 2, outputSize: 5)
    switch self {
    case .streams: result.cell = .lstm
    case .projected:
      result.cell = .lstm
      result.projectionSize = 4
      result.trainsInitialState = true
    case .embedded: result.input = .embedding(vocabularySize: 5, size: 3)
    case .raggedClasses: result.head = .lastStep
    case .bothWays:
      result.directions = .both(merge: .concatenate)
      result.head = .meanOverSteps
    case .weightedValues, .lists: result.input = .vectors(size: 3)
    case .chains: result.crf = CRFConstraints(transitions: [.init(from: 1, to: 2)])
    case .words:
      result.input = .features(
        [.init(vocabularySize: 5, size: 3), .init(vocabularySize: 4, size: 2)],
        letters: LetterEncoder(vocabularySize: 3, size: 2, hiddenSize: 2, count: 2))
      result.crf = CRFConstraints.none
    case .zoneout: result.zoneout = Zoneout(hidden: 0.2)
    case .raggedSteps, .labels, .recomputed, .accumulated, .frozen: break
    }
    if self != .weightedValues { (result.dropout, result.headDropout) = (0.2, 0.3) }
    return result
  }

  /// The same for the same number. Ragged ones have sequences of no step, and fewer than N.
  private func batch(_ step: Int) -> (ModelInput<Float>, ModelTarget<Float>) {
    var random = SeededGenerator(seed: UInt64(1000 + step))
    func tokens(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32.random(in: 0..<5, using: &random) } }
    func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &random) } }
    let count = Self.batchSize
    let lengths = (0..<[8, 5, 7, 2][step % 4]).map { _ in
      Int.random(in: (self == .raggedClasses || self == .bothWays || self == .labels ? 1 : 0)...9, using: &random)
    }
    switch self {
    case .streams, .projected, .embedded, .recomputed, .zoneout, .accumulated, .frozen:
      let steps = self == .recomputed ? 9 : 5 + step % 3
      return (.tokens(tokens(steps * count)), .classes(tokens(steps * count)))
    case .chains:
      let lengths = [4] + lengths.dropFirst()
      return (.tokens(lengths.map(tokens)), .classes(lengths.map(tokens)))
    case .words:
      let lengths = [4] + lengths.dropFirst()
      // Two tokens of tables and two letters, of which the second may be none.
      let steps = lengths.map { length in
        tokens(length).flatMap { [$0, $0 % 4, 1 + $0 % 2, $0 % 3] }
      }
      let input = Sequences(values: steps.flatMap(\.self), lengths: lengths, width: 4)
      let weights = lengths.indices.map { Double(($0 + step) % 3) + ($0 == 0 ? 1 : 0) }
      return (.tokens(input), .classes(Sequences(lengths.map(tokens)), weights: weights))
    case .raggedSteps:
      let lengths = [3] + lengths.dropFirst()
      return (.tokens(lengths.map(tokens)), .classes(lengths.map(tokens)))
    case .raggedClasses, .bothWays:
      return (.tokens(lengths.map(tokens)), .classes(tokens(lengths.count)))
    case .weightedValues:
      return (
        .vectors(values(6 * count * 3)),
        .values(values(6 * count * 5), weights: (0..<count).map { Double(($0 + step) % 3) })
      )
    case .lists:
      let lengths = [2] + lengths.dropFirst()
      return (.vectors(lengths.map { values($0 * 3) }), .values(lengths.map { values($0 * 5) }))
    case .labels:
      return (
        .tokens(lengths.map(tokens)),
        .labels(lengths.map { length in (0..<min(3, (length + 1) / 2)).map { Int32($0 % 2 + 1) } })
      )
    }
  }
}
