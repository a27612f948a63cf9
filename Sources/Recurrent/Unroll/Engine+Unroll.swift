internal import Kernels

/// The steps of one recurrence in order, forward: the recurrent product and the row function, and what lies between the
/// cell's output and the state.
extension Engine {
  /// Steps of a worker's share of the places, or of the columns of all.
  func unroll(_ index: Int, steps: Range<Int>, _ share: StepShare, _ job: EngineJob) {
    let recurrence = kept(index, from: firstRow(ofStep: steps.lowerBound))
    let usesOperands = usesOperands(recurrence)
    let hasProduct = recurrence.structure.recurrentProduct != .none
    for step in steps {
      let active = activeCount(inStep: step)
      let places = share.places.clamped(to: 0..<active)
      let productPlaces = share.rows.clamped(to: 0..<active)
      if productPlaces.isEmpty { break }
      let first = firstRow(ofStep: step)
      if hasProduct {
        let rows = productPlaces.moved(by: first)
        if usesOperands { readOperands(recurrence, step, places, job) }
        let before = previousRow(inStep: step)
        let operands =
          usesOperands
          ? recurrence.operands!.rows(rows)
          : recurrence.states.rows(productPlaces.moved(by: before)).columns(recurrence.outputColumns)
        block.multiplyPacked(
          operands, packed: recurrence.packedForward,
          into: recurrence.gates.rows(rows).columns(recurrence.recurrentColumns), columns: share.gateColumns)
      }
      if share.isByColumns { pool.barrier() }
      forwardRows(recurrence, step, places)
      if recurrence.structure.secondStageCount > 0 {
        let rows = places.moved(by: first)
        if let mask = recurrence.mask, job.dropoutSeed != nil {
          let operand = recurrence.saved.rows(rows).columns(recurrence.outputColumns)
          block.multiply(operand, by: mask.rows(places), into: operand)
        }
        block.multiplyPacked(
          recurrence.saved.rows(rows).columns(0..<recurrence.hidden), packed: recurrence.packedSecondForward!,
          into: recurrence.gates.rows(rows).columns(recurrence.secondStageColumns))
        forwardSecondStageRows(recurrence, step, places)
      }
      if recurrence.candidates != nil { settle(recurrence, index, step, places, job) }
      if share.isByColumns { pool.barrier() }
    }
  }

  /// Row of `states` where the state of place 0 before a step stands; that of the others follows, but for the first step
  /// of a ragged batch, where initial states stand in the order of the batch.
  @inline(__always)
  func previousRow(inStep step: Int) -> Int { step == 0 ? 0 : plan.batchSize + firstRow(ofStep: step - 1) }

  /// The outputs before a step as the product reads them: in the order of the places, and masked.
  private func readOperands(_ recurrence: RecurrencePlan, _ step: Int, _ places: Range<Int>, _ job: EngineJob) {
    let operands = recurrence.operands!
    let before = previousRow(inStep: step)
    let first = firstRow(ofStep: step)
    for place in places {
      let source = step == 0 ? sequence(inPlace: place) : before + place
      let output = recurrence.states.row(source).columns(recurrence.outputColumns)
      if let mask = recurrence.mask, job.dropoutSeed != nil {
        block.multiply(output, by: mask.row(place), into: operands.row(first + place))
      } else {
        block.copy(output, to: operands.row(first + place))
      }
    }
  }

  /// The state from what the cell gave: projected, and mixed with the old one by zoneout.
  private func settle(
    _ recurrence: RecurrencePlan, _ index: Int, _ step: Int, _ places: Range<Int>, _ job: EngineJob
  ) {
    let hidden = recurrence.hidden
    let first = firstRow(ofStep: step)
    let candidates = recurrence.candidates!.rows(places.moved(by: first))
    let next = recurrence.states.rows(places.moved(by: plan.batchSize + first))
    let others = hidden..<recurrence.structure.stateCount * hidden
    if let projection = recurrence.projection {
      block.multiplyPacked(
        candidates.columns(0..<hidden), packed: projection.packedForward!, from: .zero,
        into: next.columns(recurrence.outputColumns))
      block.copy(candidates.columns(others), to: next.columns(others))
    } else {
      block.copy(candidates, to: next)
    }
    guard plan.configuration.zoneout.isActive else { return }
    let before = previousRow(inStep: step)
    for place in places {
      let previous = recurrence.states.row(step == 0 ? sequence(inPlace: place) : before + place)
      let state = recurrence.states.row(plan.batchSize + first + place)
      forEachPart(recurrence, index, step, place, job) { columns, rate, seed, number in
        block.zoneout(previous.columns(columns), into: state.columns(columns), rate: rate, seed: seed, first: number)
      }
    }
  }

  /// Calls `body` for each part of the state that zoneout acts on: its columns, the probability, and where the random
  /// numbers of the row begin (without a seed it is the expectation).
  @inline(__always)
  func forEachPart(
    _ recurrence: RecurrencePlan, _ index: Int, _ step: Int, _ place: Int, _ job: EngineJob,
    _ body: (_ columns: Range<Int>, _ rate: Double, _ seed: UInt64?, _ first: Int) -> Void
  ) {
    let number = (job.firstStep + step) * plan.batchSize + sequence(inPlace: place)
    for part in 0..<recurrence.structure.stateCount {
      let rate = plan.configuration.zoneout.rate(ofPart: part)
      guard rate > 0 else { continue }
      let width = part == 0 ? recurrence.outputSize : recurrence.hidden
      let start = part * recurrence.hidden
      body(
        start..<start + width, rate, job.dropoutSeed.map { $0 &+ MaskStream.zoneout(index, part: part) },
        number * width)
    }
  }

  // MARK: Rows

  // The existentials are opened row by row: that costs nothing, while functions generic over the cell would not be
  // specialised for the scalar.

  private func forwardRows(_ recurrence: RecurrencePlan, _ step: Int, _ places: Range<Int>) {
    let (states, next) = (recurrence.states, recurrence.next)
    let (first, before) = (firstRow(ofStep: step), previousRow(inStep: step))
    if recurrence.structure.vectorCount > 0 {
      guard let vectorCell else { return }
      let vectors = block.span(recurrence.vectors!, 0)
      for place in places {
        let row = first + place
        var gates = block.mutableSpan(recurrence.gates, row)
        let previous = block.span(states, step == 0 ? sequence(inPlace: place) : before + place)
        var state = block.mutableSpan(next, row)
        var saved = block.mutableSpan(recurrence.saved, row)
        S._forward(vectorCell, &gates, previous, &state, &saved, vectors)
      }
      return
    }
    for place in places {
      let row = first + place
      var gates = block.mutableSpan(recurrence.gates, row)
      let previous = block.span(states, step == 0 ? sequence(inPlace: place) : before + place)
      var state = block.mutableSpan(next, row)
      var saved = block.mutableSpan(recurrence.saved, row)
      S._forward(cell, &gates, previous, &state, &saved)
    }
  }

  private func forwardSecondStageRows(_ recurrence: RecurrencePlan, _ step: Int, _ places: Range<Int>) {
    guard let twoStageCell else { return }
    let (states, next) = (recurrence.states, recurrence.next)
    let (first, before) = (firstRow(ofStep: step), previousRow(inStep: step))
    for place in places {
      let row = first + place
      var gates = block.mutableSpan(recurrence.gates, row)
      let previous = block.span(states, step == 0 ? sequence(inPlace: place) : before + place)
      var state = block.mutableSpan(next, row)
      S._forwardSecondStage(twoStageCell, &gates, previous, &state)
    }
  }
}
