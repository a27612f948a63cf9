internal import Storage

extension Forecaster {
  /// What its forecasts are worth on values that came since, from one origin after the other, nothing fitted anew. Intervals are those
  /// of the forecaster alone; the simple methods are its members as they were fitted.
  /// - Parameters:
  ///   - later: what followed the values that it knows, NaN where one is missing.
  ///   - horizon: steps ahead, at most its own; nil: as many as it has and there are values for.
  ///   - origins: at most so many, evenly spread; the last is a horizon before the end.
  /// - Precondition: there are a horizon's values.
  public func evaluate(on later: [Double], horizon: Int? = nil, origins: Int = 100) -> Backtest {
    let steps = horizon ?? min(self.horizon, later.count)
    require(
      steps >= 1 && steps <= self.horizon && steps <= later.count && origins >= 1,
      "expected a horizon of 1 to \(min(self.horizon, later.count)) steps and an origin, got \(steps) and \(origins)")
    let whole = ObservedSeries(values + later)
    let (first, last) = (series.count, whole.count - steps)
    let count = min(origins, last - first + 1)
    let places = (0..<count).map { count == 1 ? last : first + (last - first) * $0 / (count - 1) }
    let scale = ScoreSums.Scale(whole, origin: first, period: season.period)
    let clock = ContinuousClock()
    var runs: [Backtest.Run] = []
    var simple = [[ScoredForecast]](repeating: [], count: SimpleMethod.allCases.count)
    var (seconds, simpleSeconds) = (0.0, 0.0)
    for origin in places {
      var forecaster = self
      forecaster.series = whole.prefix(origin)
      var start = clock.now
      runs.append(
        Backtest.Run(origin: origin, forecast: forecaster.forecast().prefix(steps), choices: description))
      seconds += Backtest.seconds(clock.now - start)
      start = clock.now
      let members = Dictionary(forecaster.memberForecasts().map { ($0.name, $0.values) }) { first, _ in first }
      for (number, method) in SimpleMethod.allCases.enumerated() {
        simple[number].append(ScoredForecast(values: Array((members[method.member] ?? []).prefix(steps))))
      }
      simpleSeconds += Backtest.seconds(clock.now - start)
    }
    let methods =
      [
        Backtest.Method(
          "recurrent", runs.map { ScoredForecast($0.forecast) }, whole, places, scale, seconds: seconds)
      ]
      + zip(SimpleMethod.allCases, simple).map { method, forecasts in
        Backtest.Method(method.rawValue, forecasts, whole, places, scale, seconds: simpleSeconds)
      }
    return Backtest(season: season.period, horizon: steps, methods: methods, runs: runs)
  }

  /// In the values' unit.
  private func memberForecasts() -> [(name: MemberName, values: [Double])] {
    let history = History(transform.apply(series.values), isKnown: series.isKnown)
    let rails = Rails(history, horizon: horizon)
    return members.forecasts(history).map { ($0.name, transform.undo(rails.bound($0.values))) }
  }
}
