internal import Kernels

/// A loss of the caller's own, between forward and backward.
extension Engine {
  /// Runs `loss` on the outputs of a forward pass; its gradient takes their place.
  /// - Parameter bySequence: whether rows are handed over sequence by sequence even where all have one length, as they are
  ///   in other batches of a ragged training.
  func perform(_ loss: CustomLoss<S>, _ rows: Rows, bySequence: Bool) {
    guard let stage = plan.loss, let custom = stage.custom else {
      stop("the loss is \(plan.purpose.loss.map { "\($0)" } ?? "none"): one of your own needs Loss.custom")
    }
    let count = outputRowCount(rows)
    let outputs = stage.outputs.rows(0..<count)
    let gradient = custom.gradient.rows(0..<count)
    let isInOrder = plan.configuration.head.isPooled || !(bySequence || rows.isRagged)
    memory.fill(gradient, with: 0)
    let source = isInOrder ? outputs : custom.outputs.rows(0..<count)
    if !isInOrder {
      forEachRowInOrder(rows) { place, row in memory.copy(outputs.row(row), to: source.row(place)) }
    }
    var span = memory.mutableSpan(gradient.offset, gradient.count)
    sums[stage.losses] = loss(memory.span(source.offset, source.count), &span)
    if isInOrder {
      memory.copy(gradient, to: outputs)
    } else {
      forEachRowInOrder(rows) { place, row in memory.copy(gradient.row(place), to: outputs.row(row)) }
    }
  }

  /// Forward, the loss, and backward.
  func performGradient(of loss: CustomLoss<S>, _ rows: Rows, dropoutSeed: UInt64?) {
    perform(.forward, rows, dropoutSeed: dropoutSeed)
    perform(loss, rows, bySequence: plan.sizes.isRagged)
    perform(.backward, rows, dropoutSeed: dropoutSeed)
  }

  /// Calls `body` for each step of the first sequence, then of the next, with the row that it has.
  private func forEachRowInOrder(_ rows: Rows, _ body: (_ place: Int, _ row: Int) -> Void) {
    var place = 0
    for sequence in 0..<rows.sequenceCount {
      let slot = rows.slot(of: sequence)
      for step in 0..<rows.length(ofSlot: slot) {
        body(place, rows.firstRow(ofStep: step) + slot)
        place += 1
      }
    }
  }
}
