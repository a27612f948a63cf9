internal import Kernels

/// The deferred gradients of a recurrence's parameters.
extension Recurrence {
  /// - Parameters:
  ///   - shift: from a parameter to its gradient.
  ///   - tokens: where in the indices the tokens that this direction gathers start.
  /// - Returns: products, and sums.
  func gradientTasks(shift: Int, tokens: Int, _ products: ProductChoice) -> (
    products: [GradientTask], sums: [GradientTask]
  ) {
    var (large, sums): ([GradientTask], [GradientTask]) = (recurrentTasks(shift, products), [])
    if let right = recurrent.right { large += right.gradientTasks(productOperands, shift: shift, products) }
    switch input.source {
    case .product(let rows, _):
      large += GradientTask.weights(
        gates.columns(input.columns), rows, input.weights.moved(by: shift), products)
      if let right = input.right, let read = input.read {
        large += right.gradientTasks(read, shift: shift, products)
      }
      let pieces = Pieces(of: input.bias.columns, atMost: 128)
      sums += (0..<pieces.count).map {
        .bias(outputs: gates.columns(input.columns).columns(pieces[$0]), bias: bias(pieces[$0], shift))
      }
    case .gather(_, let gradient):
      let pieces = Pieces(of: input.weights.rows, atMost: 128)
      large += (0..<pieces.count).map {
        .oneHot(
          gates: gates.columns(input.columns).columns(pieces[$0]), tokens: tokens,
          table: gradient.columns(pieces[$0]), weights: input.weights.rows(pieces[$0]).moved(by: shift),
          bias: bias(pieces[$0], shift))
      }
    }
    if cell.apartCount > 0 {
      let last = input.recurrentBias.columns - hidden..<input.recurrentBias.columns
      sums.append(
        .bias(
          outputs: gates.columns(0..<hidden), bias: .init(sums: input.recurrentBias.moved(by: shift).columns(last))))
    }
    if let projection = transition.projection {
      large += GradientTask.weights(
        projection.outputGradient, transition.candidates.columns(0..<hidden),
        projection.map.weights.moved(by: shift), products)
    }
    if let vectors {
      sums.append(.vectors(gradients: vectors.gradient, sums: vectors.values.moved(by: shift)))
    }
    if let initialState {
      sums.append(.initialState(gradients: stateGradient, sums: initialState.moved(by: shift)))
    }
    return (large, sums)
  }

  private func recurrentTasks(_ shift: Int, _ products: ProductChoice) -> [GradientTask] {
    let weights = recurrent.weights.moved(by: shift)
    let last = weights.rows - hidden
    let operands = recurrent.right?.outputs ?? productOperands
    let mask = recurrent.dropped?.mask
    // That of the last gate.
    let lastMask = mask?.moved(by: last * weights.columns)
    switch cell.recurrentProduct {
    case .merged:
      return GradientTask.weights(gates.columns(0..<weights.rows), operands, weights, products, mask: mask)
    case .lastGateApart:
      // In a row of gates the apart part comes first.
      return GradientTask.weights(
        gates.columns(hidden..<weights.rows), operands, weights.rows(0..<last), products, mask: mask)
        + GradientTask.weights(
          gates.columns(0..<hidden), operands, weights.rows(last..<weights.rows), products, mask: lastMask)
    case .lastGateSecondStage:
      return GradientTask.weights(
        gates.columns(recurrent.columns), operands, weights.rows(0..<last), products, mask: mask)
        + GradientTask.weights(
          gates.columns(last..<weights.rows), saved.columns(0..<hidden), weights.rows(last..<weights.rows), products,
          mask: lastMask)
    case .none:
      return []
    }
  }

  /// Where a piece of the biases' gradients goes: the input bias's, and the part of it that is the recurrent bias's too.
  private func bias(_ piece: Range<Int>, _ shift: Int) -> GradientTask.Bias {
    let merged = recurrent.isThere ? (cell.gateCount - cell.apartCount) * hidden : 0
    let shared = min(piece.lowerBound, merged)..<min(piece.upperBound, merged)
    return .init(
      sums: input.bias.columns(piece).moved(by: shift),
      copy: shared.isEmpty ? .empty : input.recurrentBias.columns(shared).moved(by: shift))
  }
}
