internal import Kernels

/// What a training step reports.
public struct StepReport: Sendable, Hashable {
  /// Steps done, this one included.
  public let step: Int
  /// Before the update.
  public let loss: Double
  /// The Euclidean norm of the whole gradient, before clipping.
  public let gradientNorm: Double
  public let learningRate: Double
  /// False where loss or gradient was not finite: then nothing was updated.
  public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite }
}

/// Trains a model: forward, loss, back-propagation through time, clipping, optimizer. Everything is planned and
/// allocated in `init`; a step allocates nothing.
///
/// Sequences are taken whole, or in segments with the state carried (truncated back-propagation, Williams & Peng 1990):
/// with `carriesState` the state after a step is where the next step starts, until `resetState`.
public struct Trainer<S: Scalar>: ~Copyable {
  private let engine: Engine<S>
  private var trained: Model<S>
  private var dropoutSeeds: SeededGenerator
  private let optimizer: Optimizer
  private let schedule: LearningRateSchedule
  private let clipping: GradientClipping
  private let carriesState: Bool
  /// Steps done.
  public private(set) var stepCount = 0

  /// - Parameters:
  ///   - batchSize: N, sequences side by side.
  ///   - sequenceLength: T, the most steps of a segment.
  ///   - threads: workers that share the batch; 0: one for each processor. Results do not depend on it.
  ///   - seed: of the dropout masks.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ model: Model<S>, batchSize: Int, sequenceLength: Int, loss: Loss = .crossEntropy,
    optimizer: Optimizer = .adam(), schedule: LearningRateSchedule = .constant,
    clipping: GradientClipping = .none, carriesState: Bool = false, threads: Int = 0, seed: UInt64 = 0
  ) throws(PlanError) {
    let plan = try Plan(
      model.configuration, steps: sequenceLength, batchSize: batchSize,
      purpose: .training(loss: loss, momentCount: optimizer.momentCount), scalar: S.self)
    engine = Engine(plan, threads: threads)
    engine.load(model)
    trained = model
    dropoutSeeds = SeededGenerator(seed: seed)
    self.optimizer = optimizer
    self.schedule = schedule
    self.clipping = clipping
    self.carriesState = carriesState
  }

  /// The buffers and their sizes.
  public var plan: Plan { engine.plan }

  /// A copy of the model as it is now.
  public mutating func model() -> Model<S> {
    engine.block.read(into: &trained)
    return trained
  }

  /// The state before the next step.
  public var state: RecurrentState<S> {
    get { engine.state { engine.state($0, after: 0) } }
    set { engine.setInitialState(newValue) }
  }

  /// Lets the next step start from the zero state.
  public mutating func resetState() { engine.zeroState() }

  // MARK: Steps

  /// One step on tokens [T, N] with the class of each output, [T, N] or, for a head at the last step, [N].
  public mutating func step(tokens: Span<Int32>, classes: Span<Int32>) -> StepReport {
    let steps = tokens.count / engine.plan.batchSize
    engine.setTokens(tokens, steps: steps)
    engine.setClasses(classes, steps: steps)
    return step(steps)
  }

  /// One step on tokens [T, N] with target values [T, N, O] or [N, O].
  public mutating func step(tokens: Span<Int32>, values: Span<S>) -> StepReport {
    let steps = tokens.count / engine.plan.batchSize
    engine.setTokens(tokens, steps: steps)
    engine.setValues(values, steps: steps)
    return step(steps)
  }

  /// One step on vectors [T, N, I] with the class of each output, [T, N] or [N].
  public mutating func step(vectors: Span<S>, classes: Span<Int32>) -> StepReport {
    let steps = vectors.count / (engine.plan.batchSize * engine.plan.configuration.input.size)
    engine.setVectors(vectors, steps: steps)
    engine.setClasses(classes, steps: steps)
    return step(steps)
  }

  /// One step on vectors [T, N, I] with target values [T, N, O] or [N, O].
  public mutating func step(vectors: Span<S>, values: Span<S>) -> StepReport {
    let steps = vectors.count / (engine.plan.batchSize * engine.plan.configuration.input.size)
    engine.setVectors(vectors, steps: steps)
    engine.setValues(values, steps: steps)
    return step(steps)
  }

  /// One step on tokens [T, N] with the labels of each sequence, for the connectionist loss.
  public mutating func step(tokens: Span<Int32>, labels: [[Int32]]) -> StepReport {
    let steps = tokens.count / engine.plan.batchSize
    engine.setTokens(tokens, steps: steps)
    engine.setLabels(labels) { _ in steps }
    return step(steps)
  }

  /// One step on vectors [T, N, I] with the labels of each sequence, for the connectionist loss.
  public mutating func step(vectors: Span<S>, labels: [[Int32]]) -> StepReport {
    let steps = vectors.count / (engine.plan.batchSize * engine.plan.configuration.input.size)
    engine.setVectors(vectors, steps: steps)
    engine.setLabels(labels) { _ in steps }
    return step(steps)
  }

  /// One step on window number `window` of parallel token streams.
  /// - Precondition: `streams` has this trainer's batch size and sequence length.
  public mutating func step(window: Int, of streams: TokenStreams) -> StepReport {
    engine.setWindow(window, of: streams)
    return step(engine.plan.steps)
  }

  private mutating func step(_ steps: Int) -> StepReport {
    let rate = optimizer.learningRate * schedule.factor(at: stepCount)
    stepCount += 1
    engine.perform(
      .training, steps: steps,
      dropoutSeed: engine.plan.configuration.hasDropout ? dropoutSeeds.next() : nil,
      update: optimizer.rule(step: stepCount, rate: rate, clipping: clipping))
    if carriesState { engine.carryState(after: steps) }
    return StepReport(
      step: stepCount, loss: engine.meanLoss(steps: steps), gradientNorm: engine.gradientNorm(),
      learningRate: rate)
  }

  // MARK: Evaluation

  /// The mean loss over all windows of `streams`, the state carried from window to window from zero on, without dropout.
  /// The training state is as before afterwards.
  /// - Precondition: `streams` has this trainer's batch size and sequence length.
  public mutating func evaluate(_ streams: TokenStreams) -> Double {
    let before = state
    defer { state = before }
    engine.zeroState()
    var sum = 0.0
    for window in 0..<streams.windowCount {
      engine.setWindow(window, of: streams)
      engine.perform(.evaluation, steps: engine.plan.steps)
      engine.carryState(after: engine.plan.steps)
      sum += engine.meanLoss(steps: engine.plan.steps)
    }
    return sum / Double(streams.windowCount)
  }
}

extension Block where Element: Scalar {
  /// Copies the parameters, which stand first in the block, to a model.
  fileprivate func read(into model: inout Model<Element>) {
    var span = model.block.mutableSpan
    read(from: 0, into: &span)
  }
}
