internal import Storage

/// What forecasts would have been worth: from several origins at the end of a series, one horizon apart, everything fitted to what lies
/// before each alone.
public struct Backtest: Sendable {
  /// A method and its scores.
  public struct Method: Sendable, Hashable {
    /// `recurrent` is the forecaster; the others are its simple members by themselves.
    public let name: String
    /// Over all origins.
    public let scores: ForecastScores
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
    let runs = try SharedJobs.run(origins, threads: threads) { (number) throws(ForecastingError) in
      let origin = first + number * horizon
      let forecaster = try Forecaster(series.prefix(origin), horizon: horizon, seasons: natural, recipe: recipe)
      let forecast = forecaster.forecast()
      return Run(origin: origin, forecast: forecast, choices: forecaster.description)
    }
    let seconds = Self.seconds(clock.now - start)
    var own = ScoreSums(series, origin: first, period: period)
    for run in runs { own.add(run.forecast, series, origin: run.origin) }
    self.runs = runs
    methods =
      [Method(name: "recurrent", scores: own.scores, seconds: seconds)]
      + SimpleMethod.allCases.map { method in
        var sums = ScoreSums(series, origin: first, period: period)
        let start = clock.now
        for run in runs {
          sums.add(
            method.forecast(series.prefix(run.origin), horizon: horizon, seasons: natural, given: recipe.season),
            series,
            origin: run.origin)
        }
        return Method(name: method.rawValue, scores: sums.scores, seconds: Self.seconds(clock.now - start))
      }
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}
