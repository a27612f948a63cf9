internal import Kernels

/// Runs a model forward only, on batches of sequences that come whole, or piece by piece: a call starts anew, or goes on
/// from where the last one ended. A call allocates nothing.
///
///     pass.run(.tokens(first))
///     pass.run(.tokens(next), continuing: true)
///
/// Layouts are time-major: inputs [T, N, I], outputs [T, N, O] (or [N, O] for a head that gives one output a sequence, and
/// without a head as wide as the top layer). Sequences of different lengths come as `Sequences`.
///
/// A layer that runs both ways begins anew in each call in the other direction: such a model wants whole sequences.
///
/// For many sessions of one model see `InferenceServer`.
///
/// **From tasks.** `Sendable`, as it alone owns its memory and workers: it may be sent on to another task, or be kept by an
/// actor. All that changes it is `mutating`, and so the compiler sees to it that one task at a time does.
public struct InferencePass<S: Scalar>: ~Copyable, @unchecked Sendable {
  private let engine: Engine<S>
  /// The engine's memory, held here too so that spans of it may depend on the pass.
  private let memory: Memory<S>
  /// The batch of the last call; nil before the first.
  private var lastRows: Rows?
  /// Whether the state was set since the last call, which then starts from it.
  private var hasGivenState = false

  /// Plans and allocates everything.
  /// - Parameters:
  ///   - model: whose parameters are copied.
  ///   - steps: T, the most steps of a call.
  ///   - batchSize: N.
  ///   - memorySteps: the most steps of a memory, for a model with attention; nil for others.
  ///   - products: who multiplies. By `.automatic` it is packed kernels: what a sequence gives does not depend on those
  ///     beside it, nor on the pieces that it comes in.
  ///   - precision: how the weights that products read are stored; of `Float` models.
  ///   - threads: workers that share the batch; 0: one for each processor. Results do not depend on it.
  /// - Throws: `PlanError` where the memory does not suffice, or a weight is too large for the precision.
  public init(
    _ model: Model<S>, steps: Int, batchSize: Int, memorySteps: Int? = nil, products: Products = .automatic,
    precision: WeightPrecision = .full, threads: Int = 0
  ) throws(PlanError) {
    try model.refuse(beyond: precision)
    let plan = try Plan(
      model.configuration, steps: steps, batchSize: batchSize, purpose: .inference(loss: nil),
      memory: memorySteps.map { MemoryShape(steps: $0) }, products: products, precision: precision,
      scalar: S.self)
    engine = try Engine(plan, threads: threads)
    memory = engine.memory
    engine.load(model)
  }

  /// The buffers and their sizes.
  public var plan: Plan { engine.plan }

  /// Replaces the parameters; the configuration must be the same. The state stays.
  public mutating func load(_ model: Model<S>) { engine.load(model) }

  /// The state after the steps run so far, before the next one; all 0 at first (or what was trained).
  /// The next call starts from a state that is set, and with input feeding from a `fedOutput` of 0.
  public var state: RecurrentState<S> {
    get { engine.initialState }
    set {
      engine.setInitialState(newValue)
      hasGivenState = true
    }
  }

  /// The states after each sequence's last step of the last call, of a layer's other direction after that one's own last
  /// step: the sequence's first (PyTorch's h_n).
  public var finalState: RecurrentState<S> { engine.finalState(rows) }

  /// With input feeding, what the first layer reads beside the next input: what the head read of each sequence at the last step run so
  /// far, [N, U]; all 0 at first, and once `state` is set.
  /// - Precondition: the model has input feeding; a value of its size.
  public var fedOutput: [S] {
    get { memory.array(feeding.start) }
    set {
      require(
        newValue.count == feeding.start.count, "expected \(feeding.start.count) numbers, got \(newValue.count)")
      memory.write(newValue.span, to: feeding.start)
      hasGivenState = true
    }
  }

  private var feeding: InputFeeding {
    guard let feeding = engine.plan.feeding else { stop("the model has no input feeding") }
    return feeding
  }

  /// Copies `state` into a value of its shape, without allocating; setting `state` does not allocate either.
  public func copyState(into target: inout RecurrentState<S>) { engine.copyInitialState(into: &target) }

  /// Lets the next call start from the zero state, or the trained one.
  public mutating func resetState() {
    engine.zeroState()
    hasGivenState = false
  }

  /// Lets one sequence of the next call start anew, where the call goes on.
  public mutating func resetState(ofSequence sequence: Int) { engine.zeroState(of: sequence) }

  /// Sets what each sequence attends to from now on: see `RecurrentPass.setMemory(_:)`.
  public mutating func setMemory(_ memories: Sequences<S>) { engine.setMemory(memories) }

  /// Runs up to T steps of N sequences, or of up to N of different lengths.
  /// - Parameters:
  ///   - input: tokens or vectors, as the model takes them.
  ///   - continuing: whether they go on from where the last call ended. Else they start anew, from the zero state or the
  ///     trained one; unless `state` was set since, from which they start then.
  public mutating func run(_ input: ModelInput<S>, continuing: Bool = false) {
    start(continuing: continuing)
    run(engine.set(input))
  }

  /// The same on tokens [steps, N] without a copy.
  public mutating func run(tokens: Span<Int32>, continuing: Bool = false) {
    start(continuing: continuing)
    run(engine.setTokens(tokens))
  }

  /// The same on vectors [steps, N, I] without a copy.
  public mutating func run(vectors: Span<S>, continuing: Bool = false) {
    start(continuing: continuing)
    run(engine.setVectors(vectors))
  }

  private mutating func start(continuing: Bool) {
    if !continuing, !hasGivenState { engine.zeroState() }
    hasGivenState = false
  }

  private mutating func run(_ rows: Rows) {
    engine.perform(.forward, rows)
    engine.carryState(after: rows)
    lastRows = rows
  }

  private var rows: Rows {
    guard let lastRows else { stop("nothing was run yet") }
    return lastRows
  }

  private func requireOneLength() {
    require(
      lastRows?.isRagged != true || engine.plan.configuration.head.isPooled,
      "the sequences differ in length: see outputSequences")
  }

  /// The outputs of the last call, [steps, N, O], or [N, O] where there is one for each sequence.
  /// - Precondition: not the outputs at every step of sequences of different lengths: see `outputSequences`.
  public var outputs: [S] {
    requireOneLength()
    return memory.array(place)
  }

  /// The outputs at every step of each sequence of the last call.
  /// - Precondition: the model has an output for every step.
  public var outputSequences: Sequences<S> {
    require(!engine.plan.configuration.head.isPooled, "there is one output for each sequence: see outputs")
    return engine.sequences(place, rows)
  }

  /// Rows of the outputs of the last call: steps · N, or N where there is one output for each sequence.
  public var outputRowCount: Int { lastRows.map(engine.outputRowCount) ?? 0 }

  /// One row of the outputs of the last call, [O]; row `step · N + sequence`, or `sequence` for a head at the last step.
  @_lifetime(borrow self)
  public func output(row: Int) -> Span<S> {
    requireOneLength()
    require(row >= 0 && row < place.rows, "row \(row) of \(place.rows)")
    return memory.span(place.offset + row * place.stride, place.columns)
  }

  /// Copies the outputs of the last call to `target`, without allocating.
  /// - Precondition: `target` has as many places as there are outputs.
  public func copyOutputs(into target: inout MutableSpan<S>) {
    requireOneLength()
    require(target.count == place.count, "expected room for \(place.count) outputs, got \(target.count)")
    memory.read(place, into: &target)
  }

  /// Runs on from `vectors`, continuing the last call, with every output as the next step's input.
  /// - Parameters:
  ///   - vectors: [N, I], the input of the first step.
  ///   - steps: how many outputs are wanted, 1 or more.
  /// - Returns: the outputs, [steps, N, O].
  /// - Precondition: a model of vectors with outputs as wide as its inputs at every step.
  public mutating func generate(from vectors: Span<S>, steps: Int) -> [S] {
    let configuration = engine.plan.configuration
    require(
      configuration.input.vocabularySize == nil && !configuration.head.isPooled
        && configuration.outputSize == configuration.input.size,
      "outputs can be fed back to a model of vectors with an output at every step that is as wide as its input")
    require(steps >= 1, "steps must be 1 or more, got \(steps)")
    let width = engine.plan.batchSize * configuration.outputSize
    var generated: [S] = []
    generated.reserveCapacity(steps * width)
    run(vectors: vectors, continuing: true)
    generated += outputs
    for step in 1..<steps {
      run(vectors: generated.span.extracting((step - 1) * width..<step * width), continuing: true)
      generated += outputs
    }
    return generated
  }

  private var place: Region { engine.plan.outputs.rows(0..<outputRowCount) }
}
