internal import Kernels

/// Attention forward and backward, of all steps at once: workers take sequences; the attentional layer's own product is of all rows
/// and shared out as any other. With input feeding `InputFeeding` calls the parts of it step by step.
extension AttentionStage {
  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    let states = engine.plan.topOutputs
    if let query {
      let part = query.map.part(forward: rows.rowCount, call)
      for piece in part.rows {
        query.map.multiply(
          states.rows(piece), from: .zero, into: query.outputs.rows(piece), columns: part.columns, in: memory)
      }
      engine.pool.barrier()
    }
    for slot in slots(call) { attend(slot, 0..<rows.length(ofSlot: slot), call, engine) }
    engine.pool.barrier()

    let part = map.part(forward: rows.rowCount, call)
    for piece in part.rows { output(piece, part.columns, in: memory) }
    engine.pool.barrier()
  }

  /// What some steps of a slot attend to: from the queries to [c; h].
  func attend<S: Scalar>(_ slot: Int, _ steps: Range<Int>, _ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    let states = engine.plan.topOutputs
    let asked = query?.outputs ?? states
    let width = states.columns
    let own = self.rows(ofSlot: slot, steps)
    let attended = attended(slot, rows, engine)
    let queries = queries.rows(own)
    for (index, step) in steps.enumerated() {
      memory.copy(asked.row(rows.firstRow(ofStep: step) + slot), to: queries.row(index))
    }
    let contexts = contexts.rows(own)
    if !attended.rows.isEmpty {
      let scores = probabilities.rows(own).columns(0..<attended.rows.count)
      if let additive {
        for index in 0..<steps.count {
          additive.forward(queries.row(index), attended.rows, into: scores.row(index), slot: slot, in: memory)
        }
      } else {
        memory.multiplyPacked(queries, packed: keys(ofMemory: attended.index), from: .zero, into: scores)
        if scale != 1 { memory.scale(scores, by: scale, into: scores) }
      }
      for index in 0..<steps.count { _ = memory.softmax(scores.row(index), scale: 1) }
      memory.multiplyPacked(scores, packed: values(ofMemory: attended.index), from: .zero, into: contexts)
    } else {
      memory.fill(contexts, with: 0)
    }
    for (index, step) in steps.enumerated() {
      let row = rows.firstRow(ofStep: step) + slot
      let joined = joined.row(row)
      memory.copy(contexts.row(index), to: joined.columns(0..<width))
      memory.copy(states.row(row), to: joined.columns(width..<2 * width))
    }
  }

  /// tanh(W·[c; h] + b) of some rows.
  func output<S: Scalar>(_ rows: Range<Int>, _ columns: Range<Int>, in memory: Memory<S>) {
    map.multiply(joined.rows(rows), from: .bias(bias), into: outputs.rows(rows), columns: columns, in: memory)
    for row in rows {
      var outputs = memory.mutableSpan(outputs, row)
      VectorMath.tanh(&outputs, in: columns)
    }
  }

  // MARK: Backward

  /// What is summed over the whole batch starts from 0: a worker's share.
  func startGradients<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    additive?.startGradients(rows: memoryRowCount(in: engine.indices), call, in: engine.memory)
  }

  /// From dL/d(what the head read) to dL/d(the top layer's outputs) and dL/d(memory).
  func backward<S: Scalar>(_ gradient: Region, _ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    unsquash(gradient, call.share(of: rows.rowCount), in: memory)
    engine.pool.barrier()
    let part = map.part(backward: rows.rowCount, call)
    for piece in part.rows {
      map.multiplyBack(
        gradient.rows(piece), from: .zero, into: joinedGradient.rows(piece), columns: part.columns, in: memory)
    }
    engine.pool.barrier()

    for slot in slots(call) {
      startMemoryGradient(slot, call, engine)
      attendBack(slot, 0..<rows.length(ofSlot: slot), call, engine)
    }
    engine.pool.barrier()
    if let query {
      let stateGradient = engine.plan.backward.outputs.columns(0..<gradient.columns)
      let back = query.map.part(backward: rows.rowCount, call)
      for piece in back.rows {
        query.map.multiplyBack(
          query.gradient.rows(piece), from: .itself, into: stateGradient.rows(piece), columns: back.columns, in: memory)
      }
    }
    finishMemoryGradient(call, engine)
    if query != nil { engine.pool.barrier() }
  }

  /// From dL/d(output) to dL/d(what stands under its tanh), of some rows.
  func unsquash<S: Scalar>(_ gradient: Region, _ rows: Range<Int>, in memory: Memory<S>) {
    for row in rows {
      let outputs = memory.span(outputs, row)
      var gradients = memory.mutableSpan(gradient, row)
      for unit in 0..<gradient.columns { gradients[unit] *= 1 - outputs[unit] * outputs[unit] }
    }
  }

  /// dL/d(the memory of a slot) starts from 0.
  func startMemoryGradient<S: Scalar>(_ slot: Int, _ call: Call, _ engine: Engine<S>) {
    guard !call.continuesGradient else { return }
    engine.memory.fill(memoryGradient.rows(attended(slot, call.rows, engine).rows), with: 0)
  }

  /// The part of dL/d(memory) by additive scores, once all slots are done: a worker's share.
  func finishMemoryGradient<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let byScores = memoryGradient.columns(memoryGradient.columns / 2..<memoryGradient.columns)
    additive?.backwardMemory(
      into: byScores.rows(0..<memoryRowCount(in: engine.indices)), call, in: engine.memory)
  }

  /// From dL/d[c; h] of some steps of a slot to dL/d(memory), and to dL/dh and dL/d(query), which without Q are one.
  func attendBack<S: Scalar>(_ slot: Int, _ steps: Range<Int>, _ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    let width = contexts.columns
    let stateGradient = engine.plan.backward.outputs.columns(0..<width)
    let own = self.rows(ofSlot: slot, steps)
    let contextGradient = contexts.rows(own)
    for (index, step) in steps.enumerated() {
      memory.copy(
        joinedGradient.row(rows.firstRow(ofStep: step) + slot).columns(0..<width), to: contextGradient.row(index))
    }
    scoresBack(slot, own, contextGradient, call, engine)
    for (index, step) in steps.enumerated() {
      let row = rows.firstRow(ofStep: step) + slot
      memory.copy(joinedGradient.row(row).columns(width..<2 * width), to: stateGradient.row(row))
      if let query {
        memory.copy(contextGradient.row(index), to: query.gradient.row(row))
      } else {
        memory.add(contextGradient.row(index), to: stateGradient.row(row))
      }
    }
  }

  /// From dL/dc of some rows of a slot to dL/d(memory), and to dL/d(query) by the scores, in the place of dL/dc.
  private func scoresBack<S: Scalar>(
    _ slot: Int, _ own: Range<Int>, _ contextGradient: Region, _ call: Call, _ engine: Engine<S>
  ) {
    let memory = engine.memory
    let attended = attended(slot, call.rows, engine)
    let width = contextGradient.columns
    let memoryGradient = memoryGradient.rows(attended.rows)
    guard !attended.rows.isEmpty else { return memory.fill(contextGradient, with: 0) }
    let probabilities = probabilities.rows(own).columns(0..<attended.rows.count)
    let scores = scoreGradient.rows(own).columns(0..<attended.rows.count)
    // dL/dp = dL/dc·Eᵀ, and by the softmax dL/d(score) = p·(dL/dp − Σ p·dL/dp).
    memory.multiplyPacked(contextGradient, packed: keys(ofMemory: attended.index), from: .zero, into: scores)
    let scale = S(scale)
    for index in 0..<own.count {
      let weights = memory.span(probabilities, index)
      var gradients = memory.mutableSpan(scores, index)
      var mean: S = 0
      for index in 0..<weights.count { mean += weights[index] * gradients[index] }
      for index in 0..<weights.count { gradients[index] = scale * weights[index] * (gradients[index] - mean) }
    }
    // E is in the contexts and in the scores. The two sums stay apart, so that each may go on from one segment to the one
    // before.
    memory.multiplyTransposed(probabilities, contextGradient, addingTo: memoryGradient.columns(0..<width))
    if let additive {
      // From the last step to the first, as all that is summed over rows.
      for index in (0..<own.count).reversed() {
        additive.backward(
          scores.row(index), queries.row(own.lowerBound + index), attended.rows, into: contextGradient.row(index),
          slot: slot, in: memory)
      }
      return
    }
    memory.multiplyTransposed(scores, queries.rows(own), addingTo: memoryGradient.columns(width..<2 * width))
    memory.multiplyPacked(scores, packed: values(ofMemory: attended.index), from: .zero, into: contextGradient)
  }

  // MARK: Rows

  /// A worker's share of the slots, all shares with about as many rows.
  private func slots(_ call: Call) -> Range<Int> {
    let rows = call.rows
    return rows.firstSlot(
      ofShare: call.worker, of: call.workers)..<rows.firstSlot(
        ofShare: call.worker + 1, of: call.workers)
  }

  /// The memory of the sequence in a slot, and its rows.
  private func attended<S: Scalar>(
    _ slot: Int, _ rows: Rows, _ engine: Engine<S>
  ) -> (index: Int, rows: Range<Int>) {
    let index = rows.sequence(inSlot: slot) / shape.sequencesPerMemory
    return (index, self.rows(ofMemory: index, in: engine.indices))
  }
}
