internal import Kernels

/// The forward pass: per layer and block of steps one hoisted input product, then the steps in order; then the head.
extension Engine {
  func forward(_ job: EngineJob, _ worker: Int) {
    let rows = job.steps * plan.batchSize
    if let embedding = plan.embedding, let input = plan.input {
      let share = pool.share(of: rows, worker: worker)
      block.gather(embedding, indices, at: share.lowerBound, into: input.rows(share))
      pool.barrier()
    }
    for index in plan.layers.indices {
      let layer = plan.layers[index]
      for start in stride(from: 0, to: job.steps, by: plan.blockSteps) {
        forward(layer, steps: start..<min(start + plan.blockSteps, job.steps), worker)
      }
      if let dropped = layer.dropped {
        drop(layer, index, dropped, job, pool.share(of: plan.batchSize, worker: worker))
        pool.barrier()
      }
    }
    if plan.configuration.head != .none {
      head(job, worker)
      pool.barrier()
    }
  }

  /// A block of steps of a layer.
  private func forward(_ layer: LayerPlan, steps: Range<Int>, _ worker: Int) {
    let rows = steps.lowerBound * plan.batchSize..<steps.upperBound * plan.batchSize
    let layer = plan.isTraining ? layer : layer.keeping(rowsFrom: rows.lowerBound)
    inputProduct(layer, rows: rows, worker)
    pool.barrier()
    if let twoStageCell {
      unroll(twoStageCell, layer, steps, pool.share(of: plan.batchSize, worker: worker))
    } else {
      let share = StepShare(layer, batchSize: plan.batchSize, worker: worker, of: pool.count)
      unroll(cell, layer, steps, share)
    }
    pool.barrier()
  }

  /// gates = X·Wᵢᵀ + bias for all rows of the block at once.
  private func inputProduct(_ layer: LayerPlan, rows: Range<Int>, _ worker: Int) {
    let apart = 0..<layer.inputColumns.lowerBound
    guard let input = layer.input else {
      let share = pool.share(of: rows.count, worker: worker).moved(by: rows.lowerBound)
      let gates = layer.gates.rows(share)
      if !apart.isEmpty { block.broadcast(layer.rowBias.columns(apart), to: gates.columns(apart)) }
      block.gather(layer.inputTable!, indices, at: share.lowerBound, into: gates.columns(layer.inputColumns))
      return
    }
    let part = part(forward: layer.inputWeights, rows: rows.count, worker)
    for range in part.rows {
      let piece = range.moved(by: rows.lowerBound)
      let gates = layer.gates.rows(piece)
      if part.columns.lowerBound == 0, !apart.isEmpty {
        block.broadcast(layer.rowBias.columns(apart), to: gates.columns(apart))
      }
      multiply(
        input.rows(piece), by: layer.inputWeights, bias: layer.rowBias.columns(layer.inputColumns),
        into: gates.columns(layer.inputColumns), columns: part.columns)
    }
  }

  /// Steps of a worker's share of the sequences, or of the columns of all.
  private func unroll<C: RecurrentCell>(_ cell: C, _ layer: LayerPlan, _ steps: Range<Int>, _ share: StepShare) {
    guard !share.rows.isEmpty else { return }
    let hidden = 0..<layer.hidden
    for step in steps {
      let rows = share.rows.moved(by: step * plan.batchSize)
      block.multiplyPacked(
        layer.states.rows(rows).columns(hidden), packed: layer.packedForward,
        into: layer.gates.rows(rows).columns(layer.recurrentColumns), columns: share.gateColumns)
      if share.isByColumns { pool.barrier() }
      for row in share.sequences.moved(by: step * plan.batchSize) { forwardRow(cell, layer, row) }
      if share.isByColumns { pool.barrier() }
    }
  }

  /// Steps of the sequences `share`, which no other worker touches.
  private func unroll<C: TwoStageCell>(_ cell: C, _ layer: LayerPlan, _ steps: Range<Int>, _ share: Range<Int>) {
    guard !share.isEmpty else { return }
    let hidden = 0..<layer.hidden
    for step in steps {
      let before = step * plan.batchSize + share.lowerBound..<step * plan.batchSize + share.upperBound
      let gates = layer.gates.rows(before)
      block.multiplyPacked(
        layer.states.rows(before).columns(hidden), packed: layer.packedForward,
        into: gates.columns(layer.recurrentColumns))
      for row in before { forwardRow(cell, layer, row) }
      block.multiplyPacked(
        layer.saved.rows(before).columns(hidden), packed: layer.packedSecondForward!,
        into: gates.columns(layer.secondStageColumns))
      for row in before { forwardSecondStageRow(cell, layer, row) }
    }
  }

  @inline(__always)
  private func forwardRow<C: RecurrentCell>(_ cell: C, _ layer: LayerPlan, _ row: Int) {
    var gates = block.mutableSpan(layer.gates.offset + row * layer.gates.stride, layer.gates.columns)
    let states = layer.states
    let previous = block.span(states.offset + row * states.stride, states.columns)
    var next = block.mutableSpan(
      states.offset + (row + plan.batchSize) * states.stride, states.columns)
    var saved = block.mutableSpan(layer.saved.offset + row * layer.saved.stride, layer.saved.columns)
    S._forward(cell, &gates, previous, &next, &saved)
  }

  @inline(__always)
  private func forwardSecondStageRow<C: TwoStageCell>(_ cell: C, _ layer: LayerPlan, _ row: Int) {
    var gates = block.mutableSpan(layer.gates.offset + row * layer.gates.stride, layer.gates.columns)
    let states = layer.states
    let previous = block.span(states.offset + row * states.stride, states.columns)
    var next = block.mutableSpan(
      states.offset + (row + plan.batchSize) * states.stride, states.columns)
    S._forwardSecondStage(cell, &gates, previous, &next)
  }

  /// What the layer above or the head reads: the outputs of the sequences `share`, dropped out in training.
  private func drop(
    _ layer: LayerPlan, _ index: Int, _ dropped: Matrix, _ job: EngineJob, _ share: Range<Int>
  ) {
    for step in plan.firstStepPassedUp(fromLayer: index, steps: job.steps)..<job.steps {
      let rows = step * plan.batchSize + share.lowerBound..<step * plan.batchSize + share.upperBound
      applyDropout(layer.outputs, into: dropped, layer: index, rows: rows, seed: job.dropoutSeed)
    }
  }

  /// The same seed, layer and row give the same mask, forward and backward. Without a seed rows are copied.
  /// - Parameter columns: the columns to do; nil: all.
  func applyDropout(
    _ source: Matrix, into target: Matrix, layer: Int, rows: Range<Int>, columns: Range<Int>? = nil, seed: UInt64?
  ) {
    guard let seed else {
      block.copy(source.rows(rows), to: target.rows(rows))
      return
    }
    block.dropout(
      source.rows(rows), into: target.rows(rows), columns: columns ?? 0..<source.columns,
      rate: plan.configuration.dropout(aboveLayer: layer), seed: seed &+ UInt64(layer),
      first: rows.lowerBound * source.columns)
  }

  /// The top layer's output that the head reads: each step's, or the last one's.
  func headInput(steps: Int) -> Matrix {
    let outputs = plan.layers[plan.layers.count - 1].passedUp
    let end = steps * plan.batchSize
    return outputs.rows(end - plan.outputRows(steps: steps)..<end)
  }

  /// outputs = h·Wᵀ + b.
  private func head(_ job: EngineJob, _ worker: Int) {
    let input = headInput(steps: job.steps)
    let part = part(forward: plan.headWeights, rows: input.rows, worker)
    for piece in part.rows {
      multiply(
        input.rows(piece), by: plan.headWeights, bias: plan.headBias, into: plan.outputs.rows(piece),
        columns: part.columns)
    }
  }
}
