internal import Kernels

/// One plan, ready to run: forward, and backward from a gradient of your own. What `Trainer` is made of; use it where
/// the loss or the update is yours.
///
/// Layouts are time-major: inputs [T, N, I], outputs [T, N, O] (or [N, O] for a head at the last step, [T, N, H] without
/// a head).
public struct RecurrentPass<S: Scalar>: ~Copyable {
  private let engine: Engine<S>
  private let model: Model<S>
  private var steps = 0

  /// Plans and allocates everything.
  /// - Parameters:
  ///   - steps: T, the most steps of a call.
  ///   - batchSize: N.
  ///   - inputGradient: whether dL/d(input) is wanted; for vectors.
  ///   - threads: workers that share the batch; 0: one for each processor.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ model: Model<S>, steps: Int, batchSize: Int, inputGradient: Bool = false, threads: Int = 0
  ) throws(PlanError) {
    let plan = try Plan(
      model.configuration, steps: steps, batchSize: batchSize, purpose: .training(loss: nil, momentCount: 0),
      inputGradient: inputGradient, scalar: S.self)
    engine = Engine(plan, threads: threads)
    engine.load(model)
    self.model = model
  }

  public var plan: Plan { engine.plan }

  /// Replaces the parameters; the configuration must be the same.
  public mutating func load(_ model: Model<S>) { engine.load(model) }

  /// Lets the next forward call pack the weights again, as it must after every update: for measuring a training step
  /// without an optimizer.
  package mutating func parametersChanged() { engine.parametersChanged() }

  /// The state before the first step; all 0 at first.
  public var initialState: RecurrentState<S> {
    get { engine.state { engine.state($0, after: 0) } }
    set { engine.setInitialState(newValue) }
  }

  /// The state after the last step of the last forward call.
  public var finalState: RecurrentState<S> { engine.state { engine.state($0, after: steps) } }

  /// - Parameters:
  ///   - tokens: [steps, N], each below the vocabulary's size.
  ///   - dropoutSeed: decides the dropout masks; nil: no dropout.
  public mutating func forward(tokens: Span<Int32>, dropoutSeed: UInt64? = nil) {
    steps = tokens.count / engine.plan.batchSize
    engine.setTokens(tokens, steps: steps)
    engine.perform(.forward, steps: steps, dropoutSeed: dropoutSeed)
    lastDropoutSeed = dropoutSeed
  }

  /// - Parameters:
  ///   - vectors: [steps, N, I].
  ///   - dropoutSeed: decides the dropout masks; nil: no dropout.
  public mutating func forward(vectors: Span<S>, dropoutSeed: UInt64? = nil) {
    steps = vectors.count / (engine.plan.batchSize * model.configuration.input.size)
    engine.setVectors(vectors, steps: steps)
    engine.perform(.forward, steps: steps, dropoutSeed: dropoutSeed)
    lastDropoutSeed = dropoutSeed
  }

  private var lastDropoutSeed: UInt64?

  /// The outputs of the last forward call, [steps, N, O] or [N, O].
  public var outputs: [S] { engine.block.array(engine.plan.outputs.rows(0..<engine.plan.outputRows(steps: steps))) }

  /// The outputs h of a layer, [steps, N, H].
  public func layerOutputs(_ layer: Int) -> [S] {
    engine.block.array(engine.plan.layers[layer].outputs.rows(0..<steps * engine.plan.batchSize))
  }

  /// Back-propagates dL/d(outputs), of the shape of `outputs`, through the last forward call.
  public mutating func backward(outputGradient: Span<S>) {
    let rows = engine.plan.outputRows(steps: steps)
    precondition(steps > 0, "backward needs a forward call before it")
    precondition(
      outputGradient.count == rows * engine.plan.outputs.columns,
      "expected a gradient of \(rows * engine.plan.outputs.columns) values, got \(outputGradient.count)")
    // Without a head the outputs are the states themselves, which backward still reads.
    let place = engine.plan.configuration.head == .none ? engine.plan.outputGradient! : engine.plan.outputs
    engine.block.write(outputGradient, to: place.rows(0..<rows))
    engine.perform(.backward, steps: steps, dropoutSeed: lastDropoutSeed)
  }

  /// dL/d(parameter) after `backward`, row-major.
  /// - Precondition: the model has a parameter of this name.
  public func gradient(of name: String) -> [S] {
    guard let entry = engine.plan.table[name] else {
      preconditionFailure("no parameter \(name); there are \(engine.plan.table.entries.map(\.name))")
    }
    return engine.block.array(
      Matrix(offset: engine.plan.gradientShift + entry.offset, rows: 1, columns: entry.count))
  }

  /// dL/d(input) after `backward`, [steps, N, I], for vectors and where the plan was asked for it.
  public var inputGradient: [S] {
    guard let gradient = engine.plan.inputGradient else {
      preconditionFailure("ask for the input's gradient with RecurrentPass(…, inputGradient: true)")
    }
    return engine.block.array(gradient.rows(0..<steps * engine.plan.batchSize))
  }

  /// dL/d(initial state) after `backward`.
  public var initialStateGradient: RecurrentState<S> { engine.state { engine.plan.layers[$0].stateGradient } }
}
