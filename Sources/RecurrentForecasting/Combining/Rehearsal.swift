internal import Recurrent

/// Forecasts of origins inside the history, each made of what lies before it, as the real ones are: what members are judged by, and
/// intervals are measured on.
struct Rehearsal: Sendable {
  /// Ascending.
  let origins: [Int]
  /// [origins][horizon], transformed.
  private(set) var forecasts: [MemberName: [[Double]]]
  /// What the recurrent part adds to direct forecasts, likewise.
  private(set) var corrections: [MemberName: [[Double]]]
  /// What gave the corrections, trained on what lies before the first origin; nil: there is too little to train on.
  let network: RecurrentPath?

  /// Where origins lie.
  struct Span {
    /// What is fitted to at first.
    let first: Int
    let step: Int

    /// nil where the history is too short for any.
    init?(count: Int, horizon: Int, period: Int) {
      let wanted = min(5 * horizon, max(2 * horizon, count / 3))
      first = max(2 * period + 2, 8, count - wanted)
      guard first + horizon <= count else { return nil }
      step = max(1, min(horizon / 6, (count - horizon - first) / 12))
    }
  }

  /// The networks are trained once, on what lies before the first origin; everything else anew after each horizon.
  /// - Returns: nil where the history is too short.
  static func run(
    _ history: History, season: Season, horizon: Int, recipe: Recipe
  ) throws(ForecastingError) -> Rehearsal? {
    guard let span = Span(count: history.count, horizon: horizon, period: season.effective) else { return nil }
    let last = history.count - horizon
    let origins = Array(stride(from: last, through: span.first, by: -span.step).reversed())
    var forecasts: [MemberName: [[Double]]] = [:]
    var network: RecurrentPath?
    for first in stride(from: span.first, through: last, by: horizon) {
      let (members, linear) = MemberSet.fit(
        history.prefix(first), season: season, horizon: horizon, year: recipe.year)
      if first == span.first, let linear, recipe.usesNetwork {
        do throws(PlanError) {
          network = try RecurrentPath.train(history.prefix(first), linear, recipe.network, seed: recipe.seed)
        } catch { throw .memory(error) }
      }
      for origin in origins where origin >= first && origin < first + horizon {
        for (name, values) in members.forecasts(history.prefix(origin)) { forecasts[name, default: []].append(values) }
      }
    }
    var corrections: [MemberName: [[Double]]] = [:]
    if let network {
      let own = try network.corrections(history, origins: origins)
      for name in own.first.map({ Array($0.keys) }) ?? [] { corrections[name] = own.map { $0[name] ?? [] } }
    }
    // A member that was not there at every origin has nothing to be judged by.
    return Rehearsal(
      origins: origins, forecasts: forecasts.filter { $0.value.count == origins.count }, corrections: corrections,
      network: network)
  }
}
