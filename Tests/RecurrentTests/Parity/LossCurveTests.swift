import Recurrent
import Testing

/// Fifty steps of each optimizer with clipping, against PyTorch's losses.
@Suite("Loss curves against PyTorch")
struct LossCurveTests {
  /// All recipes on one model. That the bounds mean something is proven by optimizers with a fault: the first half of
  /// such a curve must leave them.
  @Test("Every curve", arguments: Fixture.names)
  func curves(name: String) throws {
    let fixture = try Fixture(name)
    let problem = try fixture.problem(isRounded: true)
    let loss = problem.solve().loss
    for recipe in Recipe.all {
      let expected = try fixture.curve(recipe.name)
      try #require(expected.count == 51)
      let deviations = try deviations(problem, recipe, expected)
      let single = allowed(deviations, loss, Float.self)
      let double = allowed(deviations, loss, Double.self)
      expect(try run(problem, recipe, Float.self), expected, single, "\(recipe.name) in Float")
      expect(try run(problem, recipe, Double.self), expected, double, "\(recipe.name) in Double")

      for fault in recipe.faults {
        let wrong = try problem.curve(fault.optimizer, steps: 25)
        // Rounding may bring a wrong run nearer by as much as it may part a right one.
        #expect(largest(wrong, expected, double) > 2, "\(recipe.name), \(fault.name) would pass in Double")
        if fault.isSeenInFloat {
          #expect(largest(wrong, expected, single) > 2, "\(recipe.name), \(fault.name) would pass in Float")
        }
      }
    }
  }

  /// How far rounding in single precision drives the losses from PyTorch's, up to each step.
  ///
  /// No formula knows by how much the steps multiply their errors: Adam and RMSprop divide a gradient by its own size,
  /// and where a curve overshoots, errors grow tenfold a step. So it is measured, by disturbing every step of naive runs:
  /// to disturb the start is not enough, for the error may die out there and a later one grow. The second run has the
  /// errors of the first with opposite signs: where one stays on its side of ReLU's corner, the other passes it.
  private func deviations(_ problem: Problem, _ recipe: Recipe, _ expected: [Double]) throws -> [Double] {
    var deviations = [Double](repeating: 0, count: expected.count)
    for (seed, isMirrored) in [(1, false), (1, true), (2, false)] {
      let disturbance = Disturbance(seed: UInt64(seed), isMirrored: isMirrored)
      let disturbed = try problem.curve(recipe.naive, steps: expected.count - 1, disturbance: disturbance)
      var worst = 0.0
      for step in expected.indices {
        worst = max(worst, abs(disturbed[step] - expected[step]))
        deviations[step] = max(deviations[step], worst)
      }
    }
    return deviations
  }

  /// Errors are in proportion to the unit roundoff. The run and PyTorch's may each be off by four times the deviations,
  /// since few draws of the signs have shown them; and the last loss itself is rounded.
  private func allowed<S: Scalar>(_ deviations: [Double], _ loss: Tracked, _ scalar: S.Type) -> [Double] {
    let unit = Double(S.ulpOfOne) / 2
    return deviations.map { 4 * $0 * (unit + 0x1p-53) / Disturbance.unit + tolerance(loss, S.self) }
  }

  private func expect(_ actual: [Double], _ expected: [Double], _ allowed: [Double], _ what: String) {
    for step in expected.indices where !(abs(actual[step] - expected[step]) <= allowed[step]) {
      Issue.record(
        "\(what), step \(step): \(actual[step]), PyTorch \(expected[step]), allowed \(allowed[step])")
      return
    }
  }

  /// The largest distance from the first losses of a curve, in units of what is allowed.
  private func largest(_ actual: [Double], _ expected: [Double], _ allowed: [Double]) -> Double {
    actual.indices.map { abs(actual[$0] - expected[$0]) / allowed[$0] }.max()!
  }

  private func run<S: Scalar>(_ problem: Problem, _ recipe: Recipe, _ scalar: S.Type) throws -> [Double] {
    var trainer = try Trainer<S>(
      problem.model(), batchSize: problem.batchSize, sequenceLength: problem.steps, loss: problem.loss,
      optimizer: recipe.optimizer, clipping: recipe.clipping, threads: 1)
    trainer.state = problem.state()
    return (0...50).map { _ in problem.step(&trainer).loss }
  }
}
