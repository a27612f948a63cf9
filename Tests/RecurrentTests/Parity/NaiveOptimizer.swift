/// An optimizer with its clipping by the formulas of PyTorch's documentation, one number at a time in Double. Each part
/// is a number of its own, so that each can be planted wrong.
struct NaiveOptimizer: Sendable {
  enum Method: Sendable { case sgd, rmsprop, adam }

  var method: Method
  var rate: Double
  var momentum = 0.0
  var dampening = 0.0
  var isNesterov = false
  /// Adam's β₁.
  var beta1 = 0.9
  /// Adam's β₂, or RMSprop's α.
  var beta2 = 0.999
  var correctsBias = true
  var epsilon = 1e-8
  var epsilonIsInRoot = false
  var weightDecay = 0.0
  var isDecoupled = true
  var clipNorm: Double? = 0.25
  var clipValue: Double?

  /// Step number `step`, counted from 1.
  /// - Parameter disturbance: of what the step computes from the gradients.
  func update(
    _ parameters: inout [Double], _ gradients: [Double], _ moments: inout Moments, step: Int,
    _ disturbance: Disturbance?
  ) {
    var sum = 0.0
    for gradient in gradients { sum += gradient * gradient }
    let scale = clipNorm.map { min(1, $0 / (sum.squareRoot() + 1e-6)) } ?? 1
    var (power1, power2) = (1.0, 1.0)
    if correctsBias { for _ in 0..<step { (power1, power2) = (power1 * beta1, power2 * beta2) } }
    let (correction1, correction2) = correctsBias ? (1 - power1, 1 - power2) : (1, 1)

    for index in parameters.indices {
      var p = parameters[index]
      var g = gradients[index] * scale
      if let clipValue { g = min(max(g, -clipValue), clipValue) }
      if !isDecoupled { g += weightDecay * p }
      var change: Double
      switch method {
      case .sgd:
        moments.first[index] = momentum * moments.first[index] + (1 - dampening) * g
        change = isNesterov ? g + momentum * moments.first[index] : moments.first[index]
      case .rmsprop:
        moments.second[index] = beta2 * moments.second[index] + (1 - beta2) * g * g
        change = g / root(moments.second[index])
      case .adam:
        moments.first[index] = beta1 * moments.first[index] + (1 - beta1) * g
        moments.second[index] = beta2 * moments.second[index] + (1 - beta2) * g * g
        change = moments.first[index] / correction1 / root(moments.second[index] / correction2)
      }
      if let disturbance {
        // Counted in roundings: the constant, the scaled gradient, their product and the sum; with β₂ two constants, and
        // the gradient twice; the learning rate, correction, root, ε, quotient, look-ahead and product; weight decay's
        // factor and sum, and the new parameter.
        moments.first[index] *= disturbance.factor(index, kind: 0, roundoffs: 4)
        moments.second[index] *= disturbance.factor(index, kind: 1, roundoffs: 7)
        change *= disturbance.factor(index, kind: 2, roundoffs: 7)
        p *= disturbance.factor(index, kind: 3, roundoffs: 3)
      }
      if isDecoupled { p -= rate * weightDecay * p }
      parameters[index] = p - rate * change
    }
  }

  private func root(_ square: Double) -> Double {
    epsilonIsInRoot ? (square + epsilon).squareRoot() : square.squareRoot() + epsilon
  }
}

/// What an optimizer keeps from step to step, one number a parameter each.
struct Moments {
  var first: [Double]
  var second: [Double]

  init(count: Int) {
    first = [Double](repeating: 0, count: count)
    second = first
  }
}
