/// The methods that everything else is compared with, each by itself.
public enum SimpleMethod: String, Sendable, CaseIterable {
  /// The last season again; without a season the last value.
  case seasonalNaive = "seasonal-naive"
  /// Exponential smoothing: level, trend and season, the form by AICc.
  case smoothing = "ets"
  /// Theta.
  case theta
  /// An autoregression on differences, the order by AICc.
  case autoregression = "ar"

  /// The same among the members of a forecaster.
  var member: MemberName {
    switch self {
    case .seasonalNaive: .seasonalNaive
    case .smoothing: .smoothing
    case .theta: .theta
    case .autoregression: .autoregression
    }
  }

  /// - Parameter errors: what the method missed by at earlier origins of the series.
  func forecast(
    _ series: ObservedSeries, horizon: Int, seasons: [Int], given: Int? = nil, errors: IntervalErrors
  ) -> Forecast {
    let series = series.suffix(Forecaster.longestPast)
    let (season, transform) = Season.find(series, natural: seasons, given: given)
    if self == .seasonalNaive {
      let history = History(series.values, isKnown: series.isKnown)
      let values = SeasonalNaive(period: seasons.first ?? 1).forecast(history, horizon: horizon)
      return Forecast(values: values, transformed: transform.apply(values), transform: transform, errors: errors)
    }
    let history = History(transform.apply(series.values), isKnown: series.isKnown)
    let period = season.effective
    let member: any ForecastMember =
      switch self {
      case .seasonalNaive: SeasonalNaive(period: period)
      case .smoothing: ExponentialSmoothing.fit(history, period: period, isDoubtful: season.isDoubtful)
      case .theta: Theta.fit(history, period: period)
      case .autoregression:
        Autoregression.fit(history, lags: [1], most: Autoregression.most(history.count, period: period))
      }
    let values = Rails(history, horizon: horizon).bound(member.forecast(history, horizon: horizon))
    return Forecast(values: transform.undo(values), transformed: values, transform: transform, errors: errors)
  }
}

extension Season {
  /// The seasons, and what the methods work on.
  /// - Parameter given: one to go by, untested.
  static func find(_ series: ObservedSeries, natural: [Int], given: Int?) -> (Season, ValueTransform) {
    let first = ValueTransform(fitting: series, isSeasonal: true)
    let values = first.apply(series.values)
    let seasons = given.map { [$0] } ?? (natural.isEmpty ? [Seasonality.period(of: values)] : natural)
    let season = Season(values, natural: seasons, isGiven: given != nil)
    return (season, ValueTransform(fitting: series, isSeasonal: season.isPresent && !season.isDoubtful))
  }
}
