internal import Storage

/// What forecasts would have been worth: from several origins at the end of a series, one horizon apart, everything fitted to what lies
/// before each alone.
public struct Backtest: Sendable {
  /// A method and its scores.
  public struct Method: Sendable, Hashable {
    /// `recurrent` is the forecaster; the others are its simple members by themselves.
    public let name: String
    /// Over all origins and steps ahead.
    public let scores: ForecastScores
    /// From origin to origin.
    public let byOrigin: [ForecastScores]
    /// From step to step ahead, over all origins.
    public let byHorizon: [ForecastScores]
    /// For all origins.
    public let seconds: Double
  }

  /// What was forecast from one origin.
  public struct Run: Sendable {
    /// The first step that is forecast.
    public let origin: Int
    /// The forecaster's.
    public let forecast: Forecast
    /// What it chose.
    public let choices: String
  }

  init(season: Int, horizon: Int, methods: [Method], runs: [Run]) {
    (self.season, self.horizon, self.methods, self.runs) = (season, horizon, methods, runs)
  }

  /// How the forecaster does beside another method.
  public struct Comparison: Sendable, Hashable {
    /// The share by which its mean absolute error is less; below 0 where it is more.
    public let gain: Double
    /// Origins from which its error was less.
    public let wins: Int
  }

  /// Steps by which errors are scaled and `seasonal-naive` looks back; 1: none.
  public let season: Int
  /// Steps ahead.
  public let horizon: Int
  /// The forecaster first.
  public let methods: [Method]
  /// From origin to origin.
  public let runs: [Run]

  /// - Parameters:
  ///   - values: equally spaced, NaN where one is missing.
  ///   - horizon: steps ahead.
  ///   - origins: so many, the last a horizon before the end.
  ///   - seasons: as for a `Forecaster`.
  ///   - recipe: how.
  ///   - threads: that share the origins; 0: one for each processor. Results do not depend on it.
  /// - Throws: `ForecastingError`.
  public init(
    _ values: [Double], horizon: Int, origins: Int, seasons: [Int] = [], recipe: Recipe = Recipe(),
    threads: Int = 0
  ) throws(ForecastingError) {
    require(horizon >= 1 && origins >= 1, "a backtest needs a horizon and origins, got \(horizon) and \(origins)")
    let series = ObservedSeries(values)
    let first = series.count - horizon * origins
    let needed = horizon * origins + 4
    guard first >= 4 else { throw .tooShort(count: series.count, needed: needed) }
    self.horizon = horizon
    let natural =
      recipe.season.map { [$0] }
      ?? (seasons.isEmpty ? [Seasonality.period(of: Array(series.values[..<first]))] : seasons)
    let period = natural.first ?? 1
    season = period
    let clock = ContinuousClock()
    let start = clock.now
    let own = try SharedJobs.run(origins, threads: threads) {
      (number) throws(ForecastingError) -> (run: Run, fit: Forecaster.Fit) in
      let origin = first + number * horizon
      let fit = try Forecaster.fit(series.prefix(origin), horizon: horizon, seasons: natural, recipe: recipe)
      let forecaster = fit.forecaster
      return (Run(origin: origin, forecast: forecaster.forecast(), choices: forecaster.description), fit)
    }
    let seconds = Self.seconds(clock.now - start)
    let scale = ScoreSums.Scale(series, origin: first, period: period)
    runs = own.map(\.run)
    let origins = runs.map(\.origin)
    methods =
      [
        Method(
          "recurrent", runs.map { ScoredForecast($0.forecast) }, series, origins, scale, seconds: seconds)
      ]
      + SimpleMethod.allCases.map { method in
        let start = clock.now
        let forecasts = own.map { run, fit in
          method.forecast(
            series.prefix(run.origin), horizon: horizon, seasons: natural, given: recipe.season,
            errors: fit.memberErrors[method.member] ?? fit.forecaster.errors)
        }
        let seconds = Self.seconds(clock.now - start)
        return Method(
          method.rawValue, forecasts.map { ScoredForecast($0) }, series, origins, scale, seconds: seconds)
      }
  }

  /// How the forecaster does beside the method `name`; nil where there is none, or its forecasts were without error.
  public func comparison(with name: String) -> Comparison? {
    guard let own = methods.first, let other = methods.first(where: { $0.name == name }),
      let error = own.scores.meanAbsoluteError, let others = other.scores.meanAbsoluteError, others > 0
    else { return nil }
    let wins = zip(own.byOrigin, other.byOrigin).count { own, other in
      (own.meanAbsoluteError ?? .infinity) < (other.meanAbsoluteError ?? 0)
    }
    return Comparison(gain: 1 - error / others, wins: wins)
  }

  static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}

extension Backtest.Method {
  /// - Parameters:
  ///   - forecasts: from origin to origin.
  ///   - origins: steps of the series, a whole horizon before its end.
  init(
    _ name: String, _ forecasts: [ScoredForecast], _ series: ObservedSeries, _ origins: [Int], _ scale: ScoreSums.Scale,
    seconds: Double
  ) {
    let horizon = forecasts.first?.values.count ?? 0
    let none = ScoreSums(scale)
    var all = none
    var byOrigin = [ScoreSums](repeating: none, count: forecasts.count)
    var byHorizon = [ScoreSums](repeating: none, count: horizon)
    for (number, (scored, origin)) in zip(forecasts, origins).enumerated() {
      for ahead in 0..<horizon where series.isKnown[origin + ahead] {
        let truth = series.values[origin + ahead]
        all.add(truth, scored, ahead: ahead)
        byOrigin[number].add(truth, scored, ahead: ahead)
        byHorizon[ahead].add(truth, scored, ahead: ahead)
      }
    }
    self.init(
      name: name, scores: all.scores, byOrigin: byOrigin.map(\.scores), byHorizon: byHorizon.map(\.scores),
      seconds: seconds)
  }
}

extension Backtest {
  /// The same of a series that begins so many steps later.
  package func shifted(by steps: Int) -> Backtest {
    Backtest(
      season: season, horizon: horizon, methods: methods,
      runs: runs.map { Run(origin: $0.origin + steps, forecast: $0.forecast, choices: $0.choices) })
  }
}
