internal import Kernels
internal import Synchronization

/// What the workers of an engine are to do, in this order.
struct EnginePhases: OptionSet, Sendable {
  let rawValue: Int

  static let pack = EnginePhases(rawValue: 1)
  static let forward = EnginePhases(rawValue: 2)
  static let loss = EnginePhases(rawValue: 4)
  static let backward = EnginePhases(rawValue: 8)
  static let update = EnginePhases(rawValue: 16)

  // The combinations are made once: an array literal in a step would be allocated in every step.
  static let evaluation: EnginePhases = [.forward, .loss]
  static let training: EnginePhases = [.forward, .loss, .backward, .update]
}

/// The arguments of one call of an engine; plain values, copied by each worker.
struct EngineJob {
  var phases: EnginePhases
  /// T of this call, at most the plan's.
  var steps: Int
  /// Seed of this call's dropout masks; nil: no dropout.
  var dropoutSeed: UInt64?
  var update: UpdateRule?
}

/// Runs a plan: owns its memory and its workers. Every worker runs `run(worker:)` on the same job and takes its share;
/// they meet at barriers between the phases.
///
/// Results do not depend on the number of workers: outputs are shared out, never sums, and where a product's summation
/// order could depend on the shape of its output the output is cut the same way for any number of workers.
final class Engine<S: Scalar>: PoolTask {
  let plan: Plan
  let cell: any RecurrentCell
  /// `cell` once more where it has two stages.
  let twoStageCell: (any TwoStageCell)?
  let pool: WorkerPool
  let gradientTasks: [GradientTask]
  /// The next gradient task that no worker has taken.
  let nextTask = Atomic<Int>(0)
  /// All of the plan's buffers.
  let block: Block<S>
  /// Tokens [T·N], then classes [T·N] or the labels of the sequences.
  let indices: Block<Int32>
  /// The loss of each row of the head or of each sequence, partial sums of squares of the gradient, and the loss's scratch.
  let sums: Block<Double>
  private let arena: Arena<S>
  private let indexArena: Arena<Int32>
  private let sumArena: Arena<Double>
  private var job: EngineJob
  /// Whether the packed weights are those of the parameters.
  private var isPacked = false

  /// - Parameter threads: workers; 0: one for each processor.
  init(_ plan: Plan, threads: Int) {
    self.plan = plan
    cell = plan.configuration.cell
    twoStageCell = plan.configuration.cell as? any TwoStageCell
    precondition(
      (cell.structure.recurrentProduct == .lastGateSecondStage) == (twoStageCell != nil),
      "cell \(cell.name) declares a second stage if and only if it conforms to TwoStageCell")
    let workers = OpenBLAS.workers(requested: threads, processors: Processors.available)
    pool = WorkerPool(count: plan.isTraining ? workers : ProductChoice.workers(for: plan, wanted: workers))
    arena = Arena(count: plan.scalarCount, filledWith: 0)
    indexArena = Arena(count: plan.rowCount + plan.targetIndexCount, filledWith: 0)
    sumArena = Arena(count: plan.sumCount, filledWith: 0)
    block = arena.block
    indices = indexArena.block
    sums = sumArena.block
    gradientTasks = plan.isTraining ? plan.gradientTasks() : []
    job = EngineJob(phases: [], steps: plan.steps, dropoutSeed: nil, update: nil)
    writeLossWeights()
  }

  /// Runs the phases on all workers. Weights are packed first where they have changed.
  func perform(_ phases: EnginePhases, steps: Int, dropoutSeed: UInt64? = nil, update: UpdateRule? = nil) {
    job = EngineJob(phases: phases, steps: steps, dropoutSeed: dropoutSeed, update: update)
    if phases.contains(.forward), !isPacked {
      job.phases.insert(.pack)
      isPacked = true
    }
    if phases.contains(.update) { isPacked = false }
    pool.run(self)
  }

  // Everything below is then specialised too: no look-ups of metadata in the steps.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func run(worker: Int) {
    let job = job
    if job.phases.contains(.pack) {
      packWeights(worker)
      pool.barrier()
    }
    if job.phases.contains(.forward) { forward(job, worker) }
    if job.phases.contains(.loss) { loss(job, worker) }
    if job.phases.contains(.backward) { backward(job, worker) }
    if job.phases.contains(.update) { update(job, worker) }
  }

  // MARK: Parameters and states

  /// To be called after the parameters in the block were changed from outside.
  func parametersChanged() { isPacked = false }

  func load(_ model: Model<S>) {
    precondition(model.block.count == plan.table.blockCount, "the model does not fit the plan")
    block.write(model.block.span, at: 0)
    isPacked = false
  }

  /// Places of layer states before the first step (`steps` 0) or after `steps` steps: [N, S·H].
  func state(_ layer: Int, after steps: Int) -> Matrix {
    let batch = plan.batchSize
    return plan.layers[layer].states.rows(steps * batch..<(steps + 1) * batch)
  }

  /// Makes the state after `steps` steps the initial state of the next call.
  func carryState(after steps: Int) {
    for layer in plan.layers.indices { block.copy(state(layer, after: steps), to: state(layer, after: 0)) }
  }

  func zeroState() {
    for layer in plan.layers.indices { block.fill(state(layer, after: 0), with: 0) }
  }
}

extension Plan {
  /// T·N.
  var rowCount: Int { steps * batchSize }

  var isTraining: Bool {
    if case .training = purpose { true } else { false }
  }

  /// The first step of a layer whose output is read above it, and so has a gradient from there: only a head at the last
  /// step leaves steps of the top layer out.
  func firstStepPassedUp(fromLayer layer: Int, steps: Int) -> Int {
    layer == layers.count - 1 ? steps - outputRows(steps: steps) / batchSize : 0
  }

  /// Rows of the outputs for a call of `steps` steps.
  func outputRows(steps: Int) -> Int {
    configuration.head == .lastStep ? batchSize : steps * batchSize
  }
}
