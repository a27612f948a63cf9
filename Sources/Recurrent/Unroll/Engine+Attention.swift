internal import Kernels

/// Attention, for all steps at once, between the top layer and the head. Workers take sequences; the attentional layer's
/// own product is of all rows and shared out as any other.
extension Engine {
  func attend(_ attention: AttentionPlan, _ worker: Int) {
    let states = plan.layers[plan.layers.count - 1].outputs
    let width = states.columns
    for place in attendingPlaces(worker) {
      let length = length(ofPlace: place)
      let rows = attention.rows(ofPlace: place, length: length)
      let memory = memory(ofPlace: place)
      let queries = attention.queries.rows(rows)
      for step in 0..<length { block.copy(states.row(firstRow(ofStep: step) + place), to: queries.row(step)) }
      let contexts = attention.contexts.rows(rows)
      if memory.length > 0 {
        let scores = attention.probabilities.rows(rows).columns(0..<memory.length)
        block.multiplyPacked(queries, packed: attention.keys(ofMemory: memory.index), from: .zero, into: scores)
        if attention.scale != 1 { block.scale(scores, by: S(attention.scale), into: scores) }
        for step in 0..<length { _ = block.softmax(scores.row(step), scale: 1) }
        block.multiplyPacked(scores, packed: attention.values(ofMemory: memory.index), from: .zero, into: contexts)
      } else {
        block.fill(contexts, with: 0)
      }
      for step in 0..<length {
        let joined = attention.joined.row(firstRow(ofStep: step) + place)
        block.copy(contexts.row(step), to: joined.columns(0..<width))
        block.copy(queries.row(step), to: joined.columns(width..<2 * width))
      }
    }
    pool.barrier()

    let part = part(forward: attention.weights, rows: rowCount, worker)
    for piece in part.rows {
      multiply(
        attention.joined.rows(piece), by: attention.weights, bias: attention.bias,
        into: attention.outputs.rows(piece), columns: part.columns)
      for row in piece {
        var outputs = block.mutableSpan(attention.outputs, row)
        VectorMath.tanh(&outputs, in: part.columns)
      }
    }
    pool.barrier()
  }

  /// From dL/d(what the head read) to dL/d(the top layer's outputs) and dL/d(memory).
  func attendBackward(_ attention: AttentionPlan, _ job: EngineJob, _ worker: Int) {
    let gradient = plan.head!.inputGradient!
    let joinedGradient = attention.joinedGradient!
    let width = gradient.columns
    for row in pool.share(of: rowCount, worker: worker) {
      let outputs = block.span(attention.outputs, row)
      var gradients = block.mutableSpan(gradient, row)
      for unit in 0..<width { gradients[unit] *= 1 - outputs[unit] * outputs[unit] }
    }
    pool.barrier()
    let part = part(backward: attention.weights, rows: rowCount, worker)
    for piece in part.rows {
      multiply(
        gradient.rows(piece), backThrough: attention.weights, into: joinedGradient.rows(piece), columns: part.columns)
    }
    pool.barrier()

    let stateGradient = plan.outputGradient!.columns(0..<width)
    for place in attendingPlaces(worker) {
      let length = length(ofPlace: place)
      let contextGradient = attention.contexts.rows(attention.rows(ofPlace: place, length: length))
      for step in 0..<length {
        block.copy(
          joinedGradient.row(firstRow(ofStep: step) + place).columns(0..<width), to: contextGradient.row(step))
      }
      attendBackward(attention, place, contextGradient, job)
      for step in 0..<length {
        let row = firstRow(ofStep: step) + place
        block.copy(joinedGradient.row(row).columns(width..<2 * width), to: stateGradient.row(row))
        block.add(contextGradient.row(step), to: stateGradient.row(row))
      }
    }
    pool.barrier()
  }

  /// From dL/dc of a place to dL/d(memory), and to dL/dh by the scores, in the place of dL/dc.
  private func attendBackward(
    _ attention: AttentionPlan, _ place: Int, _ contextGradient: Matrix, _ job: EngineJob
  ) {
    let length = length(ofPlace: place)
    let rows = attention.rows(ofPlace: place, length: length)
    let memory = memory(ofPlace: place)
    let width = contextGradient.columns
    let memoryGradient = attention.memoryGradient!.rows(
      attention.rows(ofMemory: memory.index, length: memory.length))
    if !job.continuesGradient { block.fill(memoryGradient, with: 0) }
    guard memory.length > 0 else {
      block.fill(contextGradient, with: 0)
      return
    }
    let probabilities = attention.probabilities.rows(rows).columns(0..<memory.length)
    let scores = attention.scoreGradient!.rows(rows).columns(0..<memory.length)
    // dL/dp = dL/dc·Eᵀ, and by the softmax dL/d(score) = p·(dL/dp − Σ p·dL/dp).
    block.multiplyPacked(contextGradient, packed: attention.keys(ofMemory: memory.index), from: .zero, into: scores)
    let scale = S(attention.scale)
    for step in 0..<length {
      let weights = block.span(probabilities, step)
      var gradients = block.mutableSpan(scores, step)
      var mean: S = 0
      for index in 0..<memory.length { mean += weights[index] * gradients[index] }
      for index in 0..<memory.length { gradients[index] = scale * weights[index] * (gradients[index] - mean) }
    }
    // E is in the contexts and in the scores. The two sums stay apart, so that each may go on from one piece of time to
    // the one before.
    block.multiplyTransposed(probabilities, contextGradient, addingTo: memoryGradient.columns(0..<width))
    block.multiplyTransposed(
      scores, attention.queries.rows(rows), addingTo: memoryGradient.columns(width..<2 * width))
    block.multiplyPacked(
      scores, packed: attention.values(ofMemory: memory.index), from: .zero, into: contextGradient)
  }

  /// A worker's share of the places, all shares with about as many rows.
  private func attendingPlaces(_ worker: Int) -> Range<Int> {
    firstPlace(ofShare: worker, of: pool.count)..<firstPlace(ofShare: worker + 1, of: pool.count)
  }

  private func memory(ofPlace place: Int) -> (index: Int, length: Int) {
    let index = sequence(inPlace: place) / plan.attention!.shape.sequencesPerMemory
    return (index, memoryLength(index))
  }
}
