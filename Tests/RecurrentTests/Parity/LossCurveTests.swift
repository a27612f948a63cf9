import Recurrent
import Testing

/// Ten steps of each optimizer with clipping, against PyTorch's losses.
@Suite("Loss curves against PyTorch")
struct LossCurveTests {
  struct Recipe: Sendable, CustomTestStringConvertible {
    let name: String
    let optimizer: Optimizer
    var clipping = GradientClipping.norm(0.25)
    var testDescription: String { name }
  }

  static let recipes = [
    Recipe(name: "sgd", optimizer: .sgd(learningRate: 0.1)),
    Recipe(name: "momentum", optimizer: .sgd(learningRate: 0.1, momentum: 0.9)),
    Recipe(name: "nesterov", optimizer: .sgd(learningRate: 0.1, momentum: 0.9, nesterov: true)),
    Recipe(name: "rmsprop", optimizer: .rmsprop(learningRate: 0.01, decay: 0.95)),
    Recipe(name: "adam", optimizer: .adam(learningRate: 0.01)),
    Recipe(name: "adamw", optimizer: .adamW(learningRate: 0.01, weightDecay: 0.1)),
    Recipe(name: "adam_clip_value", optimizer: .adam(learningRate: 0.01), clipping: .value(0.01)),
  ]

  /// Ten steps multiply rounding errors by a factor that no formula knows: Adam divides a gradient by its own size.
  /// So it is measured. The training is run again, in Double, from parameters moved by 32 roundoffs each, up or down by
  /// chance; no sum of a gradient has more terms (T·N = 21 rows, I + H + 2 = 11 products). What moves the loss at most in
  /// four such runs, four times over, and the error of the loss itself may part the curves.
  @Test("Every curve", arguments: Fixture.names, recipes)
  func curve(name: String, recipe: Recipe) throws {
    let fixture = try Fixture(name)
    let expected = try fixture.curve(recipe.name)
    let problem = try fixture.problem(isRounded: true)
    let loss = problem.solve().loss
    try compare(problem, recipe, expected, loss, Double.self)
    try compare(problem, recipe, expected, loss, Float.self)
  }

  private func compare<S: Scalar>(
    _ problem: Problem, _ recipe: Recipe, _ expected: [Double], _ loss: Tracked, _ scalar: S.Type
  ) throws {
    let actual = try run(problem, recipe, S.self)
    let undisturbed = try run(problem, recipe, Double.self)
    var deviations = [Double](repeating: 0, count: expected.count)
    for seed in 1...4 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var moved = problem
      for name in problem.parameters.keys.sorted() {
        for index in problem.parameters[name]!.indices {
          moved.parameters[name]![index] *= 1 + (generator.uniform() < 0.5 ? -16 : 16) * Double(S.ulpOfOne)
        }
      }
      for (step, loss) in try run(moved, recipe, Double.self).enumerated() {
        deviations[step] = max(deviations[step], abs(loss - undisturbed[step]))
      }
    }
    try #require(actual.count == expected.count)
    for step in expected.indices {
      let allowed = 4 * deviations[step] + tolerance(loss, S.self)
      #expect(
        abs(actual[step] - expected[step]) <= allowed,
        "\(S.self), step \(step): \(actual[step]), PyTorch \(expected[step]), allowed \(allowed)")
      // A bound that large would let a wrong optimizer pass.
      #expect(allowed <= expected[step] * 0x1p10 * Double(S.ulpOfOne), "the curve is too sensitive to test anything")
    }
  }

  private func run<S: Scalar>(_ problem: Problem, _ recipe: Recipe, _ scalar: S.Type) throws -> [Double] {
    var trainer = try Trainer<S>(
      problem.model(), batchSize: problem.batchSize, sequenceLength: problem.steps, loss: problem.loss,
      optimizer: recipe.optimizer, clipping: recipe.clipping, threads: 1)
    trainer.state = problem.state()
    return (0...10).map { _ in problem.step(&trainer).loss }
  }
}
