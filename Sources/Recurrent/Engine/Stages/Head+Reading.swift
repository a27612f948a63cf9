internal import Kernels

/// What a head reads where that is not simply the top layer's output: all layers side by side, or one row for each sequence
/// (its last step, or the mean or the greatest value over its steps), whose rows stand in the order of the batch.
extension Head {
  /// A worker's share of the rows; all workers have done theirs when it returns.
  func gather<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let top = engine.plan.top
    let slots = call.share(of: call.rows.sequenceCount)
    switch reading {
    case .topLayer: return
    case .allLayers:
      let rows = call.share(of: call.rows.rowCount)
      copyOutputs(of: top, rows, in: engine.memory)
    case .lastStep: for slot in slots { readLastStep(of: top, slot, call.rows, in: engine.memory) }
    case .lastOutput:
      for slot in slots { readLastOutput(of: engine.plan.topOutputs, slot, call.rows, in: engine.memory) }
    case .meanOverSteps:
      for slot in slots { readMean(of: engine.plan.topOutputs, slot, call.rows, in: engine.memory) }
    case .maxOverSteps(let rows):
      for slot in slots {
        readGreatest(of: engine.plan.topOutputs, slot, call.rows, in: engine.memory, engine.indices, rows: rows)
      }
    }
    engine.pool.barrier()
  }

  /// Rows of the outputs of a layer and of all below it.
  private func copyOutputs<S: Scalar>(of layer: Layer, _ rows: Range<Int>, in memory: Memory<S>) {
    memory.copy(layer.outputs.rows(rows), to: input.rows(rows).columns(layer.headColumns))
    if let below = layer.below { copyOutputs(of: below, rows, in: memory) }
  }

  /// The final outputs of the directions; with a residual connection, that of the last step's input too.
  private func readLastStep<S: Scalar>(of layer: Layer, _ slot: Int, _ rows: Rows, in memory: Memory<S>) {
    let row = rows.finalStateRow(ofSlot: slot)
    let target = input.row(rows.sequence(inSlot: slot))
    let output = layer.forward.states.row(row).columns(layer.forward.outputColumns)
    if layer.runsBothWays {
      memory.merge(
        output, layer.reverse.states.row(row).columns(layer.reverse.outputColumns), layer.merge, into: target)
    } else {
      memory.copy(output, to: target)
    }
    if layer.addsInput, let input = layer.input, rows.length(ofSlot: slot) > 0 {
      memory.add(input.row(rows.lastRow(ofSlot: slot)), to: target)
    }
  }

  /// 0 of a sequence without steps.
  private func readLastOutput<S: Scalar>(of outputs: Region, _ slot: Int, _ rows: Rows, in memory: Memory<S>) {
    let target = input.row(rows.sequence(inSlot: slot))
    guard rows.length(ofSlot: slot) > 0 else { return memory.fill(target, with: 0) }
    memory.copy(outputs.row(rows.lastRow(ofSlot: slot)), to: target)
  }

  private func readMean<S: Scalar>(of outputs: Region, _ slot: Int, _ rows: Rows, in memory: Memory<S>) {
    let target = input.row(rows.sequence(inSlot: slot))
    let length = rows.length(ofSlot: slot)
    memory.fill(target, with: 0)
    for step in 0..<length { memory.add(outputs.row(rows.firstRow(ofStep: step) + slot), to: target) }
    if length > 0 { memory.scale(target, by: Self.share(of: length, S.self), into: target) }
  }

  /// 1/length, rounded as the precision rounds it.
  private static func share<S: Scalar>(of length: Int, _ scalar: S.Type) -> Double { Double(1 / S(length)) }

  private func readGreatest<S: Scalar>(
    of outputs: Region, _ slot: Int, _ rows: Rows, in memory: Memory<S>, _ indices: Memory<Int32>, rows first: Int
  ) {
    let sequence = rows.sequence(inSlot: slot)
    let target = input.row(sequence)
    let first = first + sequence * target.columns
    if rows.length(ofSlot: slot) == 0 { memory.fill(target, with: 0) }
    for step in 0..<rows.length(ofSlot: slot) {
      let row = rows.firstRow(ofStep: step) + slot
      for unit in 0..<target.columns {
        let value = memory[outputs.offset + row * outputs.stride + unit]
        // A value that is not a number is the greatest of all.
        if step == 0 || value > memory[target.offset + unit] || value.isNaN {
          memory[target.offset + unit] = value
          indices[first + unit] = Int32(row)
        }
      }
    }
  }

  // MARK: Gradients

  /// dL/d(what a pooled head read) to where it was read from. Of a last step it is where the gradients of the final states
  /// start from; else, or for a residual connection, dL/d(the top layer's outputs).
  func spread<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    let top = engine.plan.top
    let outputGradient = engine.plan.backward.outputs.columns(0..<top.outputs.columns)
    for slot in call.share(of: rows.sequenceCount) {
      let sequence = rows.sequence(inSlot: slot)
      let source = inputGradient.row(sequence)
      let length = rows.length(ofSlot: slot)
      switch reading {
      case .lastStep:
        spreadLastStep(top, slot, source, rows, in: memory)
        if top.addsInput { spreadLastRow(source, to: outputGradient, slot, rows, in: memory) }
      case .lastOutput: spreadLastRow(source, to: outputGradient, slot, rows, in: memory)
      case .meanOverSteps:
        for step in 0..<length {
          memory.scale(
            source, by: Self.share(of: length, S.self),
            into: outputGradient.row(rows.firstRow(ofStep: step) + slot))
        }
      case .maxOverSteps(let greatest):
        for step in 0..<length { memory.fill(outputGradient.row(rows.firstRow(ofStep: step) + slot), with: 0) }
        guard length > 0 else { break }
        let first = greatest + sequence * source.columns
        for unit in 0..<source.columns {
          let row = Int(engine.indices[first + unit])
          memory[outputGradient.offset + row * outputGradient.stride + unit] = memory[source.offset + unit]
        }
      case .topLayer, .allLayers: break
      }
    }
  }

  /// Only the last row of a sequence has a gradient.
  private func spreadLastRow<S: Scalar>(
    _ source: Region, to outputGradient: Region, _ slot: Int, _ rows: Rows, in memory: Memory<S>
  ) {
    let length = rows.length(ofSlot: slot)
    guard length > 0 else { return }
    for step in 0..<length - 1 { memory.fill(outputGradient.row(rows.firstRow(ofStep: step) + slot), with: 0) }
    memory.copy(source, to: outputGradient.row(rows.lastRow(ofSlot: slot)))
  }

  private func spreadLastStep<S: Scalar>(
    _ layer: Layer, _ slot: Int, _ source: Region, _ rows: Rows, in memory: Memory<S>
  ) {
    let forward = layer.forward
    let target = forward.stateGradient.row(slot).columns(forward.outputColumns)
    guard layer.runsBothWays else { return memory.copy(source, to: target) }
    let row = rows.finalStateRow(ofSlot: slot)
    memory.unmerge(
      source, layer.merge, forward.states.row(row).columns(forward.outputColumns),
      layer.reverse.states.row(row).columns(layer.reverse.outputColumns), into: target,
      layer.reverse.stateGradient.row(slot).columns(layer.reverse.outputColumns))
  }

  /// dL/d(a layer's output) by a head that reads all layers: a worker's share; all have done theirs when it returns.
  func addGradient<S: Scalar>(of layer: Layer, isTop: Bool, _ call: Call, _ engine: Engine<S>) {
    guard case .allLayers = reading else { return }
    let rows = call.share(of: call.rows.rowCount)
    let source = inputGradient.rows(rows).columns(layer.headColumns)
    let target = engine.plan.backward.outputs.rows(rows).columns(0..<layer.outputs.columns)
    if isTop { engine.memory.copy(source, to: target) } else { engine.memory.add(source, to: target) }
    engine.pool.barrier()
  }
}
