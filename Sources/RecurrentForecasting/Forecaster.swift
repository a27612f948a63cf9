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
    try self.init(ObservedSeries(values), horizon: horizon, seasons: seasons, recipe: recipe)
  }

  package init(
    _ series: ObservedSeries, horizon: Int, seasons: [Int], recipe: Recipe
  ) throws(ForecastingError) {
    require(horizon >= 1, "a horizon is 1 step or more, got \(horizon)")
    let asked = seasons + (recipe.season.map { [$0] } ?? [])
    require(asked.allSatisfy { $0 >= 1 }, "seasons are of 1 step or more, got \(asked)")
    let series = series.suffix(Self.longestPast)
    guard series.missingCount < series.count else { throw .noValues }
    // Else a fit that had no memory would only look like one that came to nothing.
    do throws(MemoryShortage) { try OpenBLAS.warmUp() } catch {
      throw .memory(
        .exceedsMemory(what: "what OpenBLAS works in", needed: error.needed, available: error.available))
    }
    (self.horizon, self.recipe, self.series) = (horizon, recipe, series)
    let (season, transform) = Season.find(series, natural: seasons, given: recipe.season)
    self.season = season
    self.transform = transform
    let history = History(transform.apply(series.values), isKnown: series.isKnown)
    let rails = Rails(history, horizon: horizon)
    let rehearsal = try Rehearsal.run(history, season: season, horizon: horizon, recipe: recipe)
    let fit = MemberSet.fit(history, season: season, horizon: horizon)
    members = fit.members
    guard let rehearsal else {
      combination = Combination(untested: [.smoothing, .theta, .autoregression])
      network = nil
      errors = Self.shortErrors(history, horizon: horizon)
      return
    }
    let combination = Combination(rehearsal, dropFactor: recipe.dropFactor) { forecast, origin in
      var sum = 0.0
      for (ahead, z) in rails.bound(forecast).enumerated() where series.isKnown[origin + ahead] {
        sum += abs(transform.undo(z) - series.values[origin + ahead])
      }
      return sum
    }
    self.combination = combination
    network = combination.members.contains { combination.gains[$0] ?? 0 > 0 } ? rehearsal.network : nil
    let missed = rehearsal.origins.indices.map { number in
      let combined = combination.combined(
        rehearsal.forecasts.mapValues { $0[number] }, corrections: rehearsal.corrections.mapValues { $0[number] },
        horizon: horizon)
      let origin = rehearsal.origins[number]
      return rails.bound(combined).enumerated().map {
        series.isKnown[origin + $0] ? history[origin + $0] - $1 : .nan
      }
    }
    let step = rehearsal.origins.count > 1 ? rehearsal.origins[1] - rehearsal.origins[0] : 1
    errors = IntervalErrors(missed, horizon: horizon, step: step)
  }

  /// Of a random walk, where nothing could be rehearsed.
  private static func shortErrors(_ history: History, horizon: Int) -> IntervalErrors {
    let steps = Seasonality.differences(Array(history.values.suffix(50)), lag: 1)
    let rows = steps.flatMap { step in
      [1, -1].map { sign in (0..<horizon).map { sign * step * Double($0 + 1).squareRoot() } }
    }
    return IntervalErrors(
      rows.isEmpty ? [[Double](repeating: 0, count: horizon)] : rows, horizon: horizon, step: horizon)
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
