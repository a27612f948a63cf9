internal import Kernels

/// One plan, ready to run: forward, and backward from a gradient of your own. What `Trainer` is made of; use it where
/// the loss or the update is yours.
///
/// Layouts are time-major: inputs [T, N, I], outputs [T, N, O] (or [N, O] for a head that gives one output a sequence, and
/// without a head as wide as the top layer). Sequences of different lengths come as `Sequences`.
///
/// A forward call leaves what one backward call uses up: states, gates, and, where the model has a head, the outputs, whose
/// place the gradient takes. So each `backward` needs a `forward` of its own, with nothing that it depends on (parameters,
/// initial state, memory) changed between them, and outputs are to be read before it. Everything else is there until the
/// next forward call.
///
/// **From tasks.** `Sendable`, as it alone owns its memory and workers: it may be sent on to another task, or be kept by an
/// actor. All that changes it is `mutating`, and so the compiler sees to it that one task at a time does.
public struct RecurrentPass<S: Scalar>: ~Copyable, @unchecked Sendable {
  let engine: Engine<S>
  private let model: Model<S>
  /// The batch of the last forward call; nil before the first.
  private var lastRows: Rows?
  /// What has made the last forward call useless for a backward one; nil: nothing.
  private var spoiler: StaticString?
  /// Whether the outputs of the last forward call are still there.
  private var hasOutputs = false
  /// Whether there are gradients: of some backward call, and of one through the last forward call.
  private var (hasGradients, hasOwnGradients) = (false, false)

  /// Plans and allocates everything.
  /// - Parameters:
  ///   - model: whose parameters are copied.
  ///   - steps: T, the most steps of a call.
  ///   - batchSize: N.
  ///   - inputGradient: whether dL/d(input) is wanted; for vectors.
  ///   - isRagged: whether sequences may have different lengths, T being the most, and be fewer than N.
  ///   - memorySteps: the most steps of a memory, for a model with attention; nil for others.
  ///   - products: who multiplies.
  ///   - precision: `.full` or `.bfloat16Dot`, of all products forward and backward: see `TrainingSettings.precision`.
  ///   - threads: workers that share the batch; 0: one for each processor.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ model: Model<S>, steps: Int, batchSize: Int, inputGradient: Bool = false, isRagged: Bool = false,
    memorySteps: Int? = nil, products: Products = .automatic,
    precision: WeightPrecision = .full, threads: Int = 0
  ) throws(PlanError) {
    let plan = try Plan(
      model.configuration, steps: steps, batchSize: batchSize, purpose: .training(loss: nil, momentCount: 0),
      inputGradient: inputGradient, isRagged: isRagged,
      memory: memorySteps.map { MemoryShape(steps: $0) }, products: products, precision: precision, scalar: S.self)
    engine = try Engine(plan, threads: threads)
    engine.load(model)
    self.model = model
  }

  /// The buffers and their sizes.
  public var plan: Plan { engine.plan }

  /// Replaces the parameters; the configuration must be the same.
  public mutating func load(_ model: Model<S>) {
    engine.load(model)
    spoiler = "load(_:)"
  }

  /// Lets the next forward call pack the weights again, as it must after every update: for measuring a training step
  /// without an optimizer.
  package mutating func parametersChanged() { engine.parametersChanged() }

  /// The state before the first step; all 0 at first (or what was trained).
  public var initialState: RecurrentState<S> {
    get { engine.initialState }
    set {
      engine.setInitialState(newValue)
      spoiler = "initialState was set"
    }
  }

  /// Lets sequences start from the zero state, or the trained one.
  public mutating func resetState() {
    engine.zeroState()
    spoiler = "resetState()"
  }

  /// The state after the last step of each sequence of the last forward call.
  /// - Precondition: there was one.
  public var finalState: RecurrentState<S> { engine.finalState(rows) }

  var rows: Rows {
    guard let lastRows else { stop("there was no forward call before") }
    return lastRows
  }

  // MARK: Forward

  /// Runs up to T steps of N sequences, or of up to N of different lengths if the pass is for such, from
  /// `initialState` on.
  /// - Parameters:
  ///   - input: tokens or vectors, as the model takes them.
  ///   - dropoutSeed: decides the masks of dropout and zoneout; nil: none.
  public mutating func forward(_ input: ModelInput<S>, dropoutSeed: UInt64? = nil) {
    forward(engine.set(input), dropoutSeed)
  }

  /// The same on tokens [steps, N] without a copy.
  public mutating func forward(tokens: Span<Int32>, dropoutSeed: UInt64? = nil) {
    forward(engine.setTokens(tokens), dropoutSeed)
  }

  /// The same on vectors [steps, N, I] without a copy.
  public mutating func forward(vectors: Span<S>, dropoutSeed: UInt64? = nil) {
    forward(engine.setVectors(vectors), dropoutSeed)
  }

  private mutating func forward(_ rows: Rows, _ dropoutSeed: UInt64?) {
    engine.perform(.forward, rows, dropoutSeed: dropoutSeed)
    lastDropoutSeed = dropoutSeed
    lastRows = rows
    (spoiler, hasOutputs, hasOwnGradients) = (nil, true, false)
  }

  private var lastDropoutSeed: UInt64?

  private var outputPlace: Region { engine.plan.outputs.rows(0..<engine.outputRowCount(rows)) }

  private func requireOutputs() {
    require(
      hasOutputs || lastRows == nil, "expected outputs to be read before backward, whose gradient takes their place")
  }

  /// The outputs of the last forward call, [steps, N, O], or [N, O] where there is one for each sequence.
  /// - Precondition: not the outputs at every step of sequences of different lengths: see `outputSequences`. Of a model with
  ///   a head they are gone after `backward`.
  public var outputs: [S] {
    requireOutputs()
    require(
      !rows.isRagged || model.configuration.head.isPooled, "the sequences differ in length: see outputSequences")
    return engine.memory.array(outputPlace)
  }

  /// The outputs at every step of each sequence of the last forward call.
  /// - Precondition: the model has an output for every step. Of a model with a head they are gone after `backward`.
  public var outputSequences: Sequences<S> {
    requireOutputs()
    require(!model.configuration.head.isPooled, "there is one output for each sequence: see outputs")
    return engine.sequences(outputPlace, rows)
  }

  /// The outputs of a layer, [steps, N, its width].
  /// - Precondition: the model has the layer.
  public func layerOutputs(_ layer: Int) -> [S] {
    check(layer: layer)
    require(!rows.isRagged, "the sequences differ in length: see layerOutputSequences")
    return engine.memory.array(engine.plan.layers[layer].outputs.rows(0..<rows.rowCount))
  }

  /// The outputs of a layer for each sequence, [length, its width].
  /// - Precondition: the model has the layer.
  public func layerOutputSequences(_ layer: Int) -> Sequences<S> {
    check(layer: layer)
    return engine.sequences(engine.plan.layers[layer].outputs, rows)
  }

  /// The states of one direction of a layer after every step, part after part: [steps, N, S·H] (with a projection H wide
  /// parts too, of which the first P of h count). Of the reverse direction in the order of time.
  /// - Precondition: the model has the layer, and the direction.
  public func states(ofLayer layer: Int, reverse: Bool = false) -> Sequences<S> {
    check(layer: layer)
    guard reverse else { return engine.stateSequences(engine.plan.layers[layer].forward, rows) }
    require(
      engine.plan.layers[layer].runsBothWays,
      "layer \(layer) has no reverse direction: the model's layers run forward only")
    return engine.stateSequences(engine.plan.layers[layer].reverse, rows)
  }

  private func check(layer: Int) {
    let count = engine.plan.layers.count
    require(layer >= 0 && layer < count, "expected a layer in 0..<\(count), got \(layer)")
  }

  // MARK: Backward

  /// Back-propagates dL/d(outputs), of the shape of `outputs`, through the last forward call.
  /// - Precondition: nothing else was done since that it depends on: each backward call needs a forward call of its own.
  public mutating func backward(outputGradient: Span<S>) {
    require(
      !rows.isRagged || model.configuration.head.isPooled, "the sequences differ in length: give Sequences")
    require(
      outputGradient.count == outputPlace.count,
      "expected a gradient of \(outputPlace.count) values, got \(outputGradient.count)")
    requireTape()
    engine.memory.write(outputGradient, to: gradientPlace)
    goBack()
  }

  /// Back-propagates dL/d(outputs), of the shape of `outputSequences`, through the last forward call.
  /// - Precondition: nothing else was done since that it depends on: each backward call needs a forward call of its own.
  public mutating func backward(outputGradient: Sequences<S>) {
    require(!model.configuration.head.isPooled, "there is one output for each sequence: give a Span")
    require(
      outputGradient.width == outputPlace.columns,
      "expected a gradient of \(outputPlace.columns) values a step, got \(outputGradient.width)")
    requireTape()
    engine.write(outputGradient, to: gradientPlace, rows)
    goBack()
  }

  /// Back-propagates dL/d(final state) alone through the last forward call, of sequences that are equally long.
  mutating func backward(finalStateGradient: RecurrentState<S>) {
    require(!rows.isRagged, "sequences of different lengths end at different steps")
    requireTape()
    engine.memory.fill(gradientPlace, with: 0)
    engine.setStateGradient(finalStateGradient)
    goBack(startsFromStateGradient: true)
  }

  private func requireTape() {
    if let spoiler { stop("expected a forward call before each backward, got none since \(spoiler)") }
  }

  private mutating func goBack(startsFromStateGradient: Bool = false) {
    engine.perform(
      .backward, rows, dropoutSeed: lastDropoutSeed, startsFromStateGradient: startsFromStateGradient)
    spoiler = "the last backward"
    hasOutputs = model.configuration.head == .none
    (hasGradients, hasOwnGradients) = (true, true)
  }

  private func requireGradients(_ are: Bool) {
    require(are, "expected a backward call before its gradients are read, got none")
  }

  /// Without a head the outputs are the states themselves, which backward still reads.
  private var gradientPlace: Region {
    let place =
      model.configuration.head == .none
      ? engine.plan.backward.outputs.columns(0..<outputPlace.columns) : engine.plan.outputs
    return place.rows(0..<engine.outputRowCount(rows))
  }

  /// dL/d(parameter) after `backward`, row-major.
  /// - Precondition: the model has a parameter of this name.
  public func gradient(of name: String) -> [S] {
    guard let entry = engine.plan.table[name] else {
      stop("no parameter \(name); there are \(engine.plan.table.entries.map(\.name))")
    }
    requireGradients(hasGradients)
    return engine.memory.array(
      Region(offset: engine.plan.update.shift + entry.offset, rows: 1, columns: entry.count))
  }

  /// dL/d(input) after `backward`, [steps, N, I], for vectors and where the plan was asked for it.
  public var inputGradient: [S] {
    guard let gradient = engine.plan.backward.input else {
      stop("ask for the input's gradient with RecurrentPass(…, inputGradient: true)")
    }
    requireGradients(hasOwnGradients)
    require(!rows.isRagged, "the sequences differ in length: see inputGradientSequences")
    return engine.memory.array(gradient.rows(0..<rows.rowCount))
  }

  /// dL/d(input) after `backward` for each sequence, [length, I], as `inputGradient`.
  public var inputGradientSequences: Sequences<S> {
    guard let gradient = engine.plan.backward.input else {
      stop("ask for the input's gradient with RecurrentPass(…, inputGradient: true)")
    }
    requireGradients(hasOwnGradients)
    return engine.sequences(gradient, rows)
  }

  /// dL/d(initial state) after `backward`.
  public var initialStateGradient: RecurrentState<S> {
    requireGradients(hasOwnGradients)
    return engine.initialStateGradient(rows)
  }
}

// MARK: Attention

extension RecurrentPass {
  /// Sets what each sequence attends to from now on: memories [length, U] of 0 to `memorySteps` steps, of which each
  /// sequence of the batch has one. A sequence without one has an empty one, whose context is 0.
  public mutating func setMemory(_ memories: Sequences<S>) {
    engine.setMemory(memories)
    spoiler = "setMemory(_:)"
  }

  /// dL/d(memory) after `backward`, [length, U] for each sequence of the batch.
  public var memoryGradient: Sequences<S> {
    requireGradients(hasOwnGradients)
    return engine.memoryGradientSequences(rows)
  }
}
