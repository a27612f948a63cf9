/// How a forecaster is made. The defaults were chosen on splits of their own: see Benchmarks/Forecasting.md.
public struct Recipe: Sendable, Hashable, Codable {
  /// Whether a recurrent network corrects the linear forecasts.
  public var usesNetwork = true
  /// Networks that differ by their seeds alone, and whose median counts.
  public var networks = 3
  /// Hidden units of each.
  public var hiddenSize = 24
  /// Updates of each.
  public var updates = 200
  /// Methods whose error at earlier origins is above so many times the best one's are dropped.
  public var dropFactor = 2.0
  /// Of the networks.
  public var seed: UInt64 = 0
  /// Steps of the season that the methods go by, whether the series shows it or not, if there are two of them; 1: none. nil: that of
  /// the calendar, or one that is found, where a test says that the series has it.
  public var season: Int?
  /// Steps of a year, such as 365.2425 of days: direct forecasts may look at the place in it where the history has two of them and
  /// errors on parts that were left out are less. nil: they do not.
  public var year: Double?

  /// The defaults.
  public init() {}

  var network: RecurrentPath.Options {
    var options = RecurrentPath.Options()
    (options.seeds, options.hiddenSize, options.updates) = (networks, hiddenSize, updates)
    return options
  }
}
