internal import Kernels

/// A training step whose batch is taken in pieces of time, for sequences too long to keep: forward over all pieces, of which
/// only the states between them are kept; then from the last piece to the first forward once more and backward
/// (Chen et al. 2016, for recurrences Gruslys et al. 2016). One more forward pass, less that of the last piece, and the
/// same bits as at once.
extension Engine {
  /// Leaves the gradient of the whole batch, whose inputs and targets are set.
  /// - Parameter carriesState: whether the final states become the initial ones, as otherwise they stay.
  func performInSegments(dropoutSeed: UInt64?, carriesState: Bool) {
    let count = (batchSteps + plan.keptSteps - 1) / plan.keptSteps
    let readsEveryStep = plan.configuration.head == .everyStep
    for sequence in 0..<plan.batchSize {
      indices[plan.index.wasFresh + sequence] = indices[plan.index.isFresh + sequence]
    }
    for index in 0..<count - 1 {
      setSegment(steps(ofSegment: index))
      saveStates(index)
      perform(.forward, dropoutSeed: dropoutSeed, skipsHead: true)
      carryState()
    }
    setSegment(steps(ofSegment: count - 1))
    saveStates(count - 1)
    perform(.gradient, dropoutSeed: dropoutSeed)
    carryState()
    saveStates(count)
    for index in (0..<count - 1).reversed() {
      setSegment(steps(ofSegment: index))
      restoreStates(index)
      perform(
        readsEveryStep ? .gradient : .gradientWithoutLoss, dropoutSeed: dropoutSeed, continuesGradient: true,
        skipsHead: !readsEveryStep)
    }
    restoreStates(carriesState ? count : 0)
  }

  /// The outputs and their loss, without what backward needs; the final states become the initial ones.
  func evaluate() {
    let count = (batchSteps + plan.keptSteps - 1) / plan.keptSteps
    for index in 0..<count {
      setSegment(steps(ofSegment: index))
      let hasHead = plan.configuration.head == .everyStep || index == count - 1
      perform(hasHead ? .evaluation : .forward, skipsHead: !hasHead)
      carryState()
    }
  }

  private func steps(ofSegment index: Int) -> Range<Int> {
    index * plan.keptSteps..<min((index + 1) * plan.keptSteps, batchSteps)
  }

  private func saveStates(_ boundary: Int) {
    let batch = plan.batchSize
    for (recurrence, boundaries) in zip(plan.recurrences, plan.boundaries) {
      block.copy(
        recurrence.states.rows(0..<batch), to: boundaries.rows(boundary * batch..<(boundary + 1) * batch))
    }
  }

  private func restoreStates(_ boundary: Int) {
    let batch = plan.batchSize
    for (recurrence, boundaries) in zip(plan.recurrences, plan.boundaries) {
      block.copy(
        boundaries.rows(boundary * batch..<(boundary + 1) * batch), to: recurrence.states.rows(0..<batch))
    }
    for sequence in 0..<batch {
      indices[plan.index.isFresh + sequence] = boundary == 0 ? indices[plan.index.wasFresh + sequence] : 0
    }
  }
}
