internal import Kernels

/// Copies of the weights in the form that the products want, made once per update.
extension Engine {
  func packWeights(_ worker: Int) {
    // Two independent tasks a recurrence, and one for what lies above.
    let count = 2 * plan.recurrences.count + 1
    for task in stride(from: worker, to: count, by: pool.count) {
      if task == count - 1 {
        if let attention = plan.attention { pack(attention.weights) }
        if let head = plan.head { pack(head.weights) }
      } else if task % 2 == 0 {
        packRecurrentWeights(plan.recurrences[task / 2])
      } else {
        packInputWeights(plan.recurrences[task / 2])
      }
    }
  }

  private func packRecurrentWeights(_ recurrence: RecurrencePlan) {
    if let projection = recurrence.projection { pack(projection) }
    guard recurrence.structure.recurrentProduct != .none else { return }
    var weights = recurrence.hiddenWeights
    if let reordered = recurrence.reorderedWeights {
      let apart = weights.rows - recurrence.hidden
      block.copy(weights.rows(apart..<weights.rows), to: reordered.rows(0..<recurrence.hidden))
      block.copy(weights.rows(0..<apart), to: reordered.rows(recurrence.hidden..<weights.rows))
      weights = reordered
    }
    let first = weights.rows(recurrence.recurrentColumns)
    block.pack(first, transposed: true, at: recurrence.packedForward)
    if let packed = recurrence.packedBackward { block.pack(first, transposed: false, at: packed) }
    if let packed = recurrence.packedSecondForward {
      let second = weights.rows(recurrence.secondStageColumns)
      block.pack(second, transposed: true, at: packed)
      if let packed = recurrence.packedSecondBackward { block.pack(second, transposed: false, at: packed) }
    }
  }

  private func packInputWeights(_ recurrence: RecurrencePlan) {
    let bias = recurrence.rowBias.columns(recurrence.inputColumns)
    block.copy(recurrence.inputBias, to: bias)
    if recurrence.structure.apartCount > 0 {
      // The apart gate's recurrent bias starts its recurrent part; the other gates' two biases are summed.
      let merged = recurrence.hiddenBias.columns - recurrence.hidden
      block.copy(
        recurrence.hiddenBias.columns(merged..<recurrence.hiddenBias.columns),
        to: recurrence.rowBias.columns(0..<recurrence.hidden))
      block.add(recurrence.hiddenBias.columns(0..<merged), to: bias.columns(0..<merged))
    } else if recurrence.structure.recurrentProduct != .none {
      block.add(recurrence.hiddenBias, to: bias)
    }
    if let table = recurrence.inputTable {
      block.transpose(recurrence.inputWeights.matrix, into: table)
      for row in 0..<table.rows { block.add(bias, to: table.row(row)) }
    }
    pack(recurrence.inputWeights)
  }
}
