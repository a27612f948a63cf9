internal import Recurrent
internal import Storage

/// How a forecaster comes about.
extension Forecaster {
  /// A forecaster, and what its members by themselves missed by at earlier origins.
  struct Fit: Sendable {
    let forecaster: Forecaster
    /// Empty where nothing could be rehearsed.
    let memberErrors: [MemberName: IntervalErrors]
  }

  static func fit(
    _ series: ObservedSeries, horizon: Int, seasons: [Int], recipe: Recipe
  ) throws(ForecastingError) -> Fit {
    require(horizon >= 1, "a horizon is 1 step or more, got \(horizon)")
    let asked = seasons + (recipe.season.map { [$0] } ?? [])
    require(asked.allSatisfy { $0 >= 1 }, "seasons are of 1 step or more, got \(asked)")
    let series = series.suffix(Self.longestPast)
    guard series.missingCount < series.count else { throw .noValues }
    try ForecastingError.admitOpenBLAS()
    let (season, transform) = Season.find(series, natural: seasons, given: recipe.season)
    let history = History(transform.apply(series.values), isKnown: series.isKnown)
    let rehearsal = try Rehearsal.run(history, season: season, horizon: horizon, recipe: recipe)
    let members = MemberSet.fit(history, season: season, horizon: horizon, year: recipe.year).members
    func forecaster(_ combination: Combination, _ network: RecurrentPath?, _ errors: IntervalErrors) -> Forecaster {
      Forecaster(
        series, horizon: horizon, recipe: recipe, season: season, transform: transform, members: members,
        network: network, combination: combination, errors: errors)
    }
    guard let rehearsal else {
      let untested = Combination(untested: [.smoothing, .theta, .autoregression])
      return Fit(forecaster: forecaster(untested, nil, shortErrors(history, horizon: horizon)), memberErrors: [:])
    }
    let rails = Rails(history, horizon: horizon)
    let trials = Trials(rehearsal, horizon: horizon) { forecast, origin in
      var sum = 0.0
      for (ahead, z) in rails.bound(forecast).enumerated() where series.isKnown[origin + ahead] {
        sum += abs(transform.undo(z) - series.values[origin + ahead])
      }
      return sum
    }
    let combination = trials.combination(dropFactor: recipe.dropFactor)
    let network = combination.members.contains { combination.gains[$0] ?? 0 > 0 } ? rehearsal.network : nil
    let step = rehearsal.origins.count > 1 ? rehearsal.origins[1] - rehearsal.origins[0] : 1
    /// - Parameter forecasts: of the rehearsal's origins.
    func errors(_ forecasts: [[Double]]) -> IntervalErrors {
      let missed = zip(forecasts, rehearsal.origins).map { forecast, origin in
        rails.bound(forecast).enumerated().map { series.isKnown[origin + $0] ? history[origin + $0] - $1 : .nan }
      }
      return IntervalErrors(missed, horizon: horizon, step: step)
    }
    let combined = zip(rehearsal.origins.indices, trials.honestCombinations(dropFactor: recipe.dropFactor)).map {
      number, combination in
      combination.combined(
        rehearsal.forecasts.mapValues { $0[number] }, corrections: rehearsal.corrections.mapValues { $0[number] },
        horizon: horizon)
    }
    return Fit(
      forecaster: forecaster(combination, network, errors(combined)),
      memberErrors: rehearsal.forecasts.mapValues(errors))
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
}
