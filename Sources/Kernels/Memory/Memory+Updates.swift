internal import CKernels

/// Optimizer updates on pieces of the flat memories; `count` scalars from each offset.
extension Memory where Element: KernelScalar {
  /// Σ x² of `count` scalars, accumulated in Double.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func sumOfSquares(_ offset: Int, count: Int) -> Double {
    unsafe Element.kernels.pointee.sum_of_squares(count, piece(offset, count))
  }

  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func sgd(
    count: Int, parameters: Int, gradients: Int, buffer: Int, scale: Double, limit: Double, rate: Double,
    momentum: Double, weightDecay: Double, nesterov: Bool
  ) {
    unsafe Element.kernels.pointee.sgd(
      count, piece(parameters, count), piece(gradients, count), piece(buffer, count), scale,
      limit, rate, momentum, weightDecay, nesterov ? 1 : 0)
  }

  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func rmsprop(
    count: Int, parameters: Int, gradients: Int, square: Int, scale: Double, limit: Double, rate: Double,
    decay: Double, oneMinusDecay: Double, epsilon: Double, weightDecay: Double
  ) {
    unsafe Element.kernels.pointee.rmsprop(
      count, piece(parameters, count), piece(gradients, count), piece(square, count), scale,
      limit, rate, decay, oneMinusDecay, epsilon,
      weightDecay)
  }

  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func adam(
    count: Int, parameters: Int, gradients: Int, first: Int, second: Int, scale: Double, limit: Double,
    step: Double, beta1: Double, oneMinusBeta1: Double, beta2: Double, oneMinusBeta2: Double,
    inverseRoot: Double, epsilon: Double, coupledDecay: Double, decoupledDecay: Double
  ) {
    unsafe Element.kernels.pointee.adam(
      count, piece(parameters, count), piece(gradients, count), piece(first, count), piece(second, count),
      scale, limit, step, beta1, oneMinusBeta1, beta2,
      oneMinusBeta2, inverseRoot, epsilon, coupledDecay,
      decoupledDecay)
  }

  @unsafe private func piece(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<Element> {
    unsafe pointer(Region(offset: offset, rows: 1, columns: count))
  }
}
