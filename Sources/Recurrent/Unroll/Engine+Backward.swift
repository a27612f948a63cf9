internal import Kernels

/// Back-propagation through time (Werbos 1990): the head, then per layer the steps in reverse order (`Engine+UnrollBackward`)
/// and one product for dL/d(input); at last, all layers together, one deferred product for each weight
/// (`Engine+Gradients`).
extension Engine {
  /// From dL/d(outputs), which stands in the plan's `outputs`, or without a head in its `outputGradient`.
  func backward(_ job: EngineJob, _ worker: Int) {
    // Nobody takes gradient tasks before the barriers below.
    if worker == 0 { nextTask.store(0, ordering: .relaxed) }
    if !job.continuesGradient { startGradients(worker) }
    if let head = plan.head, !job.skipsHead { headBackward(head, job, worker) }
    pool.barrier()
    if let attention = plan.attention { attendBackward(attention, job, worker) }

    let isLast = plan.configuration.head == .lastStep
    for index in plan.layers.indices.reversed() {
      let layer = plan.layers[index]
      // A head at the last step hands its gradient to the final states.
      let isTopOfLast = isLast && index == plan.layers.count - 1
      if let columns = layer.headColumns { addHeadGradient(columns, layer, index, worker) }
      if !isTopOfLast { unmerge(layer, worker) }
      for recurrence in layer.recurrences {
        guard let share = share(of: recurrence, worker: worker) else { continue }
        unrollBackward(recurrence, share, addsOutputGradient: !isTopOfLast, job)
      }
      pool.barrier()
      if index > 0 {
        inputProduct(backward: layer, into: plan.outputGradient!, below: index - 1, job, worker)
      } else if let inputGradient = plan.inputGradient {
        inputProduct(backward: layer, into: inputGradient, below: nil, job, worker)
      }
    }
    gatherGradients(job)
    pool.barrier()
  }

  /// What is summed over the whole batch and all its pieces of time starts from 0.
  private func startGradients(_ worker: Int) {
    for recurrence in plan.recurrences {
      let places = pool.share(of: plan.batchSize, worker: worker)
      if !isFinalStateGradientGiven { block.fill(recurrence.stateGradient.rows(places), with: 0) }
      if let gradient = recurrence.vectorGradient { block.fill(gradient.rows(places), with: 0) }
    }
    // A head at the last step may write another worker's places.
    pool.barrier()
  }

  private func headBackward(_ head: HeadPlan, _ job: EngineJob, _ worker: Int) {
    let gradient = head.inputGradient!
    let part = part(backward: head.weights, rows: outputRowCount, worker)
    for piece in part.rows {
      multiply(
        plan.outputs.rows(piece), backThrough: head.weights, into: gradient.rows(piece), columns: part.columns)
      if head.dropped != nil { dropHeadInput(gradient, into: gradient, rows: piece, columns: part.columns, job) }
    }
    guard plan.configuration.head.isPooled else { return }
    pool.barrier()
    spreadHeadGradient(gradient, worker)
  }

  /// dL/d(a layer's output) by the head, where that reads all layers.
  private func addHeadGradient(_ columns: Range<Int>, _ layer: LayerPlan, _ index: Int, _ worker: Int) {
    let rows = pool.share(of: rowCount, worker: worker)
    let source = plan.head!.inputGradient!.rows(rows).columns(columns)
    let target = plan.outputGradient!.rows(rows).columns(0..<layer.outputs.columns)
    if index == plan.layers.count - 1 { block.copy(source, to: target) } else { block.add(source, to: target) }
    pool.barrier()
  }

  /// dL/d(the output of each direction), in its own order; of one direction it is that of the layer.
  private func unmerge(_ layer: LayerPlan, _ worker: Int) {
    guard let merge = layer.merge else { return }
    let forward = plan.recurrences[layer.recurrences.lowerBound]
    let reverse = plan.recurrences[layer.recurrences.upperBound - 1]
    let gradient = plan.outputGradient!.columns(0..<layer.outputs.columns)
    for row in pool.share(of: rowCount, worker: worker) {
      let other = mirrored(row)
      block.unmerge(
        gradient.row(row), merge, forward.outputs.row(row), reverse.outputs.row(other),
        into: forward.outputGradient.row(row), reverse.outputGradient.row(other))
    }
    pool.barrier()
  }

  /// dX = dZ·Wᵢ for all rows at once, the sum over the directions, plus dY of a residual connection, through the dropout
  /// below if there is any.
  private func inputProduct(
    backward layer: LayerPlan, into gradient: Matrix, below: Int?, _ job: EngineJob, _ worker: Int
  ) {
    let forward = plan.recurrences[layer.recurrences.lowerBound]
    let target = gradient.columns(0..<forward.inputWeights.matrix.columns)
    if layer.addsInput, below == nil {
      let rows = pool.share(of: rowCount, worker: worker)
      block.copy(plan.outputGradient!.columns(0..<target.columns).rows(rows), to: target.rows(rows))
      pool.barrier()
    }
    let dropped = below.flatMap { plan.layers[$0].dropped }
    let part = part(backward: forward.inputWeights, rows: rowCount, worker)
    for piece in part.rows {
      multiply(
        forward.gates.rows(piece).columns(forward.inputColumns), backThrough: forward.inputWeights,
        addingToItself: layer.addsInput, into: target.rows(piece), columns: part.columns)
      if dropped != nil, layer.merge == nil { dropBack(target, rows: piece, columns: part.columns, below!, job) }
    }
    if layer.merge != nil {
      let reverse = plan.recurrences[layer.recurrences.upperBound - 1]
      let mirror = plan.mirroredGradient!.columns(0..<target.columns)
      for piece in part.rows {
        multiply(
          reverse.gates.rows(piece).columns(reverse.inputColumns), backThrough: reverse.inputWeights,
          addingToItself: false, into: mirror.rows(piece), columns: part.columns)
      }
      pool.barrier()
      let rows = pool.share(of: rowCount, worker: worker)
      for row in rows { block.add(mirror.row(mirrored(row)), to: target.row(row)) }
      if dropped != nil { dropBack(target, rows: rows, columns: 0..<target.columns, below!, job) }
    }
    pool.barrier()
  }

  /// The gradient by what a layer passed up becomes that by its outputs.
  private func dropBack(_ gradient: Matrix, rows: Range<Int>, columns: Range<Int>, _ layer: Int, _ job: EngineJob) {
    drop(
      gradient, into: gradient, rows: rows, columns: columns, rate: plan.configuration.dropout,
      stream: MaskStream.layer(layer), job)
  }
}
