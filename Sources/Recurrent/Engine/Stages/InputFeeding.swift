internal import Kernels

/// Input feeding (Luong, Pham & Manning 2015, §3.3): the first layer reads [x_t; h̃_{t−1}], where h̃ is what the head reads, and 0
/// before the first step. So layers and attention go through the steps together, each worker with slots of its own and without a
/// barrier. What does not depend on h̃ stays where it is without feeding: the first layer's product with x of all rows before the
/// steps, the head's after them, and the deferred gradients.
///
/// Memory keeps h̃ of the step before as rows of their own: in a ragged batch a step has fewer rows than the one before it.
final class InputFeeding: Sendable {
  private let attention: AttentionStage
  /// The top layer, which holds those below.
  private let top: Layer
  /// [G·H, U] the last columns of the first layer's matrix.
  private let map: Linear
  /// Columns of a row of gates that they add to.
  private let gateColumns: Range<Int>
  /// The first layer's gates, [·, rowGateCount·H].
  private let gates: Region
  /// [R, U] h̃ of the step before each row; without a backward pass [N, U], those of a step.
  private let fed: Region
  /// [N, U] h̃ before the first step, in the order of the batch.
  let start: Region
  /// [N, U] dL/dh̃ by the step after it; empty without a backward pass.
  private let gradient: Region

  init<S: Scalar>(
    _ attention: AttentionStage, _ top: Layer, _ bottom: Recurrence, _ sizes: BatchSizes, _ products: ProductChoice,
    _ arenas: inout ArenaLayout,
    _ scalar: S.Type
  ) {
    let isTraining = sizes.isTraining
    let width = attention.outputs.columns
    (self.attention, self.top) = (attention, top)
    map = Linear(
      "weight_ih of what is fed", bottom.input.fedWeights, by: products.steps, ofSteps: true, backward: isTraining,
      &arenas, scalar)
    (gates, gateColumns) = (bottom.gates, bottom.input.columns)
    fed = arenas.matrix("fed output", .workspace, isTraining ? sizes.keptRows : sizes.batchSize, width)
    start = arenas.matrix("output before the first step", .workspace, sizes.batchSize, width)
    gradient = arenas.matrix("dfed output", .scratch, isTraining ? sizes.batchSize : 0, width)
  }

  func pack<S: Scalar>(in memory: Memory<S>) { map.pack(in: memory) }

  /// A worker's share of the slots.
  private func slots(_ call: Call) -> Range<Int> {
    StepShare.slots(call.rows, isPacked: map.multiplier == .packed, worker: call.worker, of: call.workers)
  }

  // MARK: Forward

  /// From what goes into the first layer to what the head reads.
  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let (rows, isTraining) = (call.rows, engine.plan.isTraining)
    let own = slots(call)
    // The next barrier comes before the first step.
    top.startSteps(call, engine)
    let blockSteps = engine.plan.sizes.blockSteps
    for first in stride(from: 0, to: rows.steps, by: blockSteps) {
      let steps = first..<min(first + blockSteps, rows.steps)
      // Without backward only the rows of a block are kept.
      let keptRow = isTraining ? 0 : rows.firstRow(ofStep: first)
      top.readInput(steps: steps, keptFrom: keptRow, call, engine)
      engine.pool.barrier()
      for step in steps {
        let slots = own.clamped(to: 0..<rows.activeCount(inStep: step))
        if slots.isEmpty { break }
        feed(step, slots, attention.outputs, keptFrom: keptRow, call, in: engine.memory)
        top.stepForward(step, slots, keptFrom: keptRow, call, engine)
        attention.stepForward(step, slots, call, engine)
      }
      engine.pool.barrier()
    }
  }

  /// gates += h̃·Wᵀ of a step.
  private func feed<S: Scalar>(
    _ step: Int, _ slots: Range<Int>, _ outputs: Region, keptFrom keptRow: Int, _ call: Call, in memory: Memory<S>
  ) {
    let rows = call.rows
    let first = rows.firstRow(ofStep: step)
    let fed = fed.rows(gradient.rows > 0 ? slots.moved(by: first) : slots)
    if step == 0 {
      for (index, slot) in slots.enumerated() {
        memory.copy(start.row(rows.sequence(inSlot: slot)), to: fed.row(index))
      }
    } else {
      memory.copy(outputs.rows(slots.moved(by: rows.firstRow(ofStep: step - 1))), to: fed)
    }
    map.multiply(
      fed, from: .itself, into: gates.rows(slots.moved(by: first - keptRow)).columns(gateColumns), in: memory)
  }

  // MARK: Backward

  /// From dL/d(what the head read) by the head alone, which becomes all of it, to the gradients of everything below.
  func backward<S: Scalar>(_ outputGradient: Region, _ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    let own = slots(call)
    for slot in own { attention.startMemoryGradient(slot, call, engine) }
    for step in (0..<rows.steps).reversed() {
      let slots = own.clamped(to: 0..<rows.activeCount(inStep: step))
      if slots.isEmpty { continue }
      let first = rows.firstRow(ofStep: step)
      if step + 1 < rows.steps {
        let fedSlots = slots.clamped(to: 0..<rows.activeCount(inStep: step + 1))
        memory.add(gradient.rows(fedSlots), to: outputGradient.rows(fedSlots.moved(by: first)))
      }
      attention.stepBack(outputGradient, step, slots, call, engine)
      top.stepBack(step, slots, call, engine)
      if step > 0 {
        map.multiplyBack(
          gates.rows(slots.moved(by: first)).columns(gateColumns), from: .zero, into: gradient.rows(slots), in: memory)
      }
    }
    engine.pool.barrier()
    attention.finishMemoryGradient(call, engine)
    top.finishSteps(call, engine)
  }

  // MARK: Gradient

  func gradientTasks(shift: Int, _ products: ProductChoice) -> [GradientTask] {
    GradientTask.weights(gates.columns(gateColumns), fed, map.weights.moved(by: shift), products)
  }
}

extension AttentionStage {
  /// A step of some slots, from the top layer's outputs to its own.
  fileprivate func stepForward<S: Scalar>(_ step: Int, _ slots: Range<Int>, _ call: Call, _ engine: Engine<S>) {
    let rows = slots.moved(by: call.rows.firstRow(ofStep: step))
    if let query {
      query.map.multiply(
        engine.plan.top.outputs.rows(rows), from: .zero, into: query.outputs.rows(rows), in: engine.memory)
    }
    for slot in slots { attend(slot, step..<step + 1, call, engine) }
    output(rows, 0..<outputs.columns, in: engine.memory)
  }

  /// From dL/d(outputs) of a step to dL/d(the top layer's outputs), in the shared region.
  fileprivate func stepBack<S: Scalar>(
    _ gradient: Region, _ step: Int, _ slots: Range<Int>, _ call: Call, _ engine: Engine<S>
  ) {
    let (memory, rows) = (engine.memory, slots.moved(by: call.rows.firstRow(ofStep: step)))
    unsquash(gradient, rows, in: memory)
    map.multiplyBack(gradient.rows(rows), from: .zero, into: joinedGradient.rows(rows), in: memory)
    for slot in slots { attendBack(slot, step..<step + 1, call, engine) }
    guard let query else { return }
    query.map.multiplyBack(
      query.gradient.rows(rows), from: .itself,
      into: engine.plan.backward.outputs.columns(0..<gradient.columns).rows(rows), in: memory)
  }
}
