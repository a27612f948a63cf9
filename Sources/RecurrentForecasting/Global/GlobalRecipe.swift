/// How a global forecaster is made. The defaults were chosen on panels of their own: see Benchmarks/Forecasting.md.
public struct GlobalRecipe: Sendable, Hashable, Codable {
  /// Whether a recurrent network, one for all series, corrects the linear forecasts.
  public var usesNetwork = true
  /// Networks that differ by their seeds alone, and whose median counts.
  public var networks = 1
  /// Hidden units of each.
  public var hiddenSize = 32
  /// Updates of each.
  public var updates = 800
  /// Windows of an update.
  public var batchSize = 32
  /// Whether smoothing, Theta and autoregressions are fitted to each series, too, and may count.
  public var fitsEachSeries = true
  /// Steps of a year, such as 365.2425 of days: forecasts may look at the place in it where most series have two of them and errors
  /// on parts that were left out are less. nil: they do not.
  public var year: Double?
  /// Of the networks.
  public var seed: UInt64 = 0

  /// The defaults.
  public init() {}
}
