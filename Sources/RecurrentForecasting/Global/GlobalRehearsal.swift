/// Forecasts of origins inside the series, made of what lies before them: what methods are judged by, and intervals are measured on.
struct GlobalRehearsal: Sendable {
  /// Of each series.
  let trials: [GlobalCombination.Trial]
  /// What the global methods look at.
  let scheme: PanelScheme
  /// Fitted to what lies before the first origins.
  let linear: GlobalLinearPath?
  let network: GlobalNetwork?

  /// At most so many origins of a series.
  private static let mostOrigins = 8

  /// The origins of a series; none where it is too short.
  private static func origins(_ count: Int, _ season: Season, _ scheme: PanelScheme) -> [Int] {
    let horizon = scheme.horizon
    let last = count - horizon
    // The global method can be judged only where it can look back, and must have learnt from something before.
    let (needed, learnt) = (scheme.layout.needed, scheme.layout.needed + horizon)
    guard let span = Rehearsal.Span(count: count, horizon: horizon, period: season.effective) else {
      return learnt <= last ? [last] : []
    }
    let first = max(span.first, learnt <= last ? learnt : needed <= last ? needed : 0)
    let step = max(1, (last - first) / (mostOrigins - 1))
    return Array(stride(from: last, through: first, by: -step).reversed().suffix(mostOrigins))
  }

  init(
    _ series: [PreparedSeries], seasons: [Season], _ scheme: PanelScheme, recipe: GlobalRecipe, threads: Int
  ) throws(ForecastingError) {
    let horizon = scheme.horizon
    let origins = series.indices.map { Self.origins(series[$0].count, seasons[$0], scheme) }
    let counts = series.indices.map { origins[$0].first ?? series[$0].count }
    let linear = try Self.linear(series, counts: counts, scheme, recipe: recipe, threads: threads)
    let scheme = linear?.scheme ?? scheme
    (self.linear, self.scheme) = (linear, scheme)
    if let linear, recipe.usesNetwork {
      network = try GlobalNetwork.train(series, counts: counts, linear, recipe, threads: threads)
    } else {
      network = nil
    }
    let reached = origins.map { own in
      linear != nil && (own.first ?? 0) >= scheme.layout.needed ? own : []
    }
    let answers = try network?.answers(series, origins: reached, threads: threads)
    trials = try SharedJobs.run(series.count, threads: threads) { number in
      let (own, origins) = (series[number], origins[number])
      var trial = GlobalCombination.Trial()
      guard let first = origins.first else { return trial }
      let rails = Rails(own.history, horizon: horizon)
      trial.origins = origins
      trial.truths = origins.map { origin in
        (origin..<origin + horizon).map { own.history.isKnown[$0] ? own.history[$0] : .nan }
      }
      if recipe.fitsEachSeries || reached[number].isEmpty {
        let methods = MemberSet.fit(
          own.history.prefix(first), season: seasons[number], horizon: horizon, direct: false
        ).members
        for origin in origins {
          for (name, values) in methods.forecasts(own.history.prefix(origin)) {
            trial.forecasts[name, default: []].append(rails.bound(values))
          }
        }
      }
      if let linear, !reached[number].isEmpty {
        trial.forecasts[GlobalCombination.global] = linear.forecasts(own, origins: origins).map(rails.bound)
        trial.corrections = answers?[number].map(\.correction) ?? []
        trial.spreads = answers?[number].map(\.spread) ?? []
      }
      return trial
    }
  }

  /// With the time of year where that errs less.
  private static func linear(
    _ series: [PreparedSeries], counts: [Int], _ scheme: PanelScheme, recipe: GlobalRecipe, threads: Int
  ) throws(ForecastingError) -> GlobalLinearPath? {
    let blind = try GlobalLinearPath.fit(series, counts: counts, scheme, threads: threads)
    guard let year = recipe.year, let blind, let scheme = scheme.looking(atYear: year, counts: counts),
      let seeing = try GlobalLinearPath.fit(series, counts: counts, scheme, threads: threads),
      seeing.error < blind.error
    else { return blind }
    return seeing
  }

  /// The methods that may count for a series.
  func names(_ number: Int, hasGlobal: Bool) -> [MemberName] {
    var names = Set(trials[number].forecasts.keys)
    if names.isEmpty { names = [.smoothing, .theta, .autoregression] }
    if hasGlobal { names.insert(GlobalCombination.global) } else { names.remove(GlobalCombination.global) }
    return names.sorted { $0.description < $1.description }
  }

  /// By what the combination missed.
  func intervals(_ combination: GlobalCombination, horizon: Int) -> GlobalIntervals {
    let misses = trials.indices.map { number -> [[Double]] in
      let trial = trials[number]
      return trial.origins.indices.map { place in
        var corrections: [MemberName: [Double]] = [:]
        if !trial.corrections.isEmpty { corrections[GlobalCombination.global] = trial.corrections[place] }
        let combined = combination.series[number].combined(
          trial.forecasts.mapValues { $0[place] }, corrections: corrections, horizon: horizon)
        return zip(trial.truths[place], combined).map { $0 - $1 }
      }
    }
    return GlobalIntervals(misses, spreads: trials.map(\.spreads), horizon: horizon)
  }
}
