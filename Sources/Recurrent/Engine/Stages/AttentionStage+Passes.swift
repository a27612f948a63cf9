internal import Kernels

/// Attention forward and backward. Workers take sequences; the attentional layer's own product is of all rows and shared out
/// as any other.
extension AttentionStage {
  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    let states = engine.plan.topOutputs
    let width = states.columns
    if let query {
      let part = query.map.part(forward: rows.rowCount, call)
      for piece in part.rows {
        query.map.multiply(
          states.rows(piece), from: .zero, into: query.outputs.rows(piece), columns: part.columns, in: memory)
      }
      engine.pool.barrier()
    }
    let asked = query?.outputs ?? states
    for slot in slots(call) {
      let length = rows.length(ofSlot: slot)
      let own = self.rows(ofSlot: slot, length: length)
      let attended = attended(slot, rows, engine)
      let queries = queries.rows(own)
      for step in 0..<length { memory.copy(asked.row(rows.firstRow(ofStep: step) + slot), to: queries.row(step)) }
      let contexts = contexts.rows(own)
      if attended.length > 0 {
        let scores = probabilities.rows(own).columns(0..<attended.length)
        memory.multiplyPacked(queries, packed: keys(ofMemory: attended.index), from: .zero, into: scores)
        if scale != 1 { memory.scale(scores, by: scale, into: scores) }
        for step in 0..<length { _ = memory.softmax(scores.row(step), scale: 1) }
        memory.multiplyPacked(scores, packed: values(ofMemory: attended.index), from: .zero, into: contexts)
      } else {
        memory.fill(contexts, with: 0)
      }
      for step in 0..<length {
        let row = rows.firstRow(ofStep: step) + slot
        let joined = joined.row(row)
        memory.copy(contexts.row(step), to: joined.columns(0..<width))
        memory.copy(states.row(row), to: joined.columns(width..<2 * width))
      }
    }
    engine.pool.barrier()

    let part = map.part(forward: rows.rowCount, call)
    for piece in part.rows {
      map.multiply(
        joined.rows(piece), from: .bias(bias), into: outputs.rows(piece), columns: part.columns, in: memory)
      for row in piece {
        var outputs = memory.mutableSpan(outputs, row)
        VectorMath.tanh(&outputs, in: part.columns)
      }
    }
    engine.pool.barrier()
  }

  /// From dL/d(what the head read) to dL/d(the top layer's outputs) and dL/d(memory).
  func backward<S: Scalar>(_ gradient: Region, _ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    let width = gradient.columns
    for row in call.share(of: rows.rowCount) {
      let outputs = memory.span(outputs, row)
      var gradients = memory.mutableSpan(gradient, row)
      for unit in 0..<width { gradients[unit] *= 1 - outputs[unit] * outputs[unit] }
    }
    engine.pool.barrier()
    let part = map.part(backward: rows.rowCount, call)
    for piece in part.rows {
      map.multiplyBack(
        gradient.rows(piece), from: .zero, into: joinedGradient.rows(piece), columns: part.columns, in: memory)
    }
    engine.pool.barrier()

    let stateGradient = engine.plan.backward.outputs.columns(0..<width)
    for slot in slots(call) {
      let length = rows.length(ofSlot: slot)
      let contextGradient = contexts.rows(self.rows(ofSlot: slot, length: length))
      for step in 0..<length {
        memory.copy(
          joinedGradient.row(rows.firstRow(ofStep: step) + slot).columns(0..<width), to: contextGradient.row(step))
      }
      backward(slot, contextGradient, call, engine)
      for step in 0..<length {
        let row = rows.firstRow(ofStep: step) + slot
        memory.copy(joinedGradient.row(row).columns(width..<2 * width), to: stateGradient.row(row))
        if let query {
          memory.copy(contextGradient.row(step), to: query.gradient.row(row))
        } else {
          memory.add(contextGradient.row(step), to: stateGradient.row(row))
        }
      }
    }
    engine.pool.barrier()
    guard let query else { return }
    let back = query.map.part(backward: rows.rowCount, call)
    for piece in back.rows {
      query.map.multiplyBack(
        query.gradient.rows(piece), from: .itself, into: stateGradient.rows(piece), columns: back.columns, in: memory)
    }
    engine.pool.barrier()
  }

  /// From dL/dc of a slot to dL/d(memory), and to dL/d(query) by the scores, in the place of dL/dc.
  private func backward<S: Scalar>(_ slot: Int, _ contextGradient: Region, _ call: Call, _ engine: Engine<S>) {
    let memory = engine.memory
    let length = call.rows.length(ofSlot: slot)
    let own = rows(ofSlot: slot, length: length)
    let attended = attended(slot, call.rows, engine)
    let width = contextGradient.columns
    let memoryGradient = memoryGradient.rows(rows(ofMemory: attended.index, length: attended.length))
    if !call.continuesGradient { memory.fill(memoryGradient, with: 0) }
    guard attended.length > 0 else { return memory.fill(contextGradient, with: 0) }
    let probabilities = probabilities.rows(own).columns(0..<attended.length)
    let scores = scoreGradient.rows(own).columns(0..<attended.length)
    // dL/dp = dL/dc·Eᵀ, and by the softmax dL/d(score) = p·(dL/dp − Σ p·dL/dp).
    memory.multiplyPacked(contextGradient, packed: keys(ofMemory: attended.index), from: .zero, into: scores)
    let scale = S(scale)
    for step in 0..<length {
      let weights = memory.span(probabilities, step)
      var gradients = memory.mutableSpan(scores, step)
      var mean: S = 0
      for index in 0..<attended.length { mean += weights[index] * gradients[index] }
      for index in 0..<attended.length { gradients[index] = scale * weights[index] * (gradients[index] - mean) }
    }
    // E is in the contexts and in the scores. The two sums stay apart, so that each may go on from one segment to the one
    // before.
    memory.multiplyTransposed(probabilities, contextGradient, addingTo: memoryGradient.columns(0..<width))
    memory.multiplyTransposed(scores, queries.rows(own), addingTo: memoryGradient.columns(width..<2 * width))
    memory.multiplyPacked(scores, packed: values(ofMemory: attended.index), from: .zero, into: contextGradient)
  }

  /// A worker's share of the slots, all shares with about as many rows.
  private func slots(_ call: Call) -> Range<Int> {
    let rows = call.rows
    return rows.firstSlot(
      ofShare: call.worker, of: call.workers)..<rows.firstSlot(
        ofShare: call.worker + 1, of: call.workers)
  }

  /// The memory of the sequence in a slot.
  private func attended<S: Scalar>(_ slot: Int, _ rows: Rows, _ engine: Engine<S>) -> (index: Int, length: Int) {
    let index = rows.sequence(inSlot: slot) / shape.sequencesPerMemory
    return (index, length(ofMemory: index, in: engine.indices))
  }
}
