internal import Kernels
internal import Synchronization

/// Runs a plan: owns its memory and its workers. A call runs the plan's stages in order; every worker runs all of them and
/// takes its share; they meet at barriers between the stages.
///
/// Results do not depend on the number of workers: outputs are shared out, never sums, and where a product's summation
/// order could depend on the shape of its output the output is cut the same way for any number of workers.
final class Engine<S: Scalar>: PoolTask {
  let plan: Plan
  let cell: CellCaller<S>
  let pool: WorkerPool
  /// The numbers of the plan, its whole numbers (`IndexLayout` and what stages reserved), and its sums.
  let memory: Memory<S>
  let indices: Memory<Int32>
  let sums: Memory<Double>
  private let arena: Arena<S>
  private let indexArena: Arena<Int32>
  private let sumArena: Arena<Double>
  /// Reads the letters of each step; nil: there are none.
  let letters: LetterReader<S>?
  /// Of each row of the batch.
  var letterLengths: [Int] = []
  /// All recurrences, layer by layer.
  private let recurrences: [Recurrence]
  private let gradientTasks: [GradientTask]
  private let tiedTasks: [GradientTask]
  /// Of each part of the gradient but the last: its lowest layer, and where its tasks end.
  private let upperParts: [(layer: Int, tasks: Int)]
  /// The processes that the gradient is exchanged with in parts; nil: it is not.
  var communicator: (any Communicator)?
  var travel = GradientTravel()
  /// The next gradient task that no worker has taken.
  private let nextTask = Atomic<Int>(0)
  private var call: Call
  /// Whether single steps of a forward pass, or small batches of a training, are worth sharing.
  private var trial = SharingTrial()
  private var crowd = CrowdWatch()
  /// Whether the packed weights are those of the parameters.
  private var isPacked = false
  /// What decided the weights that were dropped from them.
  private var packedSeed: UInt64?
  /// Lines of 16 parameters that updates change: all, but for those that are frozen.
  var updatedLines: [Range<Int>]
  /// Those that are.
  var frozenLines: [Range<Int>] = []
  /// Whether there are such: a step that has none touches no array.
  var hasFrozenParameters = false
  /// The batch whose starts, order and lengths stand in the indices.
  var writtenRows: Rows

  /// - Parameter threads: workers; 0: one for each processor.
  /// - Throws: where a worker's thread cannot be started.
  init(_ plan: Plan, threads: Int) throws(PlanError) {
    self.plan = plan
    cell = CellCaller(plan.configuration.cell)
    let workers = OpenBLAS.workers(requested: threads, processors: Processors.available)
    pool = try .starting(plan.workers(wanted: workers), processors: Processors.available)
    if plan.usesOpenBLAS { try PlanError.admitToOpenBLAS(callers: pool.count) }
    arena = Arena(count: plan.arenas.scalarCount, filledWith: 0)
    indexArena = Arena(count: plan.arenas.indexCount, filledWith: 0)
    sumArena = Arena(count: plan.arenas.sumCount, filledWith: 0)
    memory = arena.memory
    indices = indexArena.memory
    sums = sumArena.memory
    if let own = plan.letters.first, let encoder = plan.configuration.input.letters {
      letters = try LetterReader(own, under: plan, encoder, threads: threads)
      letterLengths.reserveCapacity(plan.steps * plan.batchSize)
    } else {
      letters = nil
    }
    recurrences = plan.recurrences
    gradientTasks = plan.gradientTasks
    var tasks = 0
    upperParts = plan.gradientParts.dropLast().map { part in
      tasks += plan.gradientTasks(of: part).count
      return (part.layer, tasks)
    }
    tiedTasks = plan.tiedTasks
    updatedLines = [0..<plan.table.blockCount / 16]
    writtenRows = Rows(
      plan.index, in: indices, batchSize: plan.batchSize, isRagged: true, sequenceCount: 0, steps: 0)
    call = Call(phases: [], rows: writtenRows, workers: pool.count)
    zeroState()
    if let loss = plan.purpose.loss { plan.loss?.writeWeights(of: loss, in: lossMemory) }
    if let crf = plan.configuration.crf { plan.loss?.crf?.writePenalties(crf, in: sums) }
  }

  /// Runs the phases on all workers, on a batch or a segment of it. Weights are packed first where they have changed.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func perform(
    _ phases: EnginePhases, _ rows: Rows, dropoutSeed: UInt64? = nil, update: UpdateRule? = nil,
    sum: GradientSum? = nil, continuesGradient: Bool = false, startsFromStateGradient: Bool = false,
    skipsHead: Bool = false, travellingShard: Int? = nil
  ) {
    guard let letters else {
      return performAll(
        phases, rows, dropoutSeed: dropoutSeed, update: update, sum: sum, continuesGradient: continuesGradient,
        startsFromStateGradient: startsFromStateGradient, skipsHead: skipsHead, travellingShard: travellingShard)
    }
    if phases.contains(.forward) { readLetters(letters, rows, copiesParameters: !isPacked) }
    // The update waits for the gradient of the letters.
    let update = (phases: phases.intersection(.afterGradient), rule: update)
    performAll(
      phases.subtracting(.afterGradient), rows, dropoutSeed: dropoutSeed, update: nil, sum: sum,
      continuesGradient: continuesGradient, startsFromStateGradient: startsFromStateGradient, skipsHead: skipsHead,
      travellingShard: travellingShard)
    if phases.contains(.backward) { learnLetters(letters, rows) }
    if !update.phases.isEmpty { performAll(update.phases, rows, update: update.rule) }
  }

  /// The same of this engine alone.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  private func performAll(
    _ phases: EnginePhases, _ rows: Rows, dropoutSeed: UInt64? = nil, update: UpdateRule? = nil,
    sum: GradientSum? = nil, continuesGradient: Bool = false, startsFromStateGradient: Bool = false,
    skipsHead: Bool = false, travellingShard: Int? = nil
  ) {
    let most = pool.isOrphaned ? 1 : plan.workers(for: rows, of: pool.count)
    let sharing = most > 1 ? plan.sharing(of: phases, rows) : nil
    let shares =
      switch sharing {
      case nil: false
      case .unlessCrowded: crowd.shares(at: .now)
      case .onTrial(let size): trial.shares(rows: size)
      case .asTried: trial.isSharing
      }
    call = Call(
      phases: phases, rows: rows, dropoutSeed: dropoutSeed, update: update, sum: sum,
      continuesGradient: continuesGradient, startsFromStateGradient: startsFromStateGradient, skipsHead: skipsHead,
      travellingShard: travellingShard, workers: shares ? most : 1)
    // A memory that weights are multiplied with needs those of now.
    let projectsMemory = plan.attention?.additive != nil
    let dropsWeights = plan.configuration.weightDropout > 0 && packedSeed != dropoutSeed && phases.contains(.forward)
    if phases.contains(.forward) || (phases.contains(.memory) && projectsMemory), !isPacked || dropsWeights {
      call.phases.insert(.pack)
      if projectsMemory { call.phases.insert(.memory) }
      (isPacked, packedSeed) = (true, dropoutSeed)
    }
    if phases.contains(.update) { isPacked = false }
    guard let sharing else { return pool.run(self, alone: true) }
    let (start, asleep) = (ContinuousClock.now, pool.timeAsleep)
    pool.run(self, alone: !shares)
    switch sharing {
    case .onTrial: trial.note((ContinuousClock.now - start) / max(1, rows.rowCount))
    case .unlessCrowded where shares:
      crowd.note(from: start, to: .now, asleep: pool.timeAsleep - asleep, workers: call.workers)
    case .unlessCrowded, .asTried: break
    }
  }

  // Everything below is then specialised too: no look-ups of metadata in the steps.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func run(worker: Int) {
    var call = call
    call.worker = worker
    if call.phases.contains(.pack) { packWeights(call) }
    if call.phases.contains(.memory) { plan.attention?.packMemories(call, self) }
    if call.phases.contains(.forward) { forward(call) }
    if call.phases.contains(.loss) { loss(call) }
    if call.phases.contains(.backward) { backward(call) }
    if call.phases.contains(.sum) {
      call.sum?.perform(call, in: memory)
      pool.barrier()
    }
    if call.phases.contains(.squares) { plan.update.sumSquares(call, self) }
    if call.phases.contains(.update) { plan.update.forward(call, self) }
  }

  /// One of all recurrences, layer by layer, in each the forward direction first.
  func recurrence(_ index: Int) -> Recurrence { recurrences[index] }
  var recurrenceCount: Int { recurrences.count }

  // MARK: Phases

  /// Copies of the weights in the form that the products want, made once per update: two independent tasks a recurrence,
  /// and one for what lies above.
  private func packWeights(_ call: Call) {
    plan.top.pack(call, in: memory)
    if (2 * recurrences.count) % call.workers == call.worker {
      plan.attention?.pack(in: memory)
      plan.feeding?.pack(in: memory)
      plan.head?.map.pack(in: memory)
      plan.loss?.crf?.pack(memory, sums)
    }
    pool.barrier()
  }

  private func forward(_ call: Call) {
    plan.input.forward(call, self)
    plan.feeding?.forward(call, self)
    if !plan.isFed {
      plan.top.forwardFromBelow(call, self)
      if let norm = plan.norm {
        norm.forward(rows: call.share(of: call.rows.rowCount), in: memory)
        pool.barrier()
      }
      plan.attention?.forward(call, self)
    }
    if !call.skipsHead { plan.head?.forward(call, self) }
  }

  /// Back-propagation through time from dL/d(outputs), which stands in the place of the outputs, or without a head in the
  /// shared region of layers' gradients; at last, all layers together or part by part (`GradientPart`), one deferred product for
  /// each weight.
  private func backward(_ call: Call) {
    // Nobody takes gradient tasks before the barriers below.
    if call.worker == 0 { nextTask.store(0, ordering: .relaxed) }
    if !call.continuesGradient {
      plan.top.startGradients(call, in: memory)
      plan.attention?.startGradients(call, self)
      // A head at the last step may write another worker's slots.
      pool.barrier()
    }
    if !call.skipsHead { plan.head?.backward(call, self) }
    pool.barrier()
    plan.feeding?.backward(plan.head?.inputGradient ?? .empty, call, self)
    if !plan.isFed {
      plan.attention?.backward(plan.head?.inputGradient ?? .empty, call, self)
      if let norm = plan.norm {
        let gradient = plan.backward.outputs.columns(0..<plan.topOutputs.columns)
        norm.backward(
          gradient, rows: call.share(of: call.rows.rowCount), adding: false, into: gradient, in: memory)
        pool.barrier()
      }
      finishPart(downTo: plan.configuration.layerCount, call)
      plan.top.backwardToBelow(isTop: true, call, self)
    }
    performTasks(upTo: gradientTasks.count, call)
    guard !tiedTasks.isEmpty else { return }
    for task in stride(from: call.worker, to: tiedTasks.count, by: call.workers) {
      tiedTasks[task].perform(call, headRows: outputRowCount(call.rows), self)
    }
    pool.barrier()
  }

  /// Where a part of the gradient ends with the layer that back-propagation has left: computes it, and lets it be exchanged.
  func finishPart(downTo layer: Int, _ call: Call) {
    for part in 0..<upperParts.count where upperParts[part].layer == layer {
      performTasks(upTo: upperParts[part].tasks, call)
      if let shard = call.travellingShard { sendTravelling(part, ofShard: shard, call) }
    }
  }

  /// The gradient tasks up to one, from those that were performed before. A barrier of the workers comes before it.
  private func performTasks(upTo end: Int, _ call: Call) {
    let headRows = outputRowCount(call.rows)
    while true {
      let task = nextTask.add(1, ordering: .relaxed).oldValue
      if task >= end { break }
      gradientTasks[task].perform(call, headRows: headRows, self)
      moveExchange(call)
    }
    pool.barrier()
    // Each worker has counted one that it did not take. Nobody takes any before the next barrier.
    if call.worker == 0 { nextTask.store(end, ordering: .relaxed) }
  }

  // MARK: Parameters

  /// To be called after the parameters in the memory were changed from outside.
  func parametersChanged() { isPacked = false }

  func load(_ model: Model<S>) {
    require(model.block.count == plan.table.blockCount, "the model does not fit the plan")
    do throws(PlanError) { try model.refuse(beyond: plan.precision) } catch { stop(error.description) }
    memory.write(model.block.span, at: 0)
    isPacked = false
  }

  /// Rows of the outputs of a call: one for each step of each sequence, or one for each sequence.
  func outputRowCount(_ rows: Rows) -> Int { plan.head?.rowCount(rows) ?? rows.rowCount }

  /// The Euclidean norm of the whole gradient of the last call, before clipping.
  var gradientNorm: Double { plan.update.gradientNorm(in: sums) }
}
