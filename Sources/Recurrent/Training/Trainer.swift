internal import Kernels

/// What a training step reports.
public struct StepReport: Sendable, Hashable {
  /// Steps done, this one included; where it is not finite, what its number would have been.
  public let step: Int
  /// Before the update.
  public let loss: Double
  /// The Euclidean norm of the whole gradient, before clipping.
  public let gradientNorm: Double
  /// η of the step, by the schedule.
  public let learningRate: Double
  /// False where loss or gradient was not finite: then nothing was updated.
  public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite }
}

/// Trains a model: forward, loss, back-propagation through time, clipping, optimizer. Everything is planned and
/// allocated in `init`; a step allocates nothing.
///
///     var trainer = try Trainer(model, batchSize: 32, sequenceLength: 50, optimizer: .adam(learningRate: 3e-3))
///     let report = trainer.step(.tokens(letters), .classes(following))
///
/// Sequences are taken whole, or in segments with the state carried (truncated back-propagation, Williams & Peng 1990):
/// with `carriesState` the state after a step is where the next step starts, until `resetState`.
///
/// **From tasks.** `Sendable`, as it alone owns its memory and workers: it may be sent on to another task, or be kept by an
/// actor. All that changes it is `mutating`, and so the compiler sees to it that one task at a time does.
public struct Trainer<S: Scalar>: ~Copyable, @unchecked Sendable {
  let engine: Engine<S>
  private let trained: Model<S>
  private(set) var dropoutSeeds: SeededGenerator
  private(set) var chosen: TrainingSettings
  /// Steps done; one whose loss or gradient was not finite does not count.
  public internal(set) var stepCount = 0
  /// What `accumulate` has summed up for the next step.
  private var accumulated = (batches: 0, loss: 0.0)
  /// Batches whose gradients wait for the next step.
  var accumulatedBatches: Int { accumulated.batches }
  let evaluator: Evaluator<S>
  /// Of the weights, where the settings ask for it.
  var average: WeightAverage<S>?
  /// The processes that train this model together; nil: this one alone.
  let communicator: (any Communicator)?

  /// Plans and allocates everything.
  /// - Parameters:
  ///   - model: that training starts from.
  ///   - batchSize: N, sequences side by side.
  ///   - sequenceLength: T, the most steps of a segment.
  ///   - loss: what the outputs are compared by.
  ///   - optimizer: how the parameters follow their gradients.
  ///   - schedule: what its learning rate is multiplied by at each step.
  ///   - clipping: bounds on the gradient.
  ///   - carriesState: whether a step starts from the state in which the one before ended.
  ///   - isRagged: whether sequences may have different lengths, T being the most, and be fewer than N.
  ///   - recomputing: whether to keep less than backward needs, and compute it again.
  ///   - accumulatesGradients: whether `accumulate` will be called, which needs memory for another gradient.
  ///   - shards: S, parts of the batch whose gradients are computed one after the other: `TrainingSettings.shards`.
  ///   - averageDecay: β of a moving average of the weights (`averagedModel`); nil: none is kept.
  ///   - exchange: in which precision the gradients of shards are summed, and exchanged between processes.
  ///   - communicator: several processes that share the shards, and train the same model; nil: this one alone.
  ///   - products: who multiplies.
  ///   - precision: `.full`, or `.bfloat16Dot` for training in mixed precision: see `TrainingSettings.precision`.
  ///   - threads: workers that share the batch; 0: one for each processor. Results do not depend on it.
  ///   - seed: of the masks of dropout and zoneout.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ model: Model<S>, batchSize: Int, sequenceLength: Int, loss: Loss = .crossEntropy,
    optimizer: Optimizer = .adam(), schedule: LearningRateSchedule = .constant,
    clipping: GradientClipping = .none, carriesState: Bool = false, isRagged: Bool = false,
    recomputing: Recomputation = .none, accumulatesGradients: Bool = false, shards: Int = 1,
    exchange: GradientExchange = .full, averageDecay: Double? = nil, over communicator: (any Communicator)? = nil,
    products: Products = .automatic,
    precision: WeightPrecision = .full, threads: Int = 0, seed: UInt64 = 0
  ) throws(PlanError) {
    var settings = TrainingSettings(
      batchSize: batchSize, sequenceLength: sequenceLength, loss: loss, optimizer: optimizer, schedule: schedule,
      clipping: clipping, carriesState: carriesState, isRagged: isRagged, recomputing: recomputing,
      accumulatesGradients: accumulatesGradients, shards: shards, exchange: exchange, products: products,
      precision: precision)
    settings.averageDecay = averageDecay
    try self.init(model, settings, threads: threads, over: communicator, dropoutSeeds: SeededGenerator(seed: seed))
  }

  init(
    _ model: Model<S>, _ settings: TrainingSettings, threads: Int, over communicator: (any Communicator)?,
    dropoutSeeds: SeededGenerator
  ) throws(PlanError) {
    settings.check()
    if let fault = settings.exchange.fault(of: S.self) { stop(fault) }
    let share = ShardShare(count: settings.shards, exchange: settings.exchange, over: communicator)
    self.communicator = communicator
    require(
      !settings.carriesState || model.configuration.directions == .forward,
      "a layer that runs both ways has no state to carry to what follows")
    let plan = try Plan(
      training: model.configuration, loss: settings.loss, momentCount: settings.optimizer.momentCount,
      steps: settings.sequenceLength, batchSize: settings.batchSize,
      shards: share, isRagged: settings.isRagged, recomputing: settings.recomputing,
      accumulatesGradients: settings.accumulatesGradients,
      products: settings.products, precision: settings.precision, scalar: S.self)
    engine = try Engine(plan, threads: threads)
    if plan.gradientParts.count > 1 { engine.communicator = communicator }
    engine.load(model)
    engine.zeroShards()
    trained = model
    self.dropoutSeeds = dropoutSeeds
    chosen = settings
    average = settings.averageDecay.map { WeightAverage(model, decay: $0) }
    evaluator = Evaluator(
      model.configuration, loss: settings.loss, batchSize: settings.batchSize, products: settings.products,
      threads: threads)
    engine.freeze(settings.frozenParameters)
  }

  /// What the training goes by. Optimizer, schedule, clipping and frozen parameters may be changed between steps; the
  /// rest was decided by `init`.
  public var settings: TrainingSettings {
    get { chosen }
    set {
      chosen.requireSamePlan(newValue)
      newValue.check()
      if newValue.frozenParameters != chosen.frozenParameters { engine.freeze(newValue.frozenParameters) }
      chosen = newValue
    }
  }

  /// The buffers and their sizes.
  public var plan: Plan { engine.plan }

  /// A copy of the model as it is now.
  public func model() -> Model<S> {
    var model = trained
    engine.read(into: &model)
    return model
  }

  // MARK: State

  /// The state before the next step. Where several processes share the batch each knows that of its own sequences alone, until
  /// a checkpoint is taken.
  public var state: RecurrentState<S> {
    get { start.state }
    set { start = Engine.SavedStart(allFrom: newValue) }
  }

  /// Lets the next step start from the zero state, or the trained one.
  public mutating func resetState() {
    engine.zeroState()
    engine.zeroShards()
  }

  /// Lets one sequence of the next step start anew.
  public mutating func resetState(ofSequence sequence: Int) {
    if engine.plan.update.tree == nil { engine.zeroState(of: sequence) } else { engine.zeroShards(sequence) }
  }

  // MARK: Steps

  /// One step on a batch: up to T steps of N sequences, or of up to N of different lengths if the trainer is for such. A
  /// sequence of no steps teaches nothing; where there is one output for each sequence it is refused, as is a batch of
  /// nothing else.
  /// - Parameters:
  ///   - input: tokens or vectors, as the model takes them: [T, N, …], or sequence by sequence.
  ///   - target: classes, values or labels, as the loss takes them, in the layout of the outputs.
  /// - Returns: the loss and the norm of the gradient, both before the update; where they are not finite nothing was updated.
  public mutating func step(_ input: ModelInput<S>, _ target: ModelTarget<S>) -> StepReport {
    if engine.plan.update.tree != nil { return updateByGradient(loss: computeShards(input, target)) }
    let rows = set(input, target)
    if accumulated.batches == 0, !isSegmented(rows) {
      let report = update(rows)
      if chosen.carriesState { engine.carryState(after: rows) }
      return report
    }
    computeGradient(rows) { engine, seed in engine.perform(.gradient, rows, dropoutSeed: seed) }
    return updateByGradient(loss: engine.meanLoss(rows))
  }

  /// One step on a batch by a loss of one's own, for a trainer with `Loss.custom`.
  /// - Parameters:
  ///   - input: tokens or vectors, as for a step with a target.
  ///   - loss: is called once, on the outputs of the batch.
  /// - Returns: as a step with a target.
  public mutating func step(_ input: ModelInput<S>, loss: CustomLoss<S>) -> StepReport {
    let rows = set(input)
    computeGradient(rows) { engine, seed in engine.performGradient(of: loss, rows, dropoutSeed: seed) }
    return updateByGradient(loss: engine.meanLoss(rows))
  }

  /// Adds the gradient of a batch to that of the next step, which then goes by the mean of all its batches' gradients.
  /// - Returns: the loss of the batch.
  /// - Precondition: the trainer was made with `accumulatesGradients`.
  public mutating func accumulate(_ input: ModelInput<S>, _ target: ModelTarget<S>) -> Double {
    if engine.plan.update.tree != nil { return accumulate { trainer in trainer.computeShards(input, target) } }
    let rows = set(input, target)
    return accumulate(rows) { engine, seed in engine.perform(.gradient, rows, dropoutSeed: seed) }
  }

  /// As above, by a loss of one's own.
  public mutating func accumulate(_ input: ModelInput<S>, loss: CustomLoss<S>) -> Double {
    let rows = set(input)
    return accumulate(rows) { engine, seed in engine.performGradient(of: loss, rows, dropoutSeed: seed) }
  }

  private func set(_ input: ModelInput<S>, _ target: ModelTarget<S>) -> Rows {
    let rows = set(input)
    engine.set(target, rows)
    return rows
  }

  private func set(_ input: ModelInput<S>) -> Rows {
    let rows = engine.set(input)
    engine.requireSteps(rows)
    return rows
  }

  private mutating func accumulate(_ rows: Rows, _ perform: (Engine<S>, _ dropoutSeed: UInt64?) -> Void) -> Double {
    accumulate { trainer in
      trainer.computeGradient(rows, perform)
      return trainer.engine.meanLoss(rows)
    }
  }

  /// - Parameter compute: leaves the gradient of a batch, and returns its loss.
  private mutating func accumulate(_ compute: (inout Self) -> Double) -> Double {
    require(chosen.accumulatesGradients, "ask for it with Trainer(…, accumulatesGradients: true)")
    let mean = compute(&self)
    engine.accumulateGradient(isFirst: accumulated.batches == 0)
    accumulated = (accumulated.batches + 1, accumulated.loss + mean)
    return mean
  }

  /// One update on a batch whose inputs and targets are set.
  mutating func update(_ rows: Rows) -> StepReport {
    let rule = nextRule()
    engine.perform(.training, rows, dropoutSeed: nextSeed(), update: rule)
    return report(rule, loss: engine.meanLoss(rows))
  }

  /// One update by a gradient that was left, and those that were accumulated.
  private mutating func updateByGradient(loss: Double) -> StepReport {
    let batches = accumulated.batches + 1
    if batches > 1 { engine.meanGradient(ofBatches: batches) }
    let rule = nextRule()
    // A loss that is not finite changes nothing: here it may be that of another process.
    engine.perform(loss.isFinite ? .update : .squares, engine.writtenRows, update: rule)
    defer { accumulated = (0, 0) }
    return report(rule, loss: (accumulated.loss + loss) / Double(batches))
  }

  /// Leaves the gradient of a batch whose input, and target if there is one, are set.
  private mutating func computeGradient(_ rows: Rows, _ perform: (Engine<S>, _ dropoutSeed: UInt64?) -> Void) {
    if isSegmented(rows) {
      engine.performInSegments(rows, dropoutSeed: nextSeed(), carriesState: chosen.carriesState)
      return
    }
    perform(engine, nextSeed())
    if chosen.carriesState { engine.carryState(after: rows) }
  }

  func isSegmented(_ rows: Rows) -> Bool { engine.plan.sizes.keptSteps < rows.batchSteps }

  mutating func nextSeed() -> UInt64? {
    engine.plan.configuration.isRandom ? dropoutSeeds.next() : nil
  }

  private func nextRule() -> UpdateRule {
    let rate = chosen.optimizer.learningRate * chosen.schedule.factor(at: stepCount)
    return chosen.optimizer.rule(step: stepCount + 1, rate: rate, clipping: chosen.clipping)
  }

  /// Counts the step, unless it updated nothing: schedule and optimizer stay where they were then.
  private mutating func report(_ rule: UpdateRule, loss: Double) -> StepReport {
    let report = StepReport(
      step: stepCount + 1, loss: loss, gradientNorm: engine.gradientNorm, learningRate: rule.rate)
    guard report.isFinite else { return report }
    stepCount += 1
    average?.add(engine)
    return report
  }
}
