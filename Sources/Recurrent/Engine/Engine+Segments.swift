internal import Kernels

/// A training step whose batch is taken in segments of time, for sequences too long to keep: forward over all segments, of
/// which only the states between them are kept; then from the last segment to the first forward once more and backward
/// (Chen et al. 2016, for recurrences Gruslys et al. 2016). One more forward pass, less that of the last segment, and the
/// same bits as at once.
extension Engine {
  /// Leaves the gradient of the whole batch, whose inputs and targets are set.
  /// - Parameter carriesState: whether the final states become the initial ones, as otherwise they stay.
  func performInSegments(_ rows: Rows, dropoutSeed: UInt64?, carriesState: Bool) {
    let count = segmentCount(rows)
    let readsEveryStep = plan.configuration.head == .everyStep
    for sequence in 0..<plan.batchSize {
      indices[plan.index.wasFresh + sequence] = indices[plan.index.isFresh + sequence]
    }
    for index in 0..<count - 1 {
      let segment = segment(index, of: rows)
      saveStates(index)
      perform(.forward, segment, dropoutSeed: dropoutSeed, skipsHead: true)
      carryState(after: segment)
    }
    let last = segment(count - 1, of: rows)
    saveStates(count - 1)
    perform(.gradient, last, dropoutSeed: dropoutSeed)
    carryState(after: last)
    saveStates(count)
    for index in (0..<count - 1).reversed() {
      restoreStates(index)
      perform(
        readsEveryStep ? .gradient : .gradientWithoutLoss, segment(index, of: rows), dropoutSeed: dropoutSeed,
        continuesGradient: true, skipsHead: !readsEveryStep)
    }
    restoreStates(carriesState ? count : 0)
  }

  /// The outputs and their loss, without what backward needs; the final states become the initial ones.
  func evaluate(_ rows: Rows) {
    let count = segmentCount(rows)
    for index in 0..<count {
      let segment = segment(index, of: rows)
      let hasHead = plan.configuration.head == .everyStep || index == count - 1
      perform(hasHead ? .evaluation : .forward, segment, skipsHead: !hasHead)
      carryState(after: segment)
    }
  }

  private func segmentCount(_ rows: Rows) -> Int {
    (rows.batchSteps + plan.sizes.keptSteps - 1) / plan.sizes.keptSteps
  }

  private func segment(_ index: Int, of rows: Rows) -> Rows {
    let kept = plan.sizes.keptSteps
    return rows.segment(index * kept..<min((index + 1) * kept, rows.batchSteps))
  }

  private func saveStates(_ boundary: Int) {
    forEachBoundary(boundary) { states, kept in memory.copy(states, to: kept) }
  }

  private func restoreStates(_ boundary: Int) {
    forEachBoundary(boundary) { states, kept in memory.copy(kept, to: states) }
    for sequence in 0..<plan.batchSize {
      indices[plan.index.isFresh + sequence] = boundary == 0 ? indices[plan.index.wasFresh + sequence] : 0
    }
  }

  private func forEachBoundary(_ boundary: Int, _ body: (_ states: Region, _ kept: Region) -> Void) {
    let batch = plan.batchSize
    for index in plan.boundaries.indices {
      body(
        recurrence(index).states.rows(0..<batch),
        plan.boundaries[index].rows(boundary * batch..<(boundary + 1) * batch))
    }
  }
}
