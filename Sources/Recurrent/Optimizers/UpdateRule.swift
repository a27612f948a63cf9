internal import Kernels

/// An optimizer step with its numbers worked out; plain values for the workers.
struct UpdateRule: Sendable, BitwiseCopyable {
  enum Kind: Sendable, BitwiseCopyable {
    case sgd(momentum: Double, weightDecay: Double, nesterov: Bool)
    case rmsprop(decay: Double, epsilon: Double, weightDecay: Double)
    case adam(
      beta1: Double, beta2: Double, epsilon: Double, coupledDecay: Double, decoupledDecay: Double,
      correction1: Double, correction2: Double)
  }

  var kind: Kind
  var rate: Double
  /// nil: no clipping.
  var clipNorm: Double?
  var clipValue: Double?
  /// The norm to clip by where the gradient is a part of a longer one; nil: the gradient's own.
  var norm: Double?

  /// Updates a piece of the parameters.
  /// - Parameters:
  ///   - start: the first parameter, of `count`.
  ///   - shift: from a parameter to its gradient, from that to its first moment, and from that to its second.
  ///   - norm: of the whole gradient.
  func update<S: Scalar>(_ start: Int, count: Int, shift: Int, norm: Double, in memory: Memory<S>) {
    // PyTorch's clip_grad_norm_: the same small number keeps a gradient of zeros from dividing by zero.
    let scale = clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    let limit = clipValue ?? 0
    let gradients = start + shift
    let first = gradients + shift
    switch kind {
    case .sgd(let momentum, let weightDecay, let nesterov):
      memory.sgd(
        count: count, parameters: start, gradients: gradients, buffer: first, scale: scale, limit: limit, rate: rate,
        momentum: momentum, weightDecay: weightDecay, nesterov: nesterov)
    case .rmsprop(let decay, let epsilon, let weightDecay):
      memory.rmsprop(
        count: count, parameters: start, gradients: gradients, square: first, scale: scale, limit: limit, rate: rate,
        decay: decay, oneMinusDecay: 1 - decay, epsilon: epsilon, weightDecay: weightDecay)
    case .adam(let beta1, let beta2, let epsilon, let coupled, let decoupled, let correction1, let correction2):
      memory.adam(
        count: count, parameters: start, gradients: gradients, first: first, second: first + shift, scale: scale,
        limit: limit, step: rate / correction1, beta1: beta1, oneMinusBeta1: 1 - beta1, beta2: beta2,
        oneMinusBeta2: 1 - beta2, inverseRoot: 1 / correction2.squareRoot(), epsilon: epsilon, coupledDecay: coupled,
        decoupledDecay: rate * decoupled)
    }
  }
}
