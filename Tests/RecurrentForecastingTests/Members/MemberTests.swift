import Foundation
import Recurrent
import Testing

import RecurrentForecasting

@Suite struct MemberTests {
  private func history(_ values: [Double]) -> History {
    History(values, isKnown: [Bool](repeating: true, count: values.count))
  }

  private func isClose(_ a: [Double], _ b: [Double], within tolerance: Double) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
  }

  @Test func linesGoOn() {
    let values = TestSeries.line(60)
    let next = (60..<72).map { 3 + 0.5 * Double($0) }
    #expect(
      isClose(
        Autoregression.fit(history(values), lags: [1], most: 8).forecast(history(values), horizon: 12), next,
        within: 1e-9))
    #expect(
      isClose(
        ExponentialSmoothing.fit(history(values), period: 1).forecast(history(values), horizon: 12), next, within: 1e-3)
    )
    let season = Season(period: 1, isPresent: false, longer: nil)
    let linear = LinearPath.fit(history(values), WindowLayout(horizon: 12, season: season, count: 60))
    #expect(isClose(linear?.path.forecasts(history(values))[0] ?? [], next, within: 1e-9))
  }

  @Test func seasonsRepeat() {
    let values = TestSeries.seasonal(96, period: 12)
    let next = Array(values[..<12])
    let past = history(values)
    #expect(SeasonalNaive(period: 12).forecast(past, horizon: 12) == next)
    #expect(isClose(SeasonalMean(period: 12).forecast(past, horizon: 12), next, within: 1e-12))
    #expect(isClose(ExponentialSmoothing.fit(past, period: 12).forecast(past, horizon: 12), next, within: 1e-3))
    #expect(isClose(Theta.fit(past, period: 12).forecast(past, horizon: 12), next, within: 0.05))
    #expect(isClose(Autoregression.fit(past, lags: [12], most: 8).forecast(past, horizon: 12), next, within: 1e-9))
  }

  @Test func seasonalMeansTakeTheSeasonsThatThereAre() {
    #expect(SeasonalMean(period: 2).forecast(history([9, 9, 1, 5, 2, 6, 3, 10]), horizon: 3) == [2, 7, 2])
    #expect(SeasonalMean(period: 1).forecast(history([9, 1, 2, 6]), horizon: 2) == [3, 3])
    // Two seasons, then not even one.
    #expect(SeasonalMean(period: 2).forecast(history([1, 5, 2, 6]), horizon: 2) == [1.5, 5.5])
    #expect(SeasonalMean(period: 4).forecast(history([1, 3]), horizon: 3) == [1, 3, 1])
  }

  @Test func autoregressionFindsItsWeight() {
    let values = TestSeries.autoregressive(4000, 0.7)
    let fit = Autoregression.fit(history(values), lags: [], most: 10)
    // The standard error is √((1 − 0.49) / 4000) = 0.011.
    #expect(abs(fit.weights[0] - 0.7) < 0.045)
    #expect(fit.weights.dropFirst().allSatisfy { abs($0) < 0.06 })
  }

  /// Normal equations solved plainly.
  @Test func autoregressionIsLeastSquares() {
    let values = TestSeries.autoregressive(200, 0.5, seed: 3)
    let fit = Autoregression.fit(history(values), lags: [], most: 1)
    let (x, y) = (Array(values[..<199]), Array(values[1...]))
    let (mx, my) = (x.reduce(0, +) / 199, y.reduce(0, +) / 199)
    let weight =
      zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
    #expect(abs(fit.weights[0] - weight) < 1e-8)
    #expect(abs(fit.constant - (my - weight * mx)) < 1e-8)
  }

  /// The recursion written out, for a form with everything.
  @Test func smoothingIsItsRecursion() {
    let member = ExponentialSmoothing(
      trend: .damped, period: 2, alpha: 0.4, beta: 0.1, gamma: 0.2, phi: 0.9, level: 1, slope: 0.5, season: [0.3, -0.3])
    var (l, b, s) = (1.0, 0.5, [0.3, -0.3])
    let values = [1.0, 2, 1.5, 3, 2.5]
    for (step, value) in values.enumerated() {
      let error = value - l - 0.9 * b - s[step % 2]
      l += 0.9 * b + 0.4 * error
      b = 0.9 * b + 0.1 * error
      s[step % 2] += 0.2 * error
    }
    let expected = [l + 0.9 * b + s[1], l + (0.9 + 0.81) * b + s[0]]
    #expect(isClose(member.forecast(history(values), horizon: 2), expected, within: 1e-12))
  }

  @Test func simplexFindsTheValley() {
    let found = NelderMead.minimize(from: [-1.2, 1], evaluations: 400, tolerance: 1e-14) {
      (point: [Double]) -> Double in
      let (steep, flat) = (point[1] - point[0] * point[0], 1 - point[0])
      return 100 * steep * steep + flat * flat
    }
    #expect(isClose(found.point, [1, 1], within: 1e-3))
  }

  /// On the last three years of airline passengers statsforecast's AutoETS has 1.074 times the mean seasonal difference, its Theta 0.821,
  /// its AutoARIMA 0.910.
  @Test func passengersAreForecastAsElsewhere() throws {
    var recipe = Recipe()
    recipe.usesNetwork = false
    let backtest = try Backtest(TestSeries.passengers, horizon: 12, origins: 3, seasons: [12], recipe: recipe)
    let mase = Dictionary(uniqueKeysWithValues: backtest.methods.map { ($0.name, $0.scores.mase ?? .nan) })
    #expect(abs((mase["seasonal-naive"] ?? 0) - 1.175) < 0.001)
    #expect((0.6...1.1).contains(mase["ets"] ?? 0))
    #expect((0.75...0.95).contains(mase["theta"] ?? 0))
    #expect((mase["recurrent"] ?? 1) < 0.88)
  }
}
