/// How far off forecasts are, over several origins of one series. Values that were filled in are not scored.
///
/// The scale of an error is the mean absolute step from season to season before the first origin; without a season from value to
/// value. What needs a scale is nil where the series never changed there.
public struct ForecastScores: Sendable, Hashable {
  /// Mean absolute error, in the values' unit.
  public internal(set) var meanAbsoluteError: Double?
  /// Mean absolute error over the scale (Hyndman & Koehler 2006).
  public internal(set) var mase: Double?
  /// 200·|y − ŷ| / (|y| + |ŷ|), a mean in percent (Makridakis 1993, as in the M4 competition).
  public internal(set) var smape: Double?
  /// Root of the mean squared error over the mean squared seasonal step (M5 competition).
  public internal(set) var rmsse: Double?
  /// Share of the values inside intervals of 80 percent.
  public internal(set) var coverage80: Double?
  /// Mean width of these intervals over the scale.
  public internal(set) var width80: Double?
  /// Share of the values inside intervals of 95 percent.
  public internal(set) var coverage95: Double?
  /// Mean width of these intervals over the scale.
  public internal(set) var width95: Double?
  /// Weighted quantile loss: twice the pinball loss, a mean over the quantiles 0.1, 0.2 … 0.9, over the mean magnitude of the
  /// values (Salinas et al. 2020).
  public internal(set) var weightedQuantileLoss: Double?
  /// Continuous ranked probability score over the scale: twice the pinball loss, a mean over the quantiles 0.01, 0.03 … 0.99
  /// (Gneiting & Raftery 2007).
  public internal(set) var scaledCRPS: Double?

  init() {}
}
