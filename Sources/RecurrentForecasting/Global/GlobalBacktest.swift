internal import Storage

/// What forecasts of many series by one model would have been worth: from several origins at the end of each series, one horizon apart,
/// everything fitted to what lies before them alone.
public struct GlobalBacktest: Sendable {
  /// A method and its scores.
  public struct Method: Sendable, Hashable {
    /// `recurrent` is the global forecaster.
    public let name: String
    /// Means over the series of what each has over all origins.
    public let scores: ForecastScores
    /// The same of each step ahead.
    public let byHorizon: [ForecastScores]
    /// Series whose mean absolute error is less than that of `seasonal-naive`.
    public let betterCount: Int
    /// For all series and origins.
    public let seconds: Double
  }

  /// What was forecast of one series.
  public struct Example: Sendable {
    /// The series' name.
    public let name: String
    /// From origin to origin.
    public let runs: [Backtest.Run]
  }

  /// Steps by which errors are scaled and `seasonal-naive` looks back; 1: none.
  public let season: Int
  /// Steps ahead.
  public let horizon: Int
  /// Origins of each series.
  public let origins: Int
  /// Series that are long enough.
  public let seriesCount: Int
  /// Others.
  public let shortCount: Int
  /// The forecaster first.
  public let methods: [Method]
  /// What the forecaster chose, from origin to origin.
  public let choices: [String]
  /// Forecasts of the first series, of as many as were asked for.
  public let examples: [Example]

  /// Steps that must lie before the first origin.
  private static let fewestSteps = 4

  /// - Parameters:
  ///   - series: as for a `GlobalForecaster`.
  ///   - horizon: steps ahead.
  ///   - origins: so many, the last a horizon before each series' end.
  ///   - seasons: as for a `GlobalForecaster`.
  ///   - recipe: how.
  ///   - comparesEach: whether a combined `Forecaster` of each series alone is measured, too.
  ///   - examples: of so many series the forecasts are kept.
  ///   - threads: 0: one for each processor. Results do not depend on it.
  /// - Throws: `ForecastingError`.
  public init(
    _ series: [PanelSeries], horizon: Int, origins: Int, seasons: [Int] = [], recipe: GlobalRecipe = GlobalRecipe(),
    comparesEach: Bool = false, examples: Int = 0, threads: Int = 0
  ) throws(ForecastingError) {
    require(horizon >= 1 && origins >= 1, "a backtest needs a horizon and origins, got \(horizon) and \(origins)")
    let needed = horizon * origins + Self.fewestSteps
    func first(_ series: PanelSeries) -> Int { series.values.count - horizon * origins }
    let long = series.filter { own in
      own.values.count >= needed && own.values.prefix(first(own)).contains(where: \.isFinite)
    }
    guard !long.isEmpty else { throw .tooShort(count: series.map(\.values.count).max() ?? 0, needed: needed) }
    (self.horizon, self.origins) = (horizon, origins)
    (seriesCount, shortCount) = (long.count, series.count - long.count)
    let observed = long.map { ObservedSeries($0.values) }
    let starts = long.map(first)
    let natural =
      seasons.isEmpty
      ? [
        try PanelSeasons(long.indices.map { observed[$0].prefix(starts[$0]) }, natural: [], threads: threads).common
          .period
      ]
      : seasons
    let period = natural[0]
    season = period
    let clock = ContinuousClock()
    func origin(_ number: Int, _ round: Int) -> Int { starts[number] + round * horizon }

    let scales = long.indices.map { ScoreSums.Scale(observed[$0], origin: starts[$0], period: period) }
    var own = scales.map { SeriesSums($0, horizon: horizon) }
    var choices: [String] = []
    var runs = long.prefix(examples).map { _ in [Backtest.Run]() }
    let seconds = try clock.measured { () throws(ForecastingError) in
      for round in 0..<origins {
        let forecaster = try GlobalForecaster(
          fitting: long.indices.map { long[$0].prefix(origin($0, round)) }, horizon: horizon, seasons: natural,
          recipe: recipe, threads: threads)
        choices.append(forecaster.description)
        for (number, forecast) in try forecaster.forecasts(threads: threads).enumerated() {
          own[number].add(ScoredForecast(forecast), observed[number], origin: origin(number, round))
          guard number < runs.count else { continue }
          runs[number].append(
            Backtest.Run(origin: origin(number, round), forecast: forecast, choices: choices[round]))
        }
      }
    }
    self.choices = choices
    self.examples = zip(long, runs).map { Example(name: $0.name, runs: $1) }
    var rows = [(name: "recurrent", sums: own, seconds: seconds)]
    if comparesEach {
      var scores: [SeriesSums] = []
      var alone = Recipe()
      alone.year = recipe.year
      let each = alone
      let seconds = try clock.measured { () throws(ForecastingError) in
        scores = try SharedJobs.run(long.count, threads: threads) { (number) throws(ForecastingError) in
          var sums = SeriesSums(scales[number], horizon: horizon)
          for round in 0..<origins {
            let at = starts[number] + round * horizon
            let fit = try Forecaster.fit(
              observed[number].prefix(at), horizon: horizon, seasons: natural, recipe: each)
            sums.add(ScoredForecast(fit.forecaster.forecast()), observed[number], origin: at)
          }
          return sums
        }
      }
      rows.append(("each-alone", scores, seconds))
    }
    // Of the simple methods the values alone are scored.
    let none = IntervalErrors([], horizon: horizon, step: 1)
    for method in SimpleMethod.allCases {
      var scores: [SeriesSums] = []
      let seconds = try clock.measured { () throws(ForecastingError) in
        scores = try SharedJobs.run(long.count, threads: threads) { number in
          var sums = SeriesSums(scales[number], horizon: horizon)
          for round in 0..<origins {
            let at = starts[number] + round * horizon
            let forecast = method.forecast(
              observed[number].prefix(at), horizon: horizon, seasons: natural, errors: none)
            sums.add(ScoredForecast(values: forecast.values), observed[number], origin: at)
          }
          return sums
        }
      }
      rows.append((method.rawValue, scores, seconds))
    }
    let naive = rows.first { $0.name == SimpleMethod.seasonalNaive.rawValue }?.sums.map(\.all.scores) ?? []
    methods = rows.map { row in
      let scores = row.sums.map(\.all.scores)
      return Method(
        name: row.name, scores: ForecastScores(meanOf: scores),
        byHorizon: (0..<horizon).map { ahead in ForecastScores(meanOf: row.sums.map { $0.byHorizon[ahead].scores }) },
        betterCount: zip(scores, naive).count { ($0.mase ?? .infinity) < ($1.mase ?? 0) }, seconds: row.seconds)
    }
  }
}

/// Sums up the scores of a method on one series.
private struct SeriesSums {
  private(set) var all: ScoreSums
  /// [horizon]
  private(set) var byHorizon: [ScoreSums]

  init(_ scale: ScoreSums.Scale, horizon: Int) {
    all = ScoreSums(scale)
    byHorizon = [ScoreSums](repeating: all, count: horizon)
  }

  /// What is known of what a forecast from a step of the series forecast.
  mutating func add(_ forecast: ScoredForecast, _ series: ObservedSeries, origin: Int) {
    for ahead in forecast.values.indices where series.isKnown[origin + ahead] {
      all.add(series.values[origin + ahead], forecast, ahead: ahead)
      byHorizon[ahead].add(series.values[origin + ahead], forecast, ahead: ahead)
    }
  }
}

extension ForecastScores {
  /// Of each score the mean over those that have it.
  init(meanOf scores: [ForecastScores]) {
    self.init()
    func mean(_ score: (ForecastScores) -> Double?) -> Double? {
      let known = scores.compactMap(score)
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
    meanAbsoluteError = mean(\.meanAbsoluteError)
    mase = mean(\.mase)
    smape = mean(\.smape)
    rmsse = mean(\.rmsse)
    coverage80 = mean(\.coverage80)
    width80 = mean(\.width80)
    coverage95 = mean(\.coverage95)
    width95 = mean(\.width95)
    weightedQuantileLoss = mean(\.weightedQuantileLoss)
    scaledCRPS = mean(\.scaledCRPS)
  }
}

extension ContinuousClock {
  /// In seconds.
  fileprivate func measured(_ body: () throws(ForecastingError) -> Void) throws(ForecastingError) -> Double {
    let start = now
    try body()
    let duration = now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}
