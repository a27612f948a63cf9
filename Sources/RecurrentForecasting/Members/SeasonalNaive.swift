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
