// Members that repeat the last seasons, without anything to fit.

/// The values of the last season again; with a period of 1 the last value.
package struct SeasonalNaive: ForecastMember {
  package let period: Int

  package init(period: Int) { self.period = period }

  package func forecast(_ history: History, horizon: Int) -> [Double] {
    SeasonalMean(period: period, seasons: 1).forecast(history, horizon: horizon)
  }
}

/// The mean of the last seasons, three if not said; with a period of 1 of as many values. What it is worth is its calm: where a series
/// has nothing but its season, the last one alone carries all its noise on.
package struct SeasonalMean: ForecastMember {
  package let period: Int
  package let seasons: Int

  package init(period: Int, seasons: Int = 3) { (self.period, self.seasons) = (period, seasons) }

  package func forecast(_ history: History, horizon: Int) -> [Double] {
    let count = history.count
    guard count > 0 else { return [Double](repeating: 0, count: horizon) }
    let period = max(1, min(self.period, count))
    let seasons = min(self.seasons, count / period)
    return (0..<horizon).map { ahead in
      var sum = 0.0
      for season in 1...seasons { sum += history[count - season * period + ahead % period] }
      return sum / Double(seasons)
    }
  }
}
