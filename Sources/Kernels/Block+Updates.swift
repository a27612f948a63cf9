/// Optimizer updates on pieces of the flat blocks; `count` scalars from each offset.
extension Block where Element: KernelScalar {
  /// Σ x² of `count` scalars, accumulated in Double.
  package func sumOfSquares(_ offset: Int, count: Int) -> Double {
    unsafe Element._Kernels.sumOfSquares(count, piece(offset, count))
  }

  package func sgd(
    count: Int, parameters: Int, gradients: Int, buffer: Int, scale: Element, limit: Element, rate: Element,
    momentum: Element, weightDecay: Element, nesterov: Bool
  ) {
    unsafe Element._Kernels.sgd(
      count, piece(parameters, count), piece(gradients, count), piece(buffer, count), scale: scale,
      limit: limit, rate: rate, momentum: momentum, weightDecay: weightDecay, nesterov: nesterov)
  }

  package func rmsprop(
    count: Int, parameters: Int, gradients: Int, square: Int, scale: Element, limit: Element, rate: Element,
    decay: Element, oneMinusDecay: Element, epsilon: Element, weightDecay: Element
  ) {
    unsafe Element._Kernels.rmsprop(
      count, piece(parameters, count), piece(gradients, count), piece(square, count), scale: scale,
      limit: limit, rate: rate, decay: decay, oneMinusDecay: oneMinusDecay, epsilon: epsilon,
      weightDecay: weightDecay)
  }

  package func adam(
    count: Int, parameters: Int, gradients: Int, first: Int, second: Int, scale: Element, limit: Element,
    step: Element, beta1: Element, oneMinusBeta1: Element, beta2: Element, oneMinusBeta2: Element,
    inverseRoot: Element, epsilon: Element, coupledDecay: Element, decoupledDecay: Element
  ) {
    unsafe Element._Kernels.adam(
      count, piece(parameters, count), piece(gradients, count), piece(first, count), piece(second, count),
      scale: scale, limit: limit, step: step, beta1: beta1, oneMinusBeta1: oneMinusBeta1, beta2: beta2,
      oneMinusBeta2: oneMinusBeta2, inverseRoot: inverseRoot, epsilon: epsilon, coupledDecay: coupledDecay,
      decoupledDecay: decoupledDecay)
  }

  @unsafe private func piece(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<Element> {
    unsafe pointer(Matrix(offset: offset, rows: 1, columns: count))
  }
}
