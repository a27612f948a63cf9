internal import Kernels

/// The steps of one recurrence in reverse order (back-propagation through time, Werbos 1990): dL/d(state) on its way back,
/// and dL/d(pre-activations) in the place of the gates.
extension Recurrence {
  /// All steps of a worker's share of the slots, or of the columns of all.
  func backward<S: Scalar>(_ share: StepShare, addsOutputGradient: Bool, _ call: Call, _ engine: Engine<S>) {
    for step in (0..<call.rows.steps).reversed() {
      backward(step: step, share, addsOutputGradient: addsOutputGradient, call, engine)
      engine.moveExchange(call)
    }
  }

  /// A step of them, from the one after it on.
  @inline(__always)
  func backward<S: Scalar>(
    step: Int, _ share: StepShare, addsOutputGradient: Bool, _ call: Call, _ engine: Engine<S>
  ) {
    let (memory, rows) = (engine.memory, call.rows)
    let active = rows.activeCount(inStep: step)
    let slots = share.slots.clamped(to: 0..<active)
    let productSlots = share.rows.clamped(to: 0..<active)
    if productSlots.isEmpty { return }
    let first = rows.firstRow(ofStep: step)
    if addsOutputGradient {
      memory.add(
        outputGradient.rows(slots.moved(by: first)), to: stateGradient.rows(slots).columns(outputColumns))
    }
    if transition.isActive { unsettle(step, slots, call, in: memory) }
    var cellStep = cellStep(step, slots, keptFrom: 0, rows)
    cellStep.gradient = stateGradient.rows(slots)
    if let vectors { cellStep.vectorGradient = vectors.gradient.rows(slots) }
    callCell(cellStep, rows, step, slots) { engine.cell.backward($0, in: memory) }
    if let second = recurrent.second {
      backwardFirstStage(second, step, slots, cellStep, call, engine)
    }
    if share.isByColumns { engine.pool.barrier() }
    if recurrent.isThere { backwardProduct(first, slots, productSlots, share, call, engine) }
    if let zoneout = transition.zoneout { memory.add(zoneout.kept.rows(slots), to: stateGradient.rows(slots)) }
    if share.isByColumns { engine.pool.barrier() }
  }

  /// From the last gate's gradient to dL/d(operand) and the gradients of the other gates.
  private func backwardFirstStage<S: Scalar>(
    _ second: RecurrentProduct.SecondStage, _ step: Int, _ slots: Range<Int>, _ cellStep: CellStep, _ call: Call,
    _ engine: Engine<S>
  ) {
    let memory = engine.memory
    let operandGradient = second.operandGradient.rows(slots)
    second.map.multiplyBack(cellStep.gates.columns(second.columns), from: .zero, into: operandGradient, in: memory)
    if let mask = recurrent.operands?.mask, call.dropoutSeed != nil {
      memory.multiply(operandGradient, by: mask.values.rows(slots), into: operandGradient)
    }
    var cellStep = cellStep
    cellStep.operandGradient = operandGradient
    callCell(cellStep, call.rows, step, slots) { engine.cell.backwardFirstStage($0, in: memory) }
  }

  /// dL/d(output before the step) += dZ·Wₕ, of low rank (dZ·A)·B, through the mask if there is one.
  @inline(__always)
  private func backwardProduct<S: Scalar>(
    _ first: Int, _ slots: Range<Int>, _ productSlots: Range<Int>, _ share: StepShare, _ call: Call,
    _ engine: Engine<S>
  ) {
    let memory = engine.memory
    let kept = productSlots.moved(by: first)
    var (gradient, map) = (gates.rows(kept).columns(recurrent.columns), recurrent.map)
    if let right = recurrent.right {
      let narrow = right.gradient.rows(kept)
      map.multiplyBack(gradient, from: .zero, into: narrow, columns: share.narrowColumns, in: memory)
      if share.isByColumns { engine.pool.barrier() }
      (gradient, map) = (narrow, right.map)
    }
    if let mask = recurrent.operands?.mask, call.dropoutSeed != nil {
      let masked = mask.gradient.rows(slots)
      map.multiplyBack(gradient, from: .zero, into: masked, in: memory)
      memory.multiply(
        masked, by: mask.values.rows(slots), addingTo: stateGradient.rows(slots).columns(outputColumns))
    } else {
      map.multiplyBack(
        gradient, from: .itself, into: stateGradient.rows(productSlots).columns(outputColumns),
        columns: share.outputColumns, in: memory)
    }
  }

  /// What is summed over the whole batch and all its segments starts from 0: a worker's share.
  func startGradients<S: Scalar>(_ call: Call, in memory: Memory<S>) {
    let slots = call.share(of: batchSize)
    if !call.startsFromStateGradient { memory.fill(stateGradient.rows(slots), with: 0) }
    if let vectors { memory.fill(vectors.gradient.rows(slots), with: 0) }
  }
}
