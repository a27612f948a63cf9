import Recurrent
import Testing

import RecurrentForecasting

/// Widths of intervals by what was missed, and how many later values lie in them.
@Suite struct IntervalErrorsTests {
  @Test("Of few independent errors the larger ones are taken, of many the quantile")
  func quantiles() {
    let sizes: [Double] = (1...100).map { Double($0) }
    // One origin: all errors are of one span, which counts as four.
    let one = IntervalErrors([sizes.reversed()], horizon: 100, step: 100)
    #expect(one.widths(level: 0.8).allSatisfy { abs($0 - one.scales[0] * (one.sizes.last ?? 0)) < 1e-9 })
    // Each error is a span of its own.
    let many = IntervalErrors(sizes.map { [$0] }, horizon: 1, step: 1)
    let width = many.widths(level: 0.8)[0]
    // 0.8 (1 + 1/100) of the way from 1 to 100.
    #expect(abs(width - (1 + 99 * 0.808)) < 1e-9, "\(width)")
  }

  @Test("Intervals of 80 % hold about as many values of series that are like their past")
  func coverage() throws {
    let horizon = 6
    var (held, count) = (0, 0)
    var recipe = Recipe()
    recipe.usesNetwork = false
    for seed in UInt64(0)..<40 {
      var generator = SeededGenerator(seed: seed)
      var level = 0.0
      let values = (0..<60 + horizon).map { _ in
        level = 0.7 * level + generator.normal()
        return level
      }
      let interval = try Forecaster(
        fitting: Array(values.prefix(60)), horizon: horizon, seasons: [1], recipe: recipe
      ).forecast().interval(level: 80)
      for ahead in 0..<horizon {
        held += interval.lower[ahead] <= values[60 + ahead] && values[60 + ahead] <= interval.upper[ahead] ? 1 : 0
        count += 1
      }
    }
    // 240 values, six of a series hanging together: a deviation of the share of about 0.045.
    let share = Double(held) / Double(count)
    #expect(share > 0.7 && share < 0.9, "\(share)")
  }
}
