internal import Kernels

/// The deferred gradients of the parameters: pieces (`GradientTask`) that workers take one after the other.
///
/// Sums over rows run from the last row to the first, the order in which back-propagation comes to them: a sequence may be
/// handed in piece by piece, the latest first, and gives the same bits as at once.
extension Engine {
  func gatherGradients(_ job: EngineJob) {
    while true {
      let task = nextTask.add(1, ordering: .relaxed).oldValue
      if task >= gradientTasks.count { break }
      perform(gradientTasks[task], job)
    }
  }

  private func perform(_ task: GradientTask, _ job: EngineJob) {
    let rows = 0..<rowCount
    let adds = job.continuesGradient
    switch task {
    case .weights(let gates, let input, let gradient):
      multiplyTransposed(gates.rows(rows), input.rows(rows), into: gradient, adds: adds)
    case .bias(let gates, let bias):
      sumColumns(gates.rows(rows), into: bias, adds: adds)
    case .oneHot(let gates, let tokens, let table, let weights, let bias):
      if !adds { block.fill(table, with: 0) }
      block.scatterAdd(gates.rows(rows), indices, at: tokens + rowOffset, into: table)
      block.transpose(table, into: weights)
      // Every row of gates went to one row of the table, so the table's sums are the bias's gradient.
      sumColumns(table, into: bias, adds: false)
    case .embedding(let inputGradient, let table):
      if !adds { block.fill(table, with: 0) }
      block.scatterAdd(inputGradient.rows(rows), indices, at: plan.index.tokens + rowOffset, into: table)
    case .vectors(let gradients, let sums):
      // Each sequence has summed its own.
      sumColumns(gradients.rows(0..<plan.batchSize), into: .init(sums: sums, copy: nil), adds: false)
    case .initialState(let gradients, let sums):
      block.fill(sums, with: 0)
      for place in 0..<sequenceCount where indices[plan.index.isFresh + sequence(inPlace: place)] != 0 {
        block.add(gradients.row(place), to: sums)
      }
    case .head(let columns):
      if job.skipsHead { return }
      let outputs = plan.outputs.rows(0..<outputRowCount).columns(columns)
      let head = plan.head!
      let weights = head.weights.matrix.rows(columns).moved(by: plan.gradientShift)
      multiplyTransposed(outputs, head.read.rows(0..<outputRowCount), into: weights, adds: adds)
      let bias = head.bias.columns(columns).moved(by: plan.gradientShift)
      sumColumns(outputs, into: .init(sums: bias, copy: nil), adds: adds)
    }
  }

  private func sumColumns(_ matrix: Matrix, into bias: GradientTask.Bias, adds: Bool) {
    if !adds { block.fill(bias.sums, with: 0) }
    block.addColumnSums(matrix, to: bias.sums)
    if let copy = bias.copy { block.copy(bias.sums.columns(0..<copy.columns), to: copy) }
  }

  /// dW = dZᵀ·X
  private func multiplyTransposed(_ gradients: Matrix, _ input: Matrix, into weights: Matrix, adds: Bool) {
    if ProductChoice.multipliesTransposed {
      if !adds { block.fill(weights, with: 0) }
      block.multiplyTransposed(gradients, input, addingTo: weights)
    } else {
      block.multiply(gradients, input, transposingA: true, addingTo: adds ? 1 : 0, into: weights)
    }
  }
}
