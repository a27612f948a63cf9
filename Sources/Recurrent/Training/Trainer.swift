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
  let engine: Engine<S>
  private var trained: Model<S>
  private(set) var dropoutSeeds: SeededGenerator
  /// What was chosen before the first step.
  public let settings: TrainingSettings
  /// Steps done.
  public internal(set) var stepCount = 0

  /// - Parameters:
  ///   - batchSize: N, sequences side by side.
  ///   - sequenceLength: T, the most steps of a segment.
  ///   - isRagged: whether sequences may have different lengths, T being the most, and be fewer than N.
  ///   - recomputing: whether to keep less than backward needs, and compute it again.
  ///   - products: who multiplies.
  ///   - threads: workers that share the batch; 0: one for each processor. Results do not depend on it.
  ///   - seed: of the masks of dropout and zoneout.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ model: Model<S>, batchSize: Int, sequenceLength: Int, loss: Loss = .crossEntropy,
    optimizer: Optimizer = .adam(), schedule: LearningRateSchedule = .constant,
    clipping: GradientClipping = .none, carriesState: Bool = false, isRagged: Bool = false,
    recomputing: Recomputation = .none, products: Products = .automatic, threads: Int = 0, seed: UInt64 = 0
  ) throws(PlanError) {
    let settings = TrainingSettings(
      batchSize: batchSize, sequenceLength: sequenceLength, loss: loss, optimizer: optimizer, schedule: schedule,
      clipping: clipping, carriesState: carriesState, isRagged: isRagged, recomputing: recomputing,
      products: products)
    try self.init(model, settings, threads: threads, dropoutSeeds: SeededGenerator(seed: seed))
  }

  init(
    _ model: Model<S>, _ settings: TrainingSettings, threads: Int, dropoutSeeds: SeededGenerator
  ) throws(PlanError) {
    require(
      !settings.carriesState || model.configuration.directions == .forward,
      "a layer that runs both ways has no state to carry to what follows")
    let plan = try Plan(
      training: model.configuration, loss: settings.loss, momentCount: settings.optimizer.momentCount,
      steps: settings.sequenceLength, batchSize: settings.batchSize, isRagged: settings.isRagged,
      recomputing: settings.recomputing, products: settings.products, scalar: S.self)
    engine = Engine(plan, threads: threads)
    engine.load(model)
    trained = model
    self.dropoutSeeds = dropoutSeeds
    self.settings = settings
  }

  /// The buffers and their sizes.
  public var plan: Plan { engine.plan }

  /// A copy of the model as it is now.
  public mutating func model() -> Model<S> {
    engine.read(into: &trained)
    return trained
  }

  // MARK: State

  /// The state before the next step.
  public var state: RecurrentState<S> {
    get { engine.initialState }
    set { engine.setInitialState(newValue) }
  }

  /// Lets the next step start from the zero state, or the trained one.
  public mutating func resetState() { engine.zeroState() }

  /// Lets one sequence of the next step start anew.
  public mutating func resetState(ofSequence sequence: Int) { engine.zeroState(of: sequence) }

  // MARK: Steps

  /// One step on tokens [T, N] with the class of each output, [T, N] or, for a head at the last step, [N].
  public mutating func step(tokens: Span<Int32>, classes: Span<Int32>) -> StepReport {
    let rows = engine.setTokens(tokens, steps: tokens.count / engine.plan.batchSize)
    engine.setClasses(classes, rows)
    return step(rows)
  }

  /// One step on tokens [T, N] with target values [T, N, O] or [N, O].
  public mutating func step(tokens: Span<Int32>, values: Span<S>) -> StepReport {
    let rows = engine.setTokens(tokens, steps: tokens.count / engine.plan.batchSize)
    engine.setValues(values, rows)
    return step(rows)
  }

  /// One step on vectors [T, N, I] with the class of each output, [T, N] or [N].
  public mutating func step(vectors: Span<S>, classes: Span<Int32>) -> StepReport {
    let rows = setVectors(vectors)
    engine.setClasses(classes, rows)
    return step(rows)
  }

  /// One step on vectors [T, N, I] with target values [T, N, O] or [N, O].
  public mutating func step(vectors: Span<S>, values: Span<S>) -> StepReport {
    let rows = setVectors(vectors)
    engine.setValues(values, rows)
    return step(rows)
  }

  /// One step on tokens [T, N] with the labels of each sequence, for the connectionist loss.
  public mutating func step(tokens: Span<Int32>, labels: [[Int32]]) -> StepReport {
    let rows = engine.setTokens(tokens, steps: tokens.count / engine.plan.batchSize)
    engine.setLabels(labels, rows)
    return step(rows)
  }

  /// One step on vectors [T, N, I] with the labels of each sequence, for the connectionist loss.
  public mutating func step(vectors: Span<S>, labels: [[Int32]]) -> StepReport {
    let rows = setVectors(vectors)
    engine.setLabels(labels, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T vectors with the labels of each, for the connectionist loss.
  public mutating func step(vectors: Sequences<S>, labels: [[Int32]]) -> StepReport {
    let rows = engine.setVectors(vectors)
    engine.setLabels(labels, rows)
    return step(rows)
  }

  /// One step on window number `window` of parallel token streams.
  /// - Precondition: `streams` has this trainer's batch size and sequence length.
  public mutating func step(window: Int, of streams: TokenStreams) -> StepReport {
    step(engine.setWindow(window, of: streams))
  }

  /// One step on up to N sequences of 0 to T tokens; a class for every step, or one for each sequence.
  public mutating func step(tokens: Sequences<Int32>, classes: Sequences<Int32>) -> StepReport {
    let rows = engine.setTokens(tokens)
    engine.setClasses(classes, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T tokens with the class of each sequence.
  public mutating func step(tokens: Sequences<Int32>, classes: Span<Int32>) -> StepReport {
    let rows = engine.setTokens(tokens)
    engine.setClasses(classes, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T tokens with target values for every step.
  public mutating func step(tokens: Sequences<Int32>, values: Sequences<S>) -> StepReport {
    let rows = engine.setTokens(tokens)
    engine.setValues(values, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T tokens with target values [N, O].
  public mutating func step(tokens: Sequences<Int32>, values: Span<S>) -> StepReport {
    let rows = engine.setTokens(tokens)
    engine.setValues(values, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T vectors with a class for every step.
  public mutating func step(vectors: Sequences<S>, classes: Sequences<Int32>) -> StepReport {
    let rows = engine.setVectors(vectors)
    engine.setClasses(classes, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T vectors with the class of each sequence.
  public mutating func step(vectors: Sequences<S>, classes: Span<Int32>) -> StepReport {
    let rows = engine.setVectors(vectors)
    engine.setClasses(classes, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T vectors with target values for every step.
  public mutating func step(vectors: Sequences<S>, values: Sequences<S>) -> StepReport {
    let rows = engine.setVectors(vectors)
    engine.setValues(values, rows)
    return step(rows)
  }

  /// One step on up to N sequences of 0 to T vectors with target values [N, O].
  public mutating func step(vectors: Sequences<S>, values: Span<S>) -> StepReport {
    let rows = engine.setVectors(vectors)
    engine.setValues(values, rows)
    return step(rows)
  }

  private func setVectors(_ vectors: Span<S>) -> Rows {
    engine.setVectors(
      vectors, steps: vectors.count / (engine.plan.batchSize * engine.plan.configuration.input.size))
  }

  private mutating func step(_ rows: Rows) -> StepReport {
    if engine.plan.sizes.keptSteps < rows.batchSteps {
      let carriesState = settings.carriesState
      return update(rows) { engine, seed, rule in
        engine.performInSegments(rows, dropoutSeed: seed, carriesState: carriesState)
        engine.perform(.update, rows, update: rule)
      }
    }
    let report = update(rows)
    if settings.carriesState { engine.carryState(after: rows) }
    return report
  }

  /// One update on a batch whose inputs and targets are set.
  mutating func update(_ rows: Rows) -> StepReport {
    update(rows) { engine, seed, rule in engine.perform(.training, rows, dropoutSeed: seed, update: rule) }
  }

  private mutating func update(
    _ rows: Rows, _ perform: (_ engine: Engine<S>, _ dropoutSeed: UInt64?, _ rule: UpdateRule) -> Void
  ) -> StepReport {
    let rate = settings.optimizer.learningRate * settings.schedule.factor(at: stepCount)
    stepCount += 1
    perform(
      engine, engine.plan.configuration.isRandom ? dropoutSeeds.next() : nil,
      settings.optimizer.rule(step: stepCount, rate: rate, clipping: settings.clipping))
    return StepReport(
      step: stepCount, loss: engine.meanLoss(rows), gradientNorm: engine.gradientNorm, learningRate: rate)
  }

  // MARK: Evaluation

  /// The mean loss over all windows of `streams`, the state carried from window to window from zero on, without dropout.
  /// The training state is as before afterwards.
  /// - Precondition: `streams` has this trainer's batch size and sequence length.
  public mutating func evaluate(_ streams: TokenStreams) -> Double {
    let before = engine.savedStart()
    defer { engine.restore(before) }
    engine.zeroState()
    var sum = 0.0
    for window in 0..<streams.windowCount {
      let rows = engine.setWindow(window, of: streams)
      engine.evaluate(rows)
      sum += engine.meanLoss(rows)
    }
    return sum / Double(streams.windowCount)
  }
}
