internal import Storage

/// How parameters follow their gradients. Formulas and defaults are PyTorch's; each walks the one flat block.
public struct Optimizer: Sendable, Hashable {
  package enum Method: Sendable, Hashable {
    case sgd(momentum: Double, weightDecay: Double, nesterov: Bool)
    case rmsprop(decay: Double, epsilon: Double, weightDecay: Double)
    case adam(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, isDecoupled: Bool)
  }

  package let method: Method
  /// η, before the schedule.
  public var learningRate: Double

  /// Stochastic gradient descent: b = μ·b + g;  p −= η·b, or η·(g + μ·b) with Nesterov's look-ahead.
  public static func sgd(
    learningRate: Double, momentum: Double = 0, weightDecay: Double = 0, nesterov: Bool = false
  ) -> Optimizer {
    require((0..<1).contains(momentum), "momentum must be in 0..<1, got \(momentum)")
    require(!nesterov || momentum > 0, "Nesterov's look-ahead needs a momentum above 0")
    return Optimizer(
      .sgd(momentum: momentum, weightDecay: weightDecay, nesterov: nesterov), learningRate, weightDecay)
  }

  /// RMSprop (Hinton 2012): v = α·v + (1 − α)·g²;  p −= η·g/(√v + ε).
  public static func rmsprop(
    learningRate: Double = 1e-2, decay: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) -> Optimizer {
    require((0..<1).contains(decay), "decay must be in 0..<1, got \(decay)")
    return Optimizer(
      .rmsprop(decay: decay, epsilon: epsilon, weightDecay: weightDecay), learningRate, weightDecay)
  }

  /// Adam (Kingma & Ba 2015); weight decay, if any, is added to the gradient.
  public static func adam(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) -> Optimizer {
    adam(learningRate, beta1, beta2, epsilon, weightDecay, isDecoupled: false)
  }

  /// Adam with decoupled weight decay (Loshchilov & Hutter 2019): p −= η·λ·p.
  public static func adamW(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 1e-2
  ) -> Optimizer {
    adam(learningRate, beta1, beta2, epsilon, weightDecay, isDecoupled: true)
  }

  private static func adam(
    _ learningRate: Double, _ beta1: Double, _ beta2: Double, _ epsilon: Double, _ weightDecay: Double,
    isDecoupled: Bool
  ) -> Optimizer {
    require((0..<1).contains(beta1) && (0..<1).contains(beta2), "β must be in 0..<1, got \(beta1), \(beta2)")
    return Optimizer(
      .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, isDecoupled: isDecoupled),
      learningRate, weightDecay)
  }

  private init(_ method: Method, _ learningRate: Double, _ weightDecay: Double) {
    require(
      weightDecay >= 0 && weightDecay.isFinite, "weight decay must be finite and not negative, got \(weightDecay)")
    self.method = method
    self.learningRate = learningRate
    checkRate()
    switch method {
    case .sgd: break
    case .rmsprop(_, let epsilon, _), .adam(_, _, let epsilon, _, _):
      require(epsilon >= 0 && epsilon.isFinite, "ε must be finite and not negative, got \(epsilon)")
    }
  }

  /// Stops where η, which may have been set, makes no sense.
  func checkRate() {
    require(
      learningRate >= 0 && learningRate.isFinite, "learning rate must be finite and not negative, got \(learningRate)")
  }

  /// Blocks as large as the parameters that it keeps from step to step.
  package var momentCount: Int {
    switch method {
    case .sgd, .rmsprop: 1
    case .adam: 2
    }
  }

  /// The rule of update number `step`, counted from 1.
  func rule(step: Int, rate: Double, clipping: GradientClipping) -> UpdateRule {
    let kind: UpdateRule.Kind =
      switch method {
      case .sgd(let momentum, let weightDecay, let nesterov):
        .sgd(momentum: momentum, weightDecay: weightDecay, nesterov: nesterov)
      case .rmsprop(let decay, let epsilon, let weightDecay):
        .rmsprop(decay: decay, epsilon: epsilon, weightDecay: weightDecay)
      case .adam(let beta1, let beta2, let epsilon, let weightDecay, let isDecoupled):
        .adam(
          beta1: beta1, beta2: beta2, epsilon: epsilon, coupledDecay: isDecoupled ? 0 : weightDecay,
          decoupledDecay: isDecoupled ? weightDecay : 0, correction1: 1 - power(beta1, step),
          correction2: 1 - power(beta2, step))
      }
    return UpdateRule(kind: kind, rate: rate, clipNorm: clipping.norm, clipValue: clipping.value)
  }
}

/// Bounds on the gradient before it is used.
public struct GradientClipping: Sendable, Hashable {
  /// Largest Euclidean norm of the whole gradient; longer ones are scaled down (Pascanu et al. 2013).
  public var norm: Double?
  /// Largest magnitude of each element, applied after the norm.
  public var value: Double?

  /// - Precondition: bounds are above 0.
  public init(norm: Double? = nil, value: Double? = nil) {
    require(norm ?? 1 > 0, "the clipping norm must be above 0, got \(norm!)")
    require(value ?? 1 > 0, "the clipping value must be above 0, got \(value!)")
    self.norm = norm
    self.value = value
  }

  /// The gradient as it is.
  public static let none = GradientClipping()
  /// A gradient whose Euclidean norm is larger is scaled down to it.
  public static func norm(_ bound: Double) -> GradientClipping { GradientClipping(norm: bound) }
  /// Each element is cut off at ± the bound.
  public static func value(_ bound: Double) -> GradientClipping { GradientClipping(value: bound) }
}

/// base^exponent by squaring, the same on every machine.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, factor, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest % 2 == 1 { result *= factor }
    factor *= factor
    rest /= 2
  }
  return result
}
