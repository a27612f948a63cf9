internal import Kernels

/// The forward pass: layer by layer, and in each by blocks of steps, the hoisted input product and then the steps in
/// order (`Engine+Unroll`); then the head.
extension Engine {
  func forward(_ job: EngineJob, _ worker: Int) {
    if let input = plan.input {
      let share = pool.share(of: rowCount, worker: worker)
      let rows = share.moved(by: rowOffset)
      if let embedding = plan.embedding {
        block.gather(embedding, indices, at: plan.index.tokens + rows.lowerBound, into: input.rows(share))
      } else if let whole = plan.wholeInput {
        block.copy(whole.rows(rows), to: input.rows(share))
      }
      if plan.embedding != nil || plan.wholeInput != nil { pool.barrier() }
    }
    startStates(job, worker)
    for index in plan.layers.indices {
      let layer = plan.layers[index]
      mirrorInput(layer, worker)
      for start in stride(from: 0, to: job.steps, by: plan.blockSteps) {
        let steps = start..<min(start + plan.blockSteps, job.steps)
        for recurrence in layer.recurrences { inputProduct(recurrence, steps: steps, worker) }
        pool.barrier()
        for recurrence in layer.recurrences {
          guard let share = share(of: recurrence, worker: worker) else { continue }
          unroll(recurrence, steps: steps, share, job)
        }
        pool.barrier()
      }
      passUp(layer, index, job, worker)
    }
    if let head = plan.head, !job.skipsHead {
      gatherHeadInput(head, job, worker)
      multiply(head, worker)
      pool.barrier()
    }
  }

  /// The trained initial state where a sequence starts from it, and the masks of recurrent dropout.
  private func startStates(_ job: EngineJob, _ worker: Int) {
    guard plan.configuration.trainsInitialState || job.dropoutSeed != nil else { return }
    for (index, recurrence) in plan.recurrences.enumerated() {
      if let start = recurrence.initialState {
        for sequence in pool.share(of: plan.batchSize, worker: worker)
        where indices[plan.index.isFresh + sequence] != 0 {
          block.copy(start, to: recurrence.states.row(sequence))
        }
      }
      if let mask = recurrence.mask, let seed = job.dropoutSeed {
        for place in pool.share(of: sequenceCount, worker: worker) {
          let row = mask.row(place)
          block.fill(row, with: 1)
          block.dropout(
            row, into: row, columns: 0..<row.columns, rate: plan.configuration.recurrentDropout,
            seed: seed &+ MaskStream.recurrent(index), first: sequence(inPlace: place) * row.columns)
        }
      }
    }
    // The next barrier comes before the first step.
  }

  /// What the other direction reads: the input in its order.
  private func mirrorInput(_ layer: LayerPlan, _ worker: Int) {
    guard layer.merge != nil else { return }
    let share = pool.share(of: rowCount, worker: worker)
    if let input = layer.input, let target = plan.recurrences[layer.recurrences.upperBound - 1].input {
      for row in share { block.copy(input.row(mirrored(row)), to: target.row(row)) }
    } else if let tokens = plan.index.mirroredTokens {
      for row in share { indices[tokens + row] = indices[plan.index.tokens + mirrored(row)] }
    }
    pool.barrier()
  }

  /// gates = X·Wᵢᵀ + bias for all rows of a block of steps at once.
  private func inputProduct(_ index: Int, steps: Range<Int>, _ worker: Int) {
    let rows = firstRow(ofStep: steps.lowerBound)..<firstRow(ofStep: steps.upperBound)
    let recurrence = kept(index, from: rows.lowerBound)
    let apart = 0..<recurrence.inputColumns.lowerBound
    guard let input = recurrence.input else {
      let share = pool.share(of: rows.count, worker: worker).moved(by: rows.lowerBound)
      let gates = recurrence.gates.rows(share)
      if !apart.isEmpty { block.broadcast(recurrence.rowBias.columns(apart), to: gates.columns(apart)) }
      let tokens = recurrence.isReverse ? plan.index.mirroredTokens! : plan.index.tokens + rowOffset
      block.gather(
        recurrence.inputTable!, indices, at: tokens + share.lowerBound, into: gates.columns(recurrence.inputColumns))
      return
    }
    let part = part(forward: recurrence.inputWeights, rows: rows.count, worker)
    for range in part.rows {
      let piece = range.moved(by: rows.lowerBound)
      let gates = recurrence.gates.rows(piece)
      if part.columns.lowerBound == 0, !apart.isEmpty {
        block.broadcast(recurrence.rowBias.columns(apart), to: gates.columns(apart))
      }
      multiply(
        input.rows(piece), by: recurrence.inputWeights, bias: recurrence.rowBias.columns(recurrence.inputColumns),
        into: gates.columns(recurrence.inputColumns), columns: part.columns)
    }
  }

  /// A recurrence with rows counted as those of the batch, where only a block of them is kept.
  func kept(_ index: Int, from row: Int) -> RecurrencePlan {
    plan.isTraining ? plan.recurrences[index] : plan.recurrences[index].keeping(rowsFrom: row)
  }

  // MARK: What goes up

  /// The layer's output from those of its directions, and its copy for the next layer after dropout.
  private func passUp(_ layer: LayerPlan, _ index: Int, _ job: EngineJob, _ worker: Int) {
    let rows = pool.share(of: rowCount, worker: worker)
    if layer.ownsOutputs {
      let forward = plan.recurrences[layer.recurrences.lowerBound].outputs
      let reverse = plan.recurrences[layer.recurrences.upperBound - 1].outputs
      for row in rows {
        let target = layer.outputs.row(row)
        if let merge = layer.merge {
          block.merge(forward.row(row), reverse.row(mirrored(row)), merge, into: target)
        } else {
          block.copy(forward.row(row), to: target)
        }
        if layer.addsInput { block.add(layer.input!.row(row), to: target) }
      }
    }
    if let dropped = layer.dropped {
      drop(
        layer.outputs, into: dropped, rows: rows, rate: plan.configuration.dropout, stream: MaskStream.layer(index), job
      )
    }
    if layer.ownsOutputs || layer.dropped != nil { pool.barrier() }
  }

  /// Rows dropped out; the same rows, stream and seed have the same mask, forward and backward. Without a seed they are
  /// copied.
  /// - Parameter columns: the columns to do; nil: all.
  func drop(
    _ source: Matrix, into target: Matrix, rows: Range<Int>, columns: Range<Int>? = nil, rate: Double, stream: UInt64,
    _ job: EngineJob
  ) {
    guard let seed = job.dropoutSeed else {
      if source != target { block.copy(source.rows(rows), to: target.rows(rows)) }
      return
    }
    forEachRow(in: rows) { row, step, sequence in
      let number =
        plan.configuration.isDropoutVariational ? sequence : (job.firstStep + step) * plan.batchSize + sequence
      block.dropout(
        source.row(row), into: target.row(row), columns: columns ?? 0..<source.columns, rate: rate,
        seed: seed &+ stream, first: number * source.columns)
    }
  }

  // MARK: Head

  /// Rows of the outputs: one for each step of each sequence, or one for each sequence.
  var outputRowCount: Int { plan.configuration.head.isPooled ? sequenceCount : rowCount }

  /// What the head reads where that is not simply the top layer's output.
  private func gatherHeadInput(_ head: HeadPlan, _ job: EngineJob, _ worker: Int) {
    let rows = pool.share(of: outputRowCount, worker: worker)
    let places = pool.share(of: sequenceCount, worker: worker)
    switch plan.configuration.head {
    case .lastStep: for place in places { readLastStep(place, into: head.input) }
    case .meanOverSteps: for place in places { readMean(place, into: head.input) }
    case .maxOverSteps: for place in places { readGreatest(place, into: head.input) }
    case .everyStep where plan.configuration.headReadsAllLayers:
      for layer in plan.layers {
        block.copy(layer.outputs.rows(rows), to: head.input.rows(rows).columns(layer.headColumns!))
      }
    case .everyStep, .none: break
    }
    if plan.configuration.head.isPooled || plan.configuration.headReadsAllLayers || head.dropped != nil {
      pool.barrier()
    }
    if head.dropped != nil {
      dropHeadInput(head.input, into: head.dropped!, rows: rows, job)
      pool.barrier()
    }
  }

  /// Dropout before the head, and of the gradient by what it read.
  func dropHeadInput(
    _ source: Matrix, into target: Matrix, rows: Range<Int>, columns: Range<Int>? = nil, _ job: EngineJob
  ) {
    let rate = plan.configuration.headDropout
    let stream = MaskStream.layer(plan.layers.count - 1)
    guard plan.configuration.head.isPooled, let seed = job.dropoutSeed else {
      drop(source, into: target, rows: rows, columns: columns, rate: rate, stream: stream, job)
      return
    }
    block.dropout(
      source.rows(rows), into: target.rows(rows), columns: columns ?? 0..<source.columns, rate: rate,
      seed: seed &+ stream, first: rows.lowerBound * source.columns)
  }

  /// outputs = X·Wᵀ + b.
  private func multiply(_ head: HeadPlan, _ worker: Int) {
    let part = part(forward: head.weights, rows: outputRowCount, worker)
    for piece in part.rows {
      multiply(
        head.read.rows(piece), by: head.weights, bias: head.bias, into: plan.outputs.rows(piece),
        columns: part.columns)
    }
  }
}

/// What a random mask is for: masks of different streams have nothing in common.
enum MaskStream {
  static func layer(_ index: Int) -> UInt64 { UInt64(index) }
  static func recurrent(_ recurrence: Int) -> UInt64 { 1 << 32 + UInt64(recurrence) }
  static func zoneout(_ recurrence: Int, part: Int) -> UInt64 { 2 << 32 + UInt64(recurrence) << 8 + UInt64(part) }
}
