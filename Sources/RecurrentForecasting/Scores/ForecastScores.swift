/// How far off forecasts are, from several origins of one series. Values that were filled in are not scored.
public struct ForecastScores: Sendable, Hashable {
  /// Mean absolute error over the mean absolute seasonal step before the first origin (Hyndman & Koehler 2006); nil where the series
  /// never changed there.
  public internal(set) var mase: Double?
  /// 200·|y − ŷ| / (|y| + |ŷ|), a mean in percent.
  public internal(set) var smape: Double?
  /// As MASE, of squares, and a root.
  public internal(set) var rmsse: Double?
  /// Share of the values inside intervals of 80 percent; nil without intervals.
  public internal(set) var coverage80: Double?
  /// Mean width of these intervals over the scale of MASE.
  public internal(set) var width80: Double?
  /// Weighted quantile loss: twice the pinball loss, a mean over the quantiles 0.1, 0.2 … 0.9, over the sum of all magnitudes.
  public internal(set) var weightedQuantileLoss: Double?
  /// Continuous ranked probability score, by the same quantiles, over the scale of MASE.
  public internal(set) var scaledCRPS: Double?

  init() {}
}

/// Sums up the scores of a method from origin to origin.
struct ScoreSums {
  private let scale: (absolute: Double, square: Double)
  private var scaled = 0.0, scaledSquares = 0.0, scaledCount = 0.0
  private var relative = 0.0, count = 0.0
  private var inside = 0.0, widths = 0.0, intervalCount = 0.0
  private var quantileLoss = 0.0, magnitudes = 0.0

  /// - Parameter origin: the first.
  init(_ series: ObservedSeries, origin: Int, period: Int) {
    var (absolute, square, count) = (0.0, 0.0, 0.0)
    for step in period..<max(period, origin) where series.isKnown[step] && series.isKnown[step - period] {
      let change = series.values[step] - series.values[step - period]
      absolute += abs(change)
      square += change * change
      count += 1
    }
    scale = count > 0 ? (absolute / count, square / count) : (0, 0)
  }

  /// With intervals and quantiles.
  mutating func add(_ forecast: Forecast, _ series: ObservedSeries, origin: Int) {
    add(forecast.values, series, origin: origin)
    let interval = forecast.interval(level: 80)
    let quantiles = (1...9).map { (share: Double($0) / 10, values: forecast.quantile(Double($0) / 10)) }
    for ahead in forecast.values.indices where series.isKnown[origin + ahead] {
      let truth = series.values[origin + ahead]
      if truth >= interval.lower[ahead], truth <= interval.upper[ahead] { inside += 1 }
      if scale.absolute > 0 { widths += (interval.upper[ahead] - interval.lower[ahead]) / scale.absolute }
      intervalCount += 1
      magnitudes += abs(truth)
      for quantile in quantiles {
        let error = truth - quantile.values[ahead]
        quantileLoss += 2 / 9 * (error > 0 ? quantile.share * error : (quantile.share - 1) * error)
      }
    }
  }

  mutating func add(_ values: [Double], _ series: ObservedSeries, origin: Int) {
    for (ahead, value) in values.enumerated() where series.isKnown[origin + ahead] {
      let truth = series.values[origin + ahead]
      let error = abs(value - truth)
      if scale.absolute > 0 {
        scaled += error / scale.absolute
        scaledSquares += error * error / scale.square
        scaledCount += 1
      }
      let size = abs(value) + abs(truth)
      relative += size > 0 ? 200 * error / size : 0
      count += 1
    }
  }

  var scores: ForecastScores {
    var scores = ForecastScores()
    if scaledCount > 0 {
      scores.mase = scaled / scaledCount
      scores.rmsse = (scaledSquares / scaledCount).squareRoot()
    }
    if count > 0 { scores.smape = relative / count }
    if intervalCount > 0 {
      scores.coverage80 = inside / intervalCount
      if magnitudes > 0 { scores.weightedQuantileLoss = quantileLoss / magnitudes }
      if scaledCount > 0 {
        scores.width80 = widths / intervalCount
        scores.scaledCRPS = quantileLoss / intervalCount / scale.absolute
      }
    }
    return scores
  }
}
