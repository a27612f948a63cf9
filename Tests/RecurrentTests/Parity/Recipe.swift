import Recurrent

/// An optimizer with its clipping: the engine's, a naive one, and naive ones with a fault.
struct Recipe: Sendable {
  struct Fault: Sendable {
    let name: String
    let optimizer: NaiveOptimizer
    /// Whether it moves every model's loss by more than single precision may.
    var isSeenInFloat = true
  }

  /// Of the curve in the fixtures.
  let name: String
  let optimizer: Optimizer
  var clipping = GradientClipping.norm(0.25)
  let naive: NaiveOptimizer
  private(set) var faults: [Fault] = []

  static let all = [
    Recipe(name: "sgd", optimizer: .sgd(learningRate: 0.1), naive: NaiveOptimizer(method: .sgd, rate: 0.1))
      .withoutClipping(),
    Recipe(
      name: "momentum", optimizer: .sgd(learningRate: 0.1, momentum: 0.9),
      naive: NaiveOptimizer(method: .sgd, rate: 0.1, momentum: 0.9)
    )
    .withoutClipping().with("momentum dampened") { $0.dampening = 0.9 },
    Recipe(
      name: "nesterov", optimizer: .sgd(learningRate: 0.1, momentum: 0.9, nesterov: true),
      naive: NaiveOptimizer(method: .sgd, rate: 0.1, momentum: 0.9, isNesterov: true)
    )
    .withoutClipping().with("no look-ahead") { $0.isNesterov = false },
    Recipe(
      name: "rmsprop", optimizer: .rmsprop(learningRate: 0.01, decay: 0.95),
      naive: NaiveOptimizer(method: .rmsprop, rate: 0.01, beta2: 0.95)
    )
    .withoutClipping().with("decay 0.99") { $0.beta2 = 0.99 }.with("ε in the root") { $0.epsilonIsInRoot = true },
    Recipe(
      name: "adam", optimizer: .adam(learningRate: 0.01), naive: NaiveOptimizer(method: .adam, rate: 0.01)
    )
    .withoutClipping().with("β₂ 0.99") { $0.beta2 = 0.99 }.with("no bias correction") { $0.correctsBias = false }
    .with("ε in the root", isSeenInFloat: false) { $0.epsilonIsInRoot = true },
    Recipe(
      name: "adamw", optimizer: .adamW(learningRate: 0.01, weightDecay: 0.1),
      naive: NaiveOptimizer(method: .adam, rate: 0.01, weightDecay: 0.1)
    )
    .withoutClipping().with("weight decay coupled") { $0.isDecoupled = false },
    Recipe(
      name: "adam_clip_value", optimizer: .adam(learningRate: 0.01), clipping: .value(0.01),
      naive: NaiveOptimizer(method: .adam, rate: 0.01, clipNorm: nil, clipValue: 0.01)
    )
    .withoutClipping().with("clipped by norm") { ($0.clipNorm, $0.clipValue) = (0.25, nil) },
  ]

  private func with(_ name: String, isSeenInFloat: Bool = true, plant: (inout NaiveOptimizer) -> Void) -> Recipe {
    var recipe = self
    var optimizer = naive
    plant(&optimizer)
    recipe.faults.append(Fault(name: name, optimizer: optimizer, isSeenInFloat: isSeenInFloat))
    return recipe
  }

  private func withoutClipping() -> Recipe {
    with("clipping left out") { ($0.clipNorm, $0.clipValue) = (nil, nil) }
  }
}
