internal import Kernels

/// Copies of the weights in the form that the products want, made once per update.
extension Engine {
  func packWeights(_ worker: Int) {
    // Two independent tasks a layer, and one for the head.
    let count = 2 * plan.layers.count + 1
    for task in stride(from: worker, to: count, by: pool.count) {
      if task == count - 1 {
        pack(plan.headWeights)
      } else if task % 2 == 0 {
        packRecurrentWeights(plan.layers[task / 2])
      } else {
        packInputWeights(plan.layers[task / 2])
      }
    }
  }

  private func packRecurrentWeights(_ layer: LayerPlan) {
    var weights = layer.hiddenWeights
    if let reordered = layer.reorderedWeights {
      let apart = weights.rows - layer.hidden
      block.copy(weights.rows(apart..<weights.rows), to: reordered.rows(0..<layer.hidden))
      block.copy(weights.rows(0..<apart), to: reordered.rows(layer.hidden..<weights.rows))
      weights = reordered
    }
    let first = weights.rows(layer.recurrentColumns)
    block.pack(first, transposed: true, at: layer.packedForward)
    if let packed = layer.packedBackward { block.pack(first, transposed: false, at: packed) }
    if let packed = layer.packedSecondForward {
      let second = weights.rows(layer.secondStageColumns)
      block.pack(second, transposed: true, at: packed)
      if let packed = layer.packedSecondBackward { block.pack(second, transposed: false, at: packed) }
    }
  }

  private func packInputWeights(_ layer: LayerPlan) {
    let bias = layer.rowBias.columns(layer.inputColumns)
    block.copy(layer.inputBias, to: bias)
    if layer.structure.apartCount > 0 {
      // The apart gate's recurrent bias starts its recurrent part; the other gates' two biases are summed.
      let merged = layer.hiddenBias.columns - layer.hidden
      block.copy(
        layer.hiddenBias.columns(merged..<layer.hiddenBias.columns), to: layer.rowBias.columns(0..<layer.hidden))
      block.add(layer.hiddenBias.columns(0..<merged), to: bias.columns(0..<merged))
    } else {
      block.add(layer.hiddenBias, to: bias)
    }
    if let table = layer.inputTable {
      block.transpose(layer.inputWeights.matrix, into: table)
      for row in 0..<table.rows { block.add(bias, to: table.row(row)) }
    }
    pack(layer.inputWeights)
  }
}
