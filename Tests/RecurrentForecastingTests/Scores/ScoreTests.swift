import Foundation
import Testing

import RecurrentForecasting

/// Scores against what is computed by hand.
@Suite struct ScoreTests {
  private var quick: Recipe {
    var recipe = Recipe()
    recipe.usesNetwork = false
    return recipe
  }

  /// 40 values that go up and down by 1 and 3, then six whose errors are known: the last value stays.
  private let values: [Double] = {
    let pattern: [Double] = [10, 12, 14, 14]
    return (0..<40).map { pattern[$0 % 4] } + [20, 10, .nan, 12, 14, 16]
  }()

  private func backtest() throws -> Backtest {
    try Backtest(values, horizon: 3, origins: 2, seasons: [1], recipe: quick)
  }

  @Test func ofTheLastValue() throws {
    let method = try #require(try backtest().methods.first { $0.name == "seasonal-naive" })
    // The pattern is 10, 12, 14, 14, and again: steps of 2, 2, 0, −4.
    let steps: [Double] = (1..<40).map { values[$0] - values[$0 - 1] }
    let scale: Double = steps.map { abs($0) }.reduce(0, +) / 39
    let square: Double = steps.map { $0 * $0 }.reduce(0, +) / 39
    #expect(abs(scale - 76.0 / 39) < 1e-12)
    // From 14, the fortieth, and from 10: what is missing counts as the value before it where it is looked back upon.
    let origin = 10.0
    let errors: [Double] = [20 - 14, 10 - 14, 12 - origin, 14 - origin, 16 - origin]
    let mean: Double = errors.map { abs($0) }.reduce(0, +) / 5
    let meanSquare: Double = errors.map { $0 * $0 }.reduce(0, +) / 5
    let scores = method.scores
    func isClose(_ value: Double?, _ expected: Double) -> Bool { abs((value ?? .nan) - expected) < 1e-9 }
    #expect(isClose(scores.meanAbsoluteError, mean) && isClose(scores.mase, mean / scale))
    #expect(isClose(scores.rmsse, (meanSquare / square).squareRoot()))
    let relative: [Double] = [6 / 34, 4 / 24, 2 / 22, 4 / 24, 6 / 26]
    #expect(isClose(scores.smape, 200 * relative.reduce(0, +) / 5))
    // Step ahead by step ahead; the third has one value alone.
    let ahead: [Double?] = method.byHorizon.map(\.meanAbsoluteError)
    #expect(ahead == [4, 4, 6])
    let origins: [Double?] = method.byOrigin.map(\.meanAbsoluteError)
    #expect(origins == [5, 4])
  }

  @Test func ofIntervals() throws {
    let backtest = try backtest()
    let scale = 76.0 / 39
    let scores = backtest.methods[0].scores
    var (inside, inside95, width, loss, ranked, size, count) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for run in backtest.runs {
      let (narrow, wide) = (run.forecast.interval(level: 80), run.forecast.interval(level: 95))
      for ahead in 0..<3 where values[run.origin + ahead].isFinite {
        let truth = values[run.origin + ahead]
        inside += (narrow.lower[ahead]...narrow.upper[ahead]).contains(truth) ? 1 : 0
        inside95 += (wide.lower[ahead]...wide.upper[ahead]).contains(truth) ? 1 : 0
        width += narrow.upper[ahead] - narrow.lower[ahead]
        func pinball(_ share: Double) -> Double {
          let error = truth - run.forecast.quantile(share)[ahead]
          return max(share * error, (share - 1) * error)
        }
        for tenth in 1...9 { loss += 2 * pinball(Double(tenth) / 10) / 9 }
        for odd in stride(from: 1, to: 100, by: 2) { ranked += 2 * pinball(Double(odd) / 100) / 50 }
        size += abs(truth)
        count += 1
      }
    }
    func isClose(_ value: Double?, _ expected: Double) -> Bool { abs((value ?? .nan) - expected) < 1e-9 }
    #expect(count == 5)
    #expect(isClose(scores.coverage80, inside / 5) && isClose(scores.coverage95, inside95 / 5))
    #expect(isClose(scores.width80, width / 5 / scale) && (scores.width95 ?? 0) > (scores.width80 ?? 9))
    #expect(isClose(scores.weightedQuantileLoss, loss / size) && isClose(scores.scaledCRPS, ranked / 5 / scale))
  }

  @Test func comparisons() throws {
    let backtest = try Backtest(TestSeries.passengers, horizon: 12, origins: 3, seasons: [12], recipe: quick)
    let comparison = try #require(backtest.comparison(with: "seasonal-naive"))
    let (own, naive) = (backtest.methods[0], backtest.methods[1])
    let (error, other) = try (#require(own.scores.mase), #require(naive.scores.mase))
    let gain: Double = 1 - error / other
    #expect(abs(comparison.gain - gain) < 1e-12)
    let wins = (0..<3).count { (own.byOrigin[$0].mase ?? 9) < (naive.byOrigin[$0].mase ?? 0) }
    #expect(comparison.wins == wins)
    #expect(backtest.comparison(with: "none") == nil)
    // The methods' own intervals hold about their share.
    #expect(backtest.methods.allSatisfy { ($0.scores.coverage95 ?? 0) >= ($0.scores.coverage80 ?? 9) })
    // Nothing to compare with where nothing changes.
    let constant = try Backtest([Double](repeating: 3, count: 40), horizon: 4, origins: 2, recipe: quick)
    #expect(constant.comparison(with: "seasonal-naive") == nil && constant.methods[0].scores.mase == nil)
    #expect(constant.methods[0].scores.meanAbsoluteError == 0)
  }
}
