internal import Kernels
package import Recurrent
internal import Storage

/// Forecasts of one series, combined of simple methods, direct linear ones and a small recurrent network, by what each did at earlier
/// origins.
///
///     let forecaster = try Forecaster(fitting: passengers, horizon: 12, seasons: [12])
///     let forecast = forecaster.forecast()
///     let interval = forecast.interval(level: 80)
public struct Forecaster: Sendable {
  /// What is further back is not looked at.
  public static let longestPast = 10_000

  /// Steps ahead.
  public let horizon: Int
  /// How it was made.
  public let recipe: Recipe
  package let season: Season
  package let transform: ValueTransform
  package var series: ObservedSeries
  /// Where the series comes from, kept in its file: names, each with a text.
  package var notes: [String: String] = [:]
  let members: MemberSet
  let network: RecurrentPath?
  let combination: Combination
  let errors: IntervalErrors

  /// Fits everything.
  /// - Parameters:
  ///   - values: equally spaced, NaN where one is missing.
  ///   - horizon: steps to forecast, 1 or more.
  ///   - seasons: of the calendar, in steps, the shortest first: `[12]` for months; empty: one is looked for.
  ///   - recipe: how.
  /// - Throws: `ForecastingError`.
  public init(
    fitting values: [Double], horizon: Int, seasons: [Int] = [], recipe: Recipe = Recipe()
  ) throws(ForecastingError) {
    self = try Self.fit(ObservedSeries(values), horizon: horizon, seasons: seasons, recipe: recipe).forecaster
  }

  init(
    _ series: ObservedSeries, horizon: Int, recipe: Recipe, season: Season, transform: ValueTransform,
    members: MemberSet, network: RecurrentPath?, combination: Combination, errors: IntervalErrors
  ) {
    (self.series, self.horizon, self.recipe, self.season) = (series, horizon, recipe, season)
    (self.transform, self.members, self.network) = (transform, members, network)
    (self.combination, self.errors) = (combination, errors)
  }

  /// The values that it was fitted to and those that came since, NaN where one is missing.
  public var values: [Double] { zip(series.values, series.isKnown).map { $1 ? $0 : .nan } }

  /// Takes values that came since: forecasts then begin after them. Nothing is fitted anew.
  /// - Parameter values: NaN where one is missing.
  public mutating func update(with values: [Double]) { series = ObservedSeries(self.values + values) }

  /// Forecasts then begin after these values, of which the first is that of the first it was fitted to.
  /// - Throws: `CheckpointError` where they are too few for the networks, or none is known.
  package mutating func replaceValues(by values: [Double], file: String) throws(CheckpointError) {
    let series = ObservedSeries(values)
    guard series.missingCount < series.count, series.count >= (network?.layout.needed ?? 1) else {
      throw .io(file: file, reason: "\(values.count) values are too few to forecast from")
    }
    self.series = series
  }

  private var history: History { History(transform.apply(series.values), isKnown: series.isKnown) }

  /// What follows the series.
  public func forecast() -> Forecast {
    let history = history
    let rails = Rails(history, horizon: horizon)
    let own = Dictionary(members.forecasts(history).map { ($0.name, $0.values) }) { first, _ in first }
    // The memory sufficed for the training, which takes more.
    let corrections = network.flatMap { try? $0.corrections(history, origins: [history.count]).first } ?? [:]
    let combined = rails.bound(combination.combined(own, corrections: corrections, horizon: horizon))
    return Forecast(
      values: transform.undo(combined), transformed: combined, transform: transform, errors: errors)
  }
}
