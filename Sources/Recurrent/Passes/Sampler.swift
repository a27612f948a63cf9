internal import Kernels

/// Runs a token model one step at a time and feeds its draws back: generation that never recomputes the prefix. A step
/// allocates nothing.
///
/// **From tasks.** `Sendable`, as it alone owns its memory and workers: it may be sent on to another task, or be kept by an
/// actor. All that changes it is `mutating`, and so the compiler sees to it that one task at a time does.
public struct Sampler<S: Scalar>: ~Copyable, @unchecked Sendable {
  private let engine: Engine<S>
  private var drawer: TokenDrawer
  private var generator: SeededGenerator
  /// One sequence of one step.
  private let rows: Rows
  private var hasLogits = false

  /// - Precondition: the model takes tokens and has an output for each of them at every step.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ model: Model<S>, options: SamplingOptions = .init(), products: Products = .automatic,
    precision: WeightPrecision = .full, seed: UInt64 = 0
  ) throws(PlanError) {
    let configuration = model.configuration
    require(
      configuration.input.vocabularySize == configuration.outputSize && configuration.head == .everyStep,
      "sampling needs a token model with one output a token at every step")
    require(configuration.directions == .forward, "a model that runs both ways cannot be sampled step by step")
    try model.refuse(beyond: precision)
    engine = try Engine(
      Plan(
        configuration, steps: 1, batchSize: 1, purpose: .inference(loss: nil), products: products,
        precision: precision, scalar: S.self),
      threads: 1)
    engine.load(model)
    rows = engine.rows(steps: 1)
    drawer = TokenDrawer(options, count: configuration.outputSize)
    generator = SeededGenerator(seed: seed)
  }

  /// The buffers and their sizes.
  public var plan: Plan { engine.plan }

  /// The state after the tokens fed so far.
  public var state: RecurrentState<S> {
    get { engine.initialState }
    set { engine.setInitialState(newValue) }
  }

  /// Feeds one token: one step.
  public mutating func feed(_ token: Int32) {
    require(
      token >= 0 && token < engine.plan.outputs.columns,
      "token \(token): expected 0 to \(engine.plan.outputs.columns - 1)")
    engine.indices[engine.plan.index.tokens] = token
    engine.perform(.forward, rows)
    engine.carryState(after: rows)
    hasLogits = true
  }

  /// The logits of the token after those fed so far, [V].
  public var logits: [S] { engine.memory.array(engine.plan.outputs) }

  /// Draws the next token and feeds it.
  /// - Precondition: at least one token was fed; no logit is NaN, nor the largest infinite, as those of a model with such
  ///   parameters are (`Model.nonFiniteParameters`).
  public mutating func next() -> Int32 {
    require(hasLogits, "feed a token first")
    let outputs = engine.plan.outputs
    guard let token = drawer.draw(engine.memory.span(outputs.offset, outputs.columns), using: &generator) else {
      stop("expected finite logits to draw from, got \(logits.first { !$0.isFinite } ?? .nan): see nonFiniteParameters")
    }
    feed(token)
    return token
  }

  /// A token drawn uniformly: something to start from where there is no prompt.
  public mutating func randomToken() -> Int32 {
    Int32(generator.uniform() * Double(engine.plan.outputs.columns))
  }
}
