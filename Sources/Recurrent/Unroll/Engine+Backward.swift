internal import Kernels

/// Back-propagation through time (Werbos 1990): the head, then per layer the steps in reverse order and one product for
/// dL/d(input); at last, all layers together, one deferred product for each weight.
extension Engine {
  /// From dL/d(outputs), which stands in the plan's `outputs`, or without a head in its `outputGradient`.
  func backward(_ job: EngineJob, _ worker: Int) {
    // Nobody takes gradient tasks before the barriers below.
    if worker == 0 { nextTask.store(0, ordering: .relaxed) }
    let rows = job.steps * plan.batchSize
    let headRows = plan.outputRows(steps: job.steps)
    let outputGradient = plan.outputGradient!
    if plan.configuration.head != .none {
      let part = part(backward: plan.headWeights, rows: headRows, worker)
      for piece in part.rows {
        let rows = piece.moved(by: rows - headRows)
        multiply(
          plan.outputs.rows(piece), backThrough: plan.headWeights, into: outputGradient.rows(rows),
          columns: part.columns)
        dropBack(outputGradient, below: plan.layers.count - 1, rows: rows, columns: part.columns, job)
      }
    }
    pool.barrier()

    for index in plan.layers.indices.reversed() {
      let layer = plan.layers[index]
      let firstStep = plan.firstStepPassedUp(fromLayer: index, steps: job.steps)
      if let twoStageCell {
        let share = pool.share(of: plan.batchSize, worker: worker)
        unroll(backward: twoStageCell, layer, outputGradient, steps: job.steps, gradientFrom: firstStep, share)
      } else {
        let share = StepShare(layer, batchSize: plan.batchSize, worker: worker, of: pool.count)
        unroll(backward: cell, layer, outputGradient, steps: job.steps, gradientFrom: firstStep, share)
      }
      pool.barrier()
      if index > 0 {
        inputProduct(backward: layer, into: outputGradient, below: index - 1, job, worker)
        pool.barrier()
      } else if let inputGradient = plan.inputGradient {
        inputProduct(backward: layer, into: inputGradient, below: nil, job, worker)
        pool.barrier()
      }
    }

    while true {
      let task = nextTask.add(1, ordering: .relaxed).oldValue
      if task >= gradientTasks.count { break }
      perform(gradientTasks[task], steps: job.steps)
    }
    pool.barrier()
  }

  /// dX = dZ·Wᵢ for all rows at once, through the dropout below if there is any.
  private func inputProduct(
    backward layer: LayerPlan, into gradient: Matrix, below: Int?, _ job: EngineJob, _ worker: Int
  ) {
    let part = part(backward: layer.inputWeights, rows: job.steps * plan.batchSize, worker)
    for piece in part.rows {
      multiply(
        layer.gates.rows(piece).columns(layer.inputColumns), backThrough: layer.inputWeights,
        into: gradient.rows(piece), columns: part.columns)
      if let below { dropBack(gradient, below: below, rows: piece, columns: part.columns, job) }
    }
  }

  /// The gradient by what a layer passed up becomes that by its outputs.
  private func dropBack(_ gradient: Matrix, below layer: Int, rows: Range<Int>, columns: Range<Int>, _ job: EngineJob) {
    guard plan.layers[layer].dropped != nil, let seed = job.dropoutSeed else { return }
    applyDropout(gradient, into: gradient, layer: layer, rows: rows, columns: columns, seed: seed)
  }

  /// All steps in reverse of a worker's share of the sequences, or of the columns of all.
  private func unroll<C: RecurrentCell>(
    backward cell: C, _ layer: LayerPlan, _ outputGradient: Matrix, steps: Int, gradientFrom firstStep: Int,
    _ share: StepShare
  ) {
    guard !share.rows.isEmpty else { return }
    let hidden = 0..<layer.hidden
    let stateGradient = layer.stateGradient.rows(share.sequences)
    block.fill(stateGradient, with: 0)
    for step in (0..<steps).reversed() {
      let rows = share.sequences.moved(by: step * plan.batchSize)
      if step >= firstStep { block.add(outputGradient.rows(rows), to: stateGradient.columns(hidden)) }
      for (row, sequence) in zip(rows, share.sequences) { backwardRow(cell, layer, row, sequence) }
      if share.isByColumns { pool.barrier() }
      block.multiplyPacked(
        layer.gates.rows(share.rows.moved(by: step * plan.batchSize)).columns(layer.recurrentColumns),
        packed: layer.packedBackward!, into: layer.stateGradient.rows(share.rows).columns(hidden),
        columns: share.hiddenColumns)
      if share.isByColumns { pool.barrier() }
    }
  }

  /// All steps in reverse of the sequences `share`, which no other worker touches.
  private func unroll<C: TwoStageCell>(
    backward cell: C, _ layer: LayerPlan, _ outputGradient: Matrix, steps: Int, gradientFrom firstStep: Int,
    _ share: Range<Int>
  ) {
    guard !share.isEmpty else { return }
    let hidden = 0..<layer.hidden
    let stateGradient = layer.stateGradient.rows(share)
    let operandGradient = layer.operandGradient!.rows(share)
    block.fill(stateGradient, with: 0)
    for step in (0..<steps).reversed() {
      let rows = step * plan.batchSize + share.lowerBound..<step * plan.batchSize + share.upperBound
      if step >= firstStep { block.add(outputGradient.rows(rows), to: stateGradient.columns(hidden)) }
      for (row, sequence) in zip(rows, share) { backwardRow(cell, layer, row, sequence) }
      block.multiplyPacked(
        layer.gates.rows(rows).columns(layer.secondStageColumns), packed: layer.packedSecondBackward!, from: .zero,
        into: operandGradient)
      for (row, sequence) in zip(rows, share) { backwardFirstStageRow(cell, layer, row, sequence) }
      block.multiplyPacked(
        layer.gates.rows(rows).columns(layer.recurrentColumns), packed: layer.packedBackward!,
        into: stateGradient.columns(hidden))
    }
  }

  @inline(__always)
  private func backwardRow<C: RecurrentCell>(_ cell: C, _ layer: LayerPlan, _ row: Int, _ sequence: Int) {
    var gates = block.mutableSpan(layer.gates.offset + row * layer.gates.stride, layer.gates.columns)
    let states = layer.states
    let previous = block.span(states.offset + row * states.stride, states.columns)
    let next = block.span(states.offset + (row + plan.batchSize) * states.stride, states.columns)
    let saved = block.span(layer.saved.offset + row * layer.saved.stride, layer.saved.columns)
    let place = layer.stateGradient
    var gradient = block.mutableSpan(place.offset + sequence * place.stride, place.columns)
    S._backward(cell, &gates, previous, next, saved, &gradient)
  }

  @inline(__always)
  private func backwardFirstStageRow<C: TwoStageCell>(
    _ cell: C, _ layer: LayerPlan, _ row: Int, _ sequence: Int
  ) {
    var gates = block.mutableSpan(layer.gates.offset + row * layer.gates.stride, layer.gates.columns)
    let states = layer.states
    let previous = block.span(states.offset + row * states.stride, states.columns)
    let operand = layer.operandGradient!
    let operandGradient = block.span(operand.offset + sequence * operand.stride, operand.columns)
    let place = layer.stateGradient
    var gradient = block.mutableSpan(place.offset + sequence * place.stride, place.columns)
    S._backwardFirstStage(cell, &gates, previous, operandGradient, &gradient)
  }

  private func perform(_ task: GradientTask, steps: Int) {
    let rows = 0..<steps * plan.batchSize
    switch task {
    case .weights(let gates, let input, let gradient):
      multiplyTransposed(gates.rows(rows), input.rows(rows), into: gradient)
    case .bias(let gates, let bias):
      block.columnSums(gates.rows(rows), into: bias.sums)
      if let copy = bias.copy { block.copy(bias.sums.columns(0..<copy.columns), to: copy) }
    case .oneHot(let gates, let table, let weights, let bias):
      block.fill(table, with: 0)
      block.scatterAdd(gates.rows(rows), indices, at: 0, into: table)
      block.transpose(table, into: weights)
      // Every row of gates went to one row of the table, so the table's sums are the bias's gradient.
      block.columnSums(table, into: bias.sums)
      if let copy = bias.copy { block.copy(bias.sums.columns(0..<copy.columns), to: copy) }
    case .embedding(let inputGradient, let table):
      block.fill(table, with: 0)
      block.scatterAdd(inputGradient.rows(rows), indices, at: 0, into: table)
    case .head(let columns):
      let outputs = plan.outputs.rows(0..<plan.outputRows(steps: steps)).columns(columns)
      let weights = plan.headWeights.matrix.rows(columns).moved(by: plan.gradientShift)
      multiplyTransposed(outputs, headInput(steps: steps), into: weights)
      block.columnSums(outputs, into: plan.headBias.columns(columns).moved(by: plan.gradientShift))
    }
  }

  /// dW = dZᵀ·X
  private func multiplyTransposed(_ gradients: Matrix, _ input: Matrix, into weights: Matrix) {
    if ProductChoice.multipliesTransposed {
      block.fill(weights, with: 0)
      block.multiplyTransposed(gradients, input, addingTo: weights)
    } else {
      block.multiply(gradients, input, transposingA: true, into: weights)
    }
  }
}
