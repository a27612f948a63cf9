/// Sums up the scores of a method, value for value.
struct ScoreSums {
  /// What errors are measured in.
  struct Scale {
    /// 0 where the series never changed.
    let absolute: Double
    let square: Double

    /// - Parameter origin: the first; later values are not looked at.
    init(_ series: ObservedSeries, origin: Int, period: Int) {
      var (absolute, square, count) = (0.0, 0.0, 0.0)
      for step in period..<max(period, origin) where series.isKnown[step] && series.isKnown[step - period] {
        let change = series.values[step] - series.values[step - period]
        absolute += abs(change)
        square += change * change
        count += 1
      }
      (self.absolute, self.square) = count > 0 ? (absolute / count, square / count) : (0, 0)
    }
  }

  private struct Coverage {
    var inside = 0.0
    var widths = 0.0

    mutating func add(_ truth: Double, _ interval: Forecast.Interval, _ ahead: Int) {
      let (lower, upper) = (interval.lower[ahead], interval.upper[ahead])
      if truth >= lower, truth <= upper { inside += 1 }
      widths += upper - lower
    }
  }

  private let scale: Scale
  private var count = 0.0
  /// Of values that were forecast with intervals.
  private var spreadCount = 0.0
  private var absolute = 0.0, squares = 0.0, relative = 0.0, magnitudes = 0.0
  private var of80 = Coverage(), of95 = Coverage()
  private var quantileLoss = 0.0, rankedScore = 0.0

  init(_ scale: Scale) { self.scale = scale }

  mutating func add(_ truth: Double, _ forecast: ScoredForecast, ahead: Int) {
    let value = forecast.values[ahead]
    let error = abs(value - truth)
    let size = abs(value) + abs(truth)
    absolute += error
    // Scaled first: the square of a huge error would be no number.
    if scale.square > 0 { squares += error / scale.square * error }
    relative += size > 0 ? 200 * (error / size) : 0
    magnitudes += abs(truth)
    count += 1
    guard let spread = forecast.spread else { return }
    of80.add(truth, spread.of80, ahead)
    of95.add(truth, spread.of95, ahead)
    quantileLoss += spread.deciles.loss(truth, ahead)
    rankedScore += spread.percentiles.loss(truth, ahead)
    spreadCount += 1
  }

  var scores: ForecastScores {
    var scores = ForecastScores()
    guard count > 0 else { return scores }
    scores.meanAbsoluteError = absolute / count
    scores.smape = relative / count
    if scale.absolute > 0 { scores.mase = absolute / count / scale.absolute }
    if scale.square > 0 { scores.rmsse = (squares / count).squareRoot() }
    guard spreadCount == count else { return scores }
    (scores.coverage80, scores.coverage95) = (of80.inside / count, of95.inside / count)
    if magnitudes > 0 { scores.weightedQuantileLoss = quantileLoss / magnitudes }
    guard scale.absolute > 0 else { return scores }
    func scaled(_ sum: Double) -> Double { sum / count / scale.absolute }
    (scores.width80, scores.width95) = (scaled(of80.widths), scaled(of95.widths))
    scores.scaledCRPS = scaled(rankedScore)
    return scores
  }
}

/// What of a forecast is scored, worked out once.
struct ScoredForecast {
  struct Quantiles {
    let shares: [Double]
    /// [quantiles][horizon].
    let values: [[Double]]

    init(_ forecast: Forecast, _ shares: [Double]) {
      (self.shares, values) = (shares, shares.map(forecast.quantile))
    }

    /// Twice the pinball loss, a mean over the quantiles.
    func loss(_ truth: Double, _ ahead: Int) -> Double {
      var sum = 0.0
      for (share, values) in zip(shares, values) {
        let error = truth - values[ahead]
        sum += error > 0 ? share * error : (share - 1) * error
      }
      return 2 * sum / Double(shares.count)
    }
  }

  struct Spread {
    let of80, of95: Forecast.Interval
    let deciles, percentiles: Quantiles
  }

  let values: [Double]
  /// nil: the values stand alone.
  let spread: Spread?

  init(_ forecast: Forecast) {
    values = forecast.values
    spread = Spread(
      of80: forecast.interval(level: 80), of95: forecast.interval(level: 95),
      deciles: Quantiles(forecast, (1...9).map { Double($0) / 10 }),
      percentiles: Quantiles(forecast, (1...50).map { (2 * Double($0) - 1) / 100 }))
  }

  init(values: [Double]) { (self.values, spread) = (values, nil) }
}
