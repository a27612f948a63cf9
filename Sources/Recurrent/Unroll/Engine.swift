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
  /// The sum of squares of the gradient alone, where the update waits for another engine's.
  static let squares = EnginePhases(rawValue: 32)
  /// Attention's copies of its memory (`Engine+Memory`).
  static let memory = EnginePhases(rawValue: 64)

  // The combinations are made once: an array literal in a step would be allocated in every step.
  static let evaluation: EnginePhases = [.forward, .loss]
  static let training: EnginePhases = [.forward, .loss, .backward, .update]
  static let gradient: EnginePhases = [.forward, .loss, .backward]
  static let gradientWithoutLoss: EnginePhases = [.forward, .backward]
  static let gradients: EnginePhases = [.forward, .loss, .backward, .squares]
  static let backwardAndSquares: EnginePhases = [.backward, .squares]
}

/// The arguments of one call of an engine; plain values, copied by each worker.
struct EngineJob {
  var phases: EnginePhases
  /// T of this call, at most the plan's.
  var steps: Int
  /// Steps of the batch that came before, where it is taken piece by piece.
  var firstStep = 0
  /// Whether gradients go on from those of the piece of time that follows this one.
  var continuesGradient = false
  /// Whether the head is left out, forward and backward.
  var skipsHead = false
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
  /// `cell` once more where it has two stages, or vectors of its own.
  let twoStageCell: (any TwoStageCell)?
  let vectorCell: (any VectorCell)?
  let pool: WorkerPool
  let gradientTasks: [GradientTask]
  /// The next gradient task that no worker has taken.
  let nextTask = Atomic<Int>(0)
  /// All of the plan's buffers.
  let block: Block<S>
  /// What `Plan.index` says.
  let indices: Block<Int32>
  /// The loss of each row of the head or of each sequence, partial sums of squares of the gradient, and the loss's scratch.
  let sums: Block<Double>
  private let arena: Arena<S>
  private let indexArena: Arena<Int32>
  private let sumArena: Arena<Double>
  private var job: EngineJob
  /// Whether the packed weights are those of the parameters.
  private var isPacked = false
  /// The batch of the present call (`Engine+Rows`): whether its sequences differ in length, how many they are, and the
  /// steps of the longest.
  var isRagged = false
  var sequenceCount = 0
  var batchSteps = 0
  /// Steps at the beginning of the batch whose outputs have no targets: they only carry gradients.
  var untargetedSteps = 0
  /// Whether backward starts from a given dL/d(final state) and not from 0 (`Engine+Bridge`).
  var isFinalStateGradientGiven = false

  /// - Parameter threads: workers; 0: one for each processor.
  init(_ plan: Plan, threads: Int) {
    self.plan = plan
    cell = plan.configuration.cell
    twoStageCell = plan.configuration.cell as? any TwoStageCell
    vectorCell = plan.configuration.cell as? any VectorCell
    precondition(
      (cell.structure.recurrentProduct == .lastGateSecondStage) == (twoStageCell != nil),
      "cell \(cell.name) declares a second stage if and only if it conforms to TwoStageCell")
    precondition(
      (cell.structure.vectorCount > 0) == (vectorCell != nil),
      "cell \(cell.name) declares vectors if and only if it conforms to VectorCell")
    let workers = OpenBLAS.workers(requested: threads, processors: Processors.available)
    pool = WorkerPool(count: plan.isTraining ? workers : ProductChoice.workers(for: plan, wanted: workers))
    arena = Arena(count: plan.scalarCount, filledWith: 0)
    indexArena = Arena(count: plan.index.targets + plan.targetIndexCount, filledWith: 0)
    sumArena = Arena(count: plan.sumCount, filledWith: 0)
    block = arena.block
    indices = indexArena.block
    sums = sumArena.block
    gradientTasks = plan.isTraining ? plan.gradientTasks() : []
    job = EngineJob(phases: [], steps: plan.steps)
    setRows(steps: plan.steps)
    zeroState()
    writeLossWeights()
  }

  /// Runs the phases on all workers, on the batch whose inputs were set last. Weights are packed first where they have changed.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func perform(
    _ phases: EnginePhases, dropoutSeed: UInt64? = nil, update: UpdateRule? = nil, continuesGradient: Bool = false,
    skipsHead: Bool = false
  ) {
    job = EngineJob(
      phases: phases, steps: segmentSteps, firstStep: firstStep, continuesGradient: continuesGradient,
      skipsHead: skipsHead, dropoutSeed: dropoutSeed, update: update)
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
    if job.phases.contains(.memory) { packMemory(worker) }
    if job.phases.contains(.forward) { forward(job, worker) }
    if job.phases.contains(.loss) { loss(job, worker) }
    if job.phases.contains(.backward) { backward(job, worker) }
    if job.phases.contains(.squares) { sumSquares(worker) }
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

  // MARK: States

  /// Makes the state of each sequence after its last step its initial state in the next call. The state of the other
  /// direction, which begins at the end of a sequence, is no start for what follows: it stays.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func carryState() {
    for recurrence in plan.recurrences where !recurrence.isReverse {
      if !isRagged {
        let batch = plan.batchSize
        let last = batch * segmentSteps
        block.copy(recurrence.states.rows(last..<last + batch), to: recurrence.states.rows(0..<batch))
        continue
      }
      for place in 0..<sequenceCount {
        block.copy(
          recurrence.states.row(finalStateRow(ofPlace: place)),
          to: recurrence.states.row(sequence(inPlace: place)))
      }
    }
    guard plan.configuration.trainsInitialState else { return }
    for place in 0..<sequenceCount { indices[plan.index.isFresh + sequence(inPlace: place)] = 0 }
  }

  /// Lets all sequences of the next call start from the trained initial state, or from 0.
  func zeroState() {
    for sequence in 0..<plan.batchSize { zeroState(of: sequence) }
  }

  /// Lets a sequence of the next call start from the trained initial state, or from 0.
  func zeroState(of sequence: Int) {
    precondition(sequence >= 0 && sequence < plan.batchSize, "sequence \(sequence) of \(plan.batchSize)")
    for recurrence in plan.recurrences { block.fill(recurrence.states.row(sequence), with: 0) }
    indices[plan.index.isFresh + sequence] = 1
  }
}

extension Plan {
  /// T·N.
  var rowCount: Int { steps * batchSize }

  /// Rows of the outputs of a whole batch, at most.
  var outputRowCount: Int { configuration.head.isPooled ? batchSize : rowCount }

  var isTraining: Bool {
    if case .training = purpose { true } else { false }
  }
}
