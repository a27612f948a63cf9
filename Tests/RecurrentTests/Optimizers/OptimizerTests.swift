import Recurrent
import Testing

@Suite("Optimizers and clipping")
struct OptimizerTests {
  /// An optimizer and its textbook formula for one parameter: from p, g, two moments and the step's number, counted
  /// from 1, to the new p.
  struct Rule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let optimizer: Optimizer
    var clipping = GradientClipping.none
    let update: @Sendable (_ p: Double, _ g: Double, _ first: inout Double, _ second: inout Double, _ t: Int) -> Double
  }

  static let rules = [
    Rule(testDescription: "SGD", optimizer: .sgd(learningRate: 0.3)) { p, g, _, _, _ in p - 0.3 * g },
    Rule(
      testDescription: "momentum and decay", optimizer: .sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 0.02)
    ) { p, g, b, _, _ in
      b = 0.9 * b + g + 0.02 * p
      return p - 0.1 * b
    },
    Rule(
      testDescription: "Nesterov and decay",
      optimizer: .sgd(learningRate: 0.1, momentum: 0.8, weightDecay: 0.05, nesterov: true)
    ) { p, g, b, _, _ in
      let decayed = g + 0.05 * p
      b = 0.8 * b + decayed
      return p - 0.1 * (decayed + 0.8 * b)
    },
    Rule(
      testDescription: "RMSprop and decay",
      optimizer: .rmsprop(learningRate: 0.05, decay: 0.9, epsilon: 1e-3, weightDecay: 0.1)
    ) { p, g, v, _, _ in
      let decayed = g + 0.1 * p
      v = 0.9 * v + 0.1 * decayed * decayed
      return p - 0.05 * decayed / (v.squareRoot() + 1e-3)
    },
    Rule(
      testDescription: "Adam and decay",
      optimizer: .adam(learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-2, weightDecay: 0.1)
    ) { p, g, m, v, t in adam(p, g + 0.1 * p, &m, &v, t) },
    Rule(
      testDescription: "AdamW",
      optimizer: .adamW(learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-2, weightDecay: 0.1)
    ) { p, g, m, v, t in adam(p, g, &m, &v, t) - 0.05 * 0.1 * p },
    // The first gradient of the test is (4, −2, 1, 4, …), of norm 16: all bounds but the last act.
    Rule(testDescription: "clipped by norm", optimizer: .sgd(learningRate: 0.3), clipping: .norm(2)) {
      p, g, _, _, _ in p - 0.3 * g
    },
    Rule(testDescription: "clipped by value", optimizer: .sgd(learningRate: 0.3), clipping: .value(1.5)) {
      p, g, _, _, _ in p - 0.3 * g
    },
    Rule(
      testDescription: "clipped by norm, then by value", optimizer: .sgd(learningRate: 0.3),
      clipping: GradientClipping(norm: 2, value: 0.25)
    ) { p, g, _, _, _ in p - 0.3 * g },
    Rule(
      testDescription: "bounds that do not act", optimizer: .sgd(learningRate: 0.3),
      clipping: GradientClipping(norm: 1e3, value: 1e3)
    ) { p, g, _, _, _ in p - 0.3 * g },
  ]

  private static func adam(_ p: Double, _ g: Double, _ m: inout Double, _ v: inout Double, _ t: Int) -> Double {
    m = 0.8 * m + 0.2 * g
    v = 0.95 * v + 0.05 * g * g
    var (power1, power2) = (1.0, 1.0)
    for _ in 0..<t { (power1, power2) = (power1 * 0.8, power2 * 0.95) }
    return p - 0.05 * (m / (1 - power1)) / ((v / (1 - power2)).squareRoot() + 1e-2)
  }

  /// A model of which only the head's bias p is not 0, and so stays: its loss is the mean of (p − v)², its gradient
  /// 2(p − v)/O.
  @Test("Twelve steps by the formula", arguments: rules)
  func formula(rule: Rule) throws {
    try compare(rule, Double.self)
    try compare(rule, Float.self)
  }

  private func compare<S: Scalar>(_ rule: Rule, _ scalar: S.Type) throws {
    let count = 37
    let configuration = ModelConfiguration(
      cell: .rnn, input: .vectors(size: 1), hiddenSize: 3, outputSize: count, head: .lastStep)
    var model = try Model<S>(configuration, seed: 1)
    for entry in model.table.entries { model[parameter: entry.name] = [S](repeating: 0, count: entry.count) }
    let goals = (0..<count).map { -0.5 * Double(count) * [4.0, -2, 1][$0 % 3] }
    var trainer = try Trainer(
      model, batchSize: 1, sequenceLength: 1, loss: .meanSquaredError, optimizer: rule.optimizer,
      clipping: rule.clipping, threads: 2)

    let input: [S] = [0]
    let values = goals.map { S($0) }

    var parameters = [Double](repeating: 0, count: count)
    var (first, second) = (parameters, parameters)
    for step in 1...12 {
      var gradients = zip(parameters, goals).map { 2 * ($0 - $1) / Double(count) }
      let norm = gradients.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let report = trainer.step(.vectors(input), .values(values))
      #expect(abs(report.gradientNorm - norm) <= 1e3 * Double(S.ulpOfOne) * norm)
      if let bound = rule.clipping.norm, norm > bound { gradients = gradients.map { $0 * bound / (norm + 1e-6) } }
      if let bound = rule.clipping.value { gradients = gradients.map { min(max($0, -bound), bound) } }
      for index in parameters.indices {
        parameters[index] = rule.update(parameters[index], gradients[index], &first[index], &second[index], step)
      }
      let actual = trainer.model()
      // At most 32 roundings a step and element; none of the maps from step to step stretches an error.
      let largest = max(parameters.map { abs($0) }.max()!, 1)
      let allowed = Double(32 * step) * Double(S.ulpOfOne) / 2 * largest
      let worst = zip(actual[parameter: "linear.bias"], parameters).map { abs(Double($0) - $1) }.max()!
      #expect(worst <= allowed, "\(S.self), step \(step)")
      #expect(actual[parameter: "linear.weight"].allSatisfy { $0 == 0 })
    }
  }

  /// From moments of 0 the gradient cancels out of the first step: √v̂ = |g| and m̂ = g, so Adam moves by its learning
  /// rate, and RMSprop, which corrects nothing, by the learning rate / √(1 − α).
  ///
  /// 1 − β is what this proves: taken in single precision it is off by 5·10⁻⁵, and half as much here, where the allowed
  /// 8 roundings are 5·10⁻⁷.
  @Test("The first step is as long as the formula says")
  func firstStep() throws {
    let adams = [
      Optimizer.adam(learningRate: 1, epsilon: 1e-30), .adamW(learningRate: 1, epsilon: 1e-30, weightDecay: 0),
    ]
    for optimizer in adams {
      #expect(abs(try firstStep(of: optimizer, Float.self) - 1) <= 8 * 0x1p-24)
      #expect(abs(try firstStep(of: optimizer, Double.self) - 1) <= 8 * 0x1p-53)
    }
    let rmsprop = Optimizer.rmsprop(learningRate: 1, decay: 0.999, epsilon: 1e-30)
    let length = 1 / (1 - 0.999).squareRoot()
    #expect(abs(try firstStep(of: rmsprop, Float.self) - length) <= 8 * 0x1p-24 * length)
    #expect(abs(try firstStep(of: rmsprop, Double.self) - length) <= 8 * 0x1p-53 * length)
  }

  /// How far the one parameter that has a gradient moves from 0.
  private func firstStep<S: Scalar>(of optimizer: Optimizer, _ scalar: S.Type) throws -> Double {
    let configuration = ModelConfiguration(
      cell: .rnn, input: .vectors(size: 1), hiddenSize: 1, outputSize: 1, head: .lastStep)
    var model = try Model<S>(configuration, seed: 1)
    for entry in model.table.entries { model[parameter: entry.name] = [0] }
    var trainer = try Trainer(
      model, batchSize: 1, sequenceLength: 1, loss: .meanSquaredError, optimizer: optimizer, threads: 1)
    _ = trainer.step(.vectors([0]), .values([0.375]))
    return Double(trainer.model()[parameter: "linear.bias"][0])
  }

  @Test("A gradient of zeros divides nothing by zero")
  func zeroGradient() throws {
    for optimizer in [Optimizer.sgd(learningRate: 1), .rmsprop(), .adam(), .adamW(weightDecay: 0)] {
      let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 2, outputSize: 1)
      var model = try Model<Float>(configuration, seed: 1)
      for entry in model.table.entries { model[parameter: entry.name] = [Float](repeating: 0, count: entry.count) }
      var trainer = try Trainer(
        model, batchSize: 1, sequenceLength: 1, loss: .meanSquaredError, optimizer: optimizer, clipping: .norm(1))
      let report = trainer.step(.vectors([1]), .values([0]))
      #expect(report.isFinite && report.loss == 0 && report.gradientNorm == 0)
      let after = trainer.model()
      #expect(after.table.entries.allSatisfy { after[parameter: $0.name].allSatisfy { $0 == 0 } })
    }
  }

  // MARK: Steps that are not finite

  /// Optimizers that carry moments must not have taken the NaN into them.
  @Test(
    "A step that is not finite changes nothing",
    arguments: [Optimizer.sgd(learningRate: 0.1, momentum: 0.9), .rmsprop(), .adam(learningRate: 0.1)],
    [Float.infinity, .nan])
  func notFinite(optimizer: Optimizer, value: Float) throws {
    let configuration = ModelConfiguration(cell: .lstm, input: .vectors(size: 2), hiddenSize: 3, outputSize: 2)
    let model = try Model<Float>(configuration, seed: 1)
    var trainer = try Trainer(
      model, batchSize: 1, sequenceLength: 1, loss: .meanSquaredError, optimizer: optimizer, threads: 2)
    var expected = try Trainer(
      model, batchSize: 1, sequenceLength: 1, loss: .meanSquaredError, optimizer: .sgd(learningRate: 0), threads: 1)

    let report = trainer.step(.vectors([1, 2]), .values([value, 0]))
    #expect(!report.isFinite)
    #expect(report.step == 1)
    var before = expected.model()
    var after = trainer.model()
    for entry in model.table.entries { #expect(after[parameter: entry.name] == before[parameter: entry.name]) }

    // A good step after it is finite, and moves the parameters.
    #expect(trainer.step(.vectors([1, 2]), .values([1, 0])).isFinite)
    _ = expected.step(.vectors([1, 2]), .values([1, 0]))
    before = expected.model()
    after = trainer.model()
    for entry in model.table.entries {
      #expect(after[parameter: entry.name].allSatisfy { $0.isFinite })
      // From the zero state the recurrent weights have no gradient.
      let isRecurrent = entry.name.contains("weight_hh")
      #expect((after[parameter: entry.name] == before[parameter: entry.name]) == isRecurrent)
    }
  }
}
