internal import Kernels

/// The steps of one recurrence in reverse order: dL/d(state) on its way back through time, and dL/d(pre-activations) in
/// the place of the gates.
extension Engine {
  /// All steps of a worker's share of the places, or of the columns of all.
  func unrollBackward(_ index: Int, _ share: StepShare, addsOutputGradient: Bool, _ job: EngineJob) {
    let recurrence = plan.recurrences[index]
    let stateGradient = recurrence.stateGradient
    let output = recurrence.outputColumns
    let hasProduct = recurrence.structure.recurrentProduct != .none
    for step in (0..<job.steps).reversed() {
      let active = activeCount(inStep: step)
      let places = share.places.clamped(to: 0..<active)
      let productPlaces = share.rows.clamped(to: 0..<active)
      if productPlaces.isEmpty { continue }
      let rows = places.moved(by: firstRow(ofStep: step))
      if addsOutputGradient {
        block.add(recurrence.outputGradient.rows(rows), to: stateGradient.rows(places).columns(output))
      }
      if recurrence.candidates != nil { unsettle(recurrence, index, step, places, job) }
      backwardRows(recurrence, step, places)
      if recurrence.structure.secondStageCount > 0 {
        let operandGradient = recurrence.operandGradient!.rows(places)
        block.multiplyPacked(
          recurrence.gates.rows(rows).columns(recurrence.secondStageColumns),
          packed: recurrence.packedSecondBackward!, from: .zero, into: operandGradient)
        if let mask = recurrence.mask, job.dropoutSeed != nil {
          block.multiply(operandGradient, by: mask.rows(places), into: operandGradient)
        }
        backwardFirstStageRows(recurrence, step, places)
      }
      if share.isByColumns { pool.barrier() }
      if hasProduct {
        let gates = recurrence.gates.rows(productPlaces.moved(by: firstRow(ofStep: step)))
          .columns(recurrence.recurrentColumns)
        if let mask = recurrence.mask, job.dropoutSeed != nil {
          let masked = recurrence.maskedGradient!.rows(places)
          block.multiplyPacked(gates, packed: recurrence.packedBackward!, from: .zero, into: masked)
          block.multiply(masked, by: mask.rows(places), addingTo: stateGradient.rows(places).columns(output))
        } else {
          block.multiplyPacked(
            gates, packed: recurrence.packedBackward!, into: stateGradient.rows(productPlaces).columns(output),
            columns: share.outputColumns)
        }
      }
      if let kept = recurrence.keptGradient { block.add(kept.rows(places), to: stateGradient.rows(places)) }
      if share.isByColumns { pool.barrier() }
    }
  }

  /// The derivative of `settle`: from dL/d(state) to dL/d(what the cell gave), in the same place. What zoneout hands on to
  /// the step before is put aside.
  private func unsettle(
    _ recurrence: RecurrencePlan, _ index: Int, _ step: Int, _ places: Range<Int>, _ job: EngineJob
  ) {
    let stateGradient = recurrence.stateGradient
    if let kept = recurrence.keptGradient {
      block.fill(kept.rows(places), with: 0)
      for place in places {
        forEachPart(recurrence, index, step, place, job) { columns, rate, seed, number in
          block.zoneoutGradient(
            stateGradient.row(place).columns(columns), kept: kept.row(place).columns(columns), rate: rate, seed: seed,
            first: number)
        }
      }
    }
    guard let projection = recurrence.projection else { return }
    let output = stateGradient.rows(places).columns(recurrence.outputColumns)
    let expanded = recurrence.expandedGradient!.rows(places)
    block.copy(output, to: recurrence.projectionGradient!.rows(places.moved(by: firstRow(ofStep: step))))
    block.multiplyPacked(output, packed: projection.packedBackward!, from: .zero, into: expanded)
    block.copy(expanded, to: stateGradient.rows(places).columns(0..<recurrence.hidden))
  }

  // MARK: Rows

  private func backwardRows(_ recurrence: RecurrencePlan, _ step: Int, _ places: Range<Int>) {
    let (states, next) = (recurrence.states, recurrence.next)
    let (first, before) = (firstRow(ofStep: step), previousRow(inStep: step))
    if recurrence.structure.vectorCount > 0 {
      guard let vectorCell else { return }
      let vectors = block.span(recurrence.vectors!, 0)
      for place in places {
        let row = first + place
        var gates = block.mutableSpan(recurrence.gates, row)
        let previous = block.span(states, step == 0 ? sequence(inPlace: place) : before + place)
        let saved = block.span(recurrence.saved, row)
        var gradient = block.mutableSpan(recurrence.stateGradient, place)
        var vectorGradient = block.mutableSpan(recurrence.vectorGradient!, place)
        S._backward(
          vectorCell, &gates, previous, block.span(next, row), saved, &gradient, vectors, &vectorGradient)
      }
      return
    }
    for place in places {
      let row = first + place
      var gates = block.mutableSpan(recurrence.gates, row)
      let previous = block.span(states, step == 0 ? sequence(inPlace: place) : before + place)
      let saved = block.span(recurrence.saved, row)
      var gradient = block.mutableSpan(recurrence.stateGradient, place)
      S._backward(cell, &gates, previous, block.span(next, row), saved, &gradient)
    }
  }

  private func backwardFirstStageRows(_ recurrence: RecurrencePlan, _ step: Int, _ places: Range<Int>) {
    guard let twoStageCell else { return }
    let (first, before) = (firstRow(ofStep: step), previousRow(inStep: step))
    for place in places {
      var gates = block.mutableSpan(recurrence.gates, first + place)
      let previous = block.span(recurrence.states, step == 0 ? sequence(inPlace: place) : before + place)
      var gradient = block.mutableSpan(recurrence.stateGradient, place)
      S._backwardFirstStage(
        twoStageCell, &gates, previous, block.span(recurrence.operandGradient!, place), &gradient)
    }
  }
}
