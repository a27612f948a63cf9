internal import Kernels

/// The steps of one recurrence in order: the recurrent product and the cell, and what lies between the cell's output and
/// the state.
extension Recurrence {
  /// Steps of a worker's share of the slots, or of the columns of all.
  /// - Parameter keptRow: the row of the segment that the first row of gates is, where only those of a block are kept.
  func forward<S: Scalar>(
    steps: Range<Int>, _ share: StepShare, keptFrom keptRow: Int, _ call: Call, _ engine: Engine<S>
  ) {
    let (memory, rows) = (engine.memory, call.rows)
    let usesOperands = usesOperands(rows)
    for step in steps {
      let active = rows.activeCount(inStep: step)
      let slots = share.slots.clamped(to: 0..<active)
      let productSlots = share.rows.clamped(to: 0..<active)
      if productSlots.isEmpty { break }
      let first = rows.firstRow(ofStep: step)
      if recurrent.isThere {
        let kept = productSlots.moved(by: first - keptRow)
        if usesOperands { readOperands(step, slots, keptFrom: keptRow, call, in: memory) }
        var operands =
          if usesOperands, let operands = recurrent.operands {
            operands.rows.rows(kept)
          } else {
            states.rows(productSlots.moved(by: rows.previousRow(inStep: step))).columns(outputColumns)
          }
        if let right = recurrent.right {
          let narrow = right.outputs.rows(kept)
          right.map.multiply(operands, from: .zero, into: narrow, columns: share.narrowColumns, in: memory)
          if share.isByColumns { engine.pool.barrier() }
          operands = narrow
        }
        recurrent.map.multiply(
          operands, from: .itself, into: gates.rows(kept).columns(recurrent.columns), columns: share.gateColumns,
          in: memory)
      }
      if share.isByColumns { engine.pool.barrier() }
      let cellStep = cellStep(step, slots, keptFrom: keptRow, rows)
      callCell(cellStep, rows, step, slots) { engine.cell.forward($0, in: memory) }
      if let second = recurrent.second {
        let saved = saved.rows(slots.moved(by: first - keptRow))
        if let mask = recurrent.operands?.mask, call.dropoutSeed != nil {
          let operand = saved.columns(outputColumns)
          memory.multiply(operand, by: mask.values.rows(slots), into: operand)
        }
        second.map.multiply(
          saved.columns(0..<hidden), from: .itself,
          into: gates.rows(slots.moved(by: first - keptRow)).columns(second.columns), in: memory)
        callCell(cellStep, rows, step, slots) { engine.cell.forwardSecondStage($0, in: memory) }
      }
      if transition.isActive { settle(step, slots, keptFrom: keptRow, call, in: memory) }
      if share.isByColumns { engine.pool.barrier() }
    }
  }

  /// The rows of a step as the cell takes them. In the first step of a ragged batch the states before it stand in another
  /// order: see `callCell`.
  @inline(__always)
  func cellStep(_ step: Int, _ slots: Range<Int>, keptFrom keptRow: Int, _ rows: Rows) -> CellStep {
    let kept = slots.moved(by: rows.firstRow(ofStep: step) - keptRow)
    var result = CellStep(
      hidden: hidden, gates: gates.rows(kept),
      previous: states.rows(slots.moved(by: rows.previousRow(inStep: step))),
      next: transition.isActive
        ? transition.candidates.rows(kept) : states.rows(slots.moved(by: batchSize + rows.firstRow(ofStep: step))),
      saved: saved.rows(kept))
    if let vectors { result.vectors = vectors.values }
    return result
  }

  /// Calls the cell with all rows of a step; one by one in the first step of a ragged batch, where the initial states stand
  /// in the order of the batch.
  @inline(__always)
  func callCell(_ cellStep: CellStep, _ rows: Rows, _ step: Int, _ slots: Range<Int>, _ call: (CellStep) -> Void) {
    guard rows.isRagged, step == 0 else { return call(cellStep) }
    for (index, slot) in slots.enumerated() {
      var row = cellStep.row(index)
      row.previous = states.row(rows.sequence(inSlot: slot))
      call(row)
    }
  }

  /// The outputs before a step as the product reads them: in the order of the slots, and masked.
  private func readOperands<S: Scalar>(
    _ step: Int, _ slots: Range<Int>, keptFrom keptRow: Int, _ call: Call, in memory: Memory<S>
  ) {
    guard let operands = recurrent.operands else { return }
    let before = call.rows.previousRow(inStep: step)
    let first = call.rows.firstRow(ofStep: step) - keptRow
    for slot in slots {
      let source = step == 0 ? call.rows.sequence(inSlot: slot) : before + slot
      let output = states.row(source).columns(outputColumns)
      if let mask = operands.mask, call.dropoutSeed != nil {
        memory.multiply(output, by: mask.values.row(slot), into: operands.rows.row(first + slot))
      } else {
        memory.copy(output, to: operands.rows.row(first + slot))
      }
    }
  }

  /// The trained initial state where a sequence starts from it, and the mask of recurrent dropout: a worker's share.
  func start<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    if let initialState {
      for sequence in call.share(of: batchSize) where rows.isFresh(sequence) {
        memory.copy(initialState, to: states.row(sequence))
      }
    }
    guard let mask = recurrent.operands?.mask, let seed = call.dropoutSeed else { return }
    for slot in call.share(of: rows.sequenceCount) {
      let row = mask.values.row(slot)
      memory.fill(row, with: 1)
      memory.dropout(
        row, into: row, columns: 0..<row.columns, rate: mask.rate, seed: seed &+ MaskStream.recurrent(index),
        first: rows.maskNumber(of: rows.sequence(inSlot: slot)) * row.columns)
    }
  }
}
