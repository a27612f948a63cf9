internal import Foundation

/// Whether a series has a season of so many steps: autocorrelations and what M4's organizers tested by them.
package enum Seasonality {
  /// Autocorrelations at lags 0…`most`, all 0 for a constant series.
  package static func autocorrelations(_ values: [Double], most: Int) -> [Double] {
    let count = values.count
    let most = min(most, max(0, count - 1))
    guard count > 1 else { return [0] }
    let mean = values.reduce(0, +) / Double(count)
    let centered = values.map { $0 - mean }
    let square = centered.reduce(0) { $0 + $1 * $1 }
    guard square > 0, square.isFinite else { return [Double](repeating: 0, count: most + 1) }
    return (0...most).map { lag in
      var sum = 0.0
      for index in lag..<count { sum += centered[index] * centered[index - lag] }
      return sum / square
    }
  }

  /// The test of the M4 competition (90 %), on the values and on their differences, as a trend alone makes them alike at any lag.
  package static func isPresent(_ values: [Double], period: Int) -> Bool {
    guard period > 1, values.count >= 3 * period else { return false }
    return passes(values, period) && passes(differences(values, lag: 1), period)
  }

  private static func passes(_ values: [Double], _ period: Int) -> Bool {
    let correlations = autocorrelations(values, most: period)
    guard correlations.count > period else { return false }
    let squares = correlations[1..<period].reduce(0) { $0 + $1 * $1 }
    return correlations[period] > 1.645 * ((1 + 2 * squares) / Double(values.count)).squareRoot()
  }

  package static func differences(_ values: [Double], lag: Int) -> [Double] {
    guard values.count > lag else { return [] }
    return (lag..<values.count).map { values[$0] - values[$0 - lag] }
  }

  /// The season of a series whose rows have no calendar: the highest autocorrelation of the differences that stands above its
  /// neighbours, returns at twice the lag, and is no mere ripple. 1: none.
  package static func period(of values: [Double]) -> Int {
    let steps = differences(values, lag: 1)
    let most = min(400, values.count / 3)
    guard most >= 2 else { return 1 }
    let correlations = autocorrelations(steps, most: min(steps.count - 1, 2 * most + 1))
    var best = (lag: 1, value: 0.3)
    for lag in 2...most where 2 * lag < correlations.count {
      let value = correlations[lag]
      guard value > best.value * 1.05, value >= correlations[lag - 1], value >= correlations[lag + 1] || lag == most,
        correlations[2 * lag] > 0.6 * value
      else { continue }
      best = (lag, value)
    }
    return best.lag > 1 && isPresent(values, period: best.lag) ? best.lag : 1
  }

  /// A longer season on top of one of `period` steps, such as the week above the day: the values of so many steps ago are closer.
  package static func longer(than period: Int, _ values: [Double]) -> Int? {
    let long = 7 * period
    guard [24, 48, 96, 144, 288].contains(period), values.count >= 3 * long else { return nil }
    let (short, far) = (differences(values, lag: period), differences(values, lag: long))
    func mean(_ values: [Double]) -> Double { values.reduce(0) { $0 + abs($1) } / Double(values.count) }
    return mean(far) < 0.9 * mean(short) ? long : nil
  }
}
