// Members that repeat the last seasons, without anything to fit.

/// The values of the last season again; with a period of 1 the last value.
package struct SeasonalNaive: ForecastMember {
  package let period: Int

  package init(period: Int) { self.period = period }

  package func forecast(_ history: History, horizon: Int) -> [Double] {
    let count = history.count
    guard count > 0 else { return [Double](repeating: 0, count: horizon) }
    let period = max(1, min(self.period, count))
    return (0..<horizon).map { history[count - period + $0 % period] }
  }
}

/// The mean of the last three seasons; with a period of 1 of the last three values. What it is worth is its calm: where a series
/// has nothing but its season, the last one alone carries all its noise on.
package struct SeasonalMean: ForecastMember {
  package static let seasons = 3
  package let period: Int

  package init(period: Int) { self.period = period }

  package func forecast(_ history: History, horizon: Int) -> [Double] {
    let count = history.count
    guard count > 0 else { return [Double](repeating: 0, count: horizon) }
    let period = max(1, min(self.period, count))
    let seasons = min(Self.seasons, count / period)
    return (0..<horizon).map { ahead in
      var sum = 0.0
      for season in 1...seasons { sum += history[count - season * period + ahead % period] }
      return sum / Double(seasons)
    }
  }
}
