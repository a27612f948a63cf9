internal import Recurrent
internal import Storage

/// Forecasts of many series by one model, which learns from all of them: linear forecasts of the whole horizon, the same map for all
/// series, and a recurrent network that corrects them, beside smoothing, Theta and autoregressions of each series. What counts is
/// chosen by what each method did at earlier origins, of all series together.
///
/// Numbers and categories that stand beside the series (`PanelSeries`) are learnt from; series may have different lengths and missing
/// values.
///
///     let shops = names.map { PanelSeries($0, values: sales[$0], knownAhead: ["promotion": promotions[$0]]) }
///     let forecaster = try GlobalForecaster(fitting: shops, horizon: 14, seasons: [7])
///     for (shop, forecast) in zip(shops, try forecaster.forecasts()) {
///       print(shop.name, forecast.values, forecast.interval(level: 80))
///     }
public struct GlobalForecaster: Sendable {
  /// A series, and what was fitted to it alone.
  struct Member: Sendable {
    var series: PanelSeries
    let season: Season
    let parameters: PreparedSeries.Parameters
    /// nil where none of them counts.
    var methods: MemberSet?
  }

  /// Steps ahead.
  public let horizon: Int
  /// How it was made.
  public let recipe: GlobalRecipe
  /// Where the series come from, kept in its file: names, each with a text.
  package var notes: [String: String] = [:]
  let columns: PanelColumns
  let scheme: PanelScheme
  /// In the order of their names.
  var members: [Member]
  /// Of each series as it was given, its place among the members.
  let places: [Int]
  /// nil where no series is long enough.
  let linear: GlobalLinearPath?
  let network: GlobalNetwork?
  let combination: GlobalCombination
  let intervals: GlobalIntervals

  /// Fits everything.
  /// - Parameters:
  ///   - series: with the same statics and covariates, and different names. Their order does not matter.
  ///   - horizon: steps to forecast, 1 or more.
  ///   - seasons: of the calendar, in steps, the shortest first: `[7]` for days; empty: one is looked for.
  ///   - recipe: how.
  ///   - threads: 0: one for each processor. Results do not depend on it.
  /// - Throws: `ForecastingError`.
  public init(
    fitting series: [PanelSeries], horizon: Int, seasons: [Int] = [], recipe: GlobalRecipe = GlobalRecipe(),
    threads: Int = 0
  ) throws(ForecastingError) {
    require(horizon >= 1, "a horizon is 1 step or more, got \(horizon)")
    require(seasons.allSatisfy { $0 >= 1 }, "seasons are of 1 step or more, got \(seasons)")
    require(series.allSatisfy { $0.start >= 0 }, "series start at step 0 or later")
    guard !series.isEmpty else { throw .noValues }
    let order = series.indices.sorted { series[$0].name < series[$1].name }
    for (left, right) in zip(order, order.dropFirst()) {
      require(series[left].name != series[right].name, "two series are called \(series[left].name)")
    }
    try ForecastingError.admitOpenBLAS()
    var places = [Int](repeating: 0, count: series.count)
    for (place, index) in order.enumerated() { places[index] = place }
    self.places = places
    (self.horizon, self.recipe) = (horizon, recipe)
    let sorted = order.map { series[$0].suffix(Forecaster.longestPast) }
    let observed = sorted.map { ObservedSeries($0.values) }
    for (own, values) in zip(sorted, observed) where values.missingCount == values.count {
      throw .noValuesOf(series: own.name)
    }
    columns = PanelColumns(sorted)
    let seasons = try PanelSeasons(observed, natural: seasons, threads: threads)
    var parameters = sorted.indices.map {
      PreparedSeries.parameters(sorted[$0], observed[$0], seasons.own[$0])
    }
    try PreparedSeries.fitEffects(&parameters, sorted, observed, seasons.own, columns, threads: threads)
    let columns = columns
    let prepared = sorted.indices.map { PreparedSeries(sorted[$0], parameters[$0], columns) }
    let rehearsal = try GlobalRehearsal(
      prepared, seasons: seasons.own,
      PanelScheme(columns, season: seasons.common, horizon: horizon, counts: observed.map(\.count)), recipe: recipe,
      threads: threads)
    let scheme = rehearsal.scheme
    self.scheme = scheme
    // To everything, now that it is known what counts.
    let counts = prepared.map(\.count)
    let whole =
      try rehearsal.linear == nil ? nil : GlobalLinearPath.fit(prepared, counts: counts, scheme, threads: threads)
    linear = whole ?? rehearsal.linear
    let hasLinear = linear != nil
    let names = prepared.indices.map { number in
      rehearsal.names(number, hasGlobal: hasLinear && counts[number] >= scheme.layout.needed)
    }
    let combination = GlobalCombination(rehearsal.trials, names: names, horizon: horizon)
    self.combination = combination
    intervals = rehearsal.intervals(combination, horizon: horizon)
    network = combination.gain > 0 || intervals.usesSpread ? rehearsal.network : nil
    let own = seasons.own
    let methods = try SharedJobs.run(prepared.count, threads: threads) { number -> MemberSet? in
      guard combination.series[number].members != [GlobalCombination.global] else { return nil }
      return MemberSet.fit(prepared[number].history, season: own[number], horizon: horizon, direct: false).members
    }
    members = sorted.indices.map {
      Member(series: sorted[$0], season: own[$0], parameters: parameters[$0], methods: methods[$0])
    }
  }

  init(
    horizon: Int, recipe: GlobalRecipe, columns: PanelColumns, scheme: PanelScheme, members: [Member], places: [Int],
    linear: GlobalLinearPath?, network: GlobalNetwork?, combination: GlobalCombination, intervals: GlobalIntervals
  ) {
    (self.horizon, self.recipe, self.columns, self.scheme) = (horizon, recipe, columns, scheme)
    (self.members, self.places, self.linear, self.network) = (members, places, linear, network)
    (self.combination, self.intervals) = (combination, intervals)
  }

  /// The series that it was fitted to, with what came since, in the order in which they were given.
  public var series: [PanelSeries] { places.map { members[$0].series } }

  /// Names of what is known ahead, and of what is known afterwards only.
  package var covariateNames: [String] { columns.knownAhead.map(\.name) }
  package var pastCovariateNames: [String] { columns.past.map(\.name) }

  /// The same for some of its series, with other values of them.
  /// - Parameter series: that begin where the fitted ones begin.
  /// - Throws: `ForecastingError` where one is not known, or has no value.
  package func on(_ series: [PanelSeries]) throws(ForecastingError) -> GlobalForecaster {
    let known = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.series.name, $0) })
    var chosen: [Int] = []
    var own: [Member] = []
    for new in series {
      guard let place = known[new.name] else { throw .unknownSeries(new.name) }
      guard new.values.contains(where: \.isFinite) else { throw .noValuesOf(series: new.name) }
      var member = members[place]
      member.series = new
      own.append(member)
      chosen.append(place)
    }
    var (combination, intervals) = (combination, intervals)
    combination.series = chosen.map { combination.series[$0] }
    intervals.reaches = chosen.map { intervals.reaches[$0] }
    intervals.paths = chosen.map { intervals.paths[$0] }
    var part = GlobalForecaster(
      horizon: horizon, recipe: recipe, columns: columns, scheme: scheme, members: own, places: Array(own.indices),
      linear: linear, network: network, combination: combination, intervals: intervals)
    part.notes = notes
    return part
  }

  /// Takes values that came since: forecasts then begin after them. Nothing is fitted anew.
  /// - Parameter series: with later values, of some or all of the series. What is known ahead begins with the first of these values,
  ///   and takes the place of what was known of it. Statics are not looked at.
  /// - Throws: `ForecastingError.unknownSeries`; then nothing was taken.
  public mutating func update(with series: [PanelSeries]) throws(ForecastingError) {
    var found: [(place: Int, new: PanelSeries)] = []
    for new in series {
      guard let place = members.firstIndex(where: { $0.series.name == new.name }) else {
        throw .unknownSeries(new.name)
      }
      found.append((place, new))
    }
    for (place, new) in found { members[place].series.append(new) }
  }

  /// What follows each series, in the order in which they were given.
  /// - Parameter threads: 0: one for each processor. Results do not depend on it.
  /// - Throws: `ForecastingError.covariateEnds` where a covariate is not known as far ahead.
  public func forecasts(threads: Int = 0) throws(ForecastingError) -> [Forecast] {
    for series in members.lazy.map(\.series) where series.stepsAhead < horizon {
      for (name, values) in series.knownAhead.sorted(by: { $0.key < $1.key }) {
        let steps = PanelSeries.knownCount(values) - series.values.count
        guard steps < horizon else { continue }
        throw .covariateEnds(series: series.name, covariate: name, steps: max(0, steps), needed: horizon)
      }
    }
    let prepared = try SharedJobs.run(members.count, threads: threads) {
      PreparedSeries(members[$0].series, members[$0].parameters, columns)
    }
    let origins = prepared.map { linear != nil && $0.count >= scheme.layout.needed ? [$0.count] : [] }
    let answers = try network?.answers(prepared, origins: origins, threads: threads)
    let forecasts = try SharedJobs.run(members.count, threads: threads) { number in
      let (own, member) = (prepared[number], members[number])
      var rows: [MemberName: [Double]] = [:]
      for (name, values) in member.methods?.forecasts(own.history) ?? [] { rows[name] = values }
      var corrections: [MemberName: [Double]] = [:]
      if let values = linear?.forecasts(own, origins: origins[number]).first { rows[GlobalCombination.global] = values }
      let answer = answers?[number].first
      if let answer { corrections[GlobalCombination.global] = answer.correction }
      let combined = combination.series[number].combined(rows, corrections: corrections, horizon: horizon)
      let (transform, unit) = (own.parameters.transform, own.parameters.unit)
      let transformed = Rails(own.history, horizon: horizon).bound(combined).enumerated().map { ahead, value in
        (value + own.effect(own.count + ahead)) * unit
      }
      return Forecast(
        values: transform.undo(transformed), transformed: transformed, transform: transform,
        errors: intervals.errors(number, spread: answer?.spread, unit: unit))
    }
    return places.map { forecasts[$0] }
  }
}

extension PanelSeries {
  /// The last `count` values, or all, with what belongs to them.
  func suffix(_ count: Int) -> PanelSeries { dropFirst(max(0, values.count - count)) }

  /// All but the first `count` values, with what belongs to them.
  package func dropFirst(_ count: Int) -> PanelSeries {
    var part = self
    part.values = Array(values.dropFirst(count))
    part.knownAhead = knownAhead.mapValues { Array($0.dropFirst(count)) }
    part.past = past.mapValues { Array($0.dropFirst(count)) }
    part.start += count
    return part
  }

  /// Takes later values, and what is known from their first step on.
  mutating func append(_ new: PanelSeries) {
    let count = values.count
    for (name, later) in new.knownAhead { knownAhead[name] = Self.exactly(count, knownAhead[name] ?? []) + later }
    for (name, later) in new.past { past[name] = Self.exactly(count, past[name] ?? []) + later }
    values += new.values
  }

  /// So many numbers, NaN where there are none.
  private static func exactly(_ count: Int, _ values: [Double]) -> [Double] {
    values.prefix(count) + [Double](repeating: .nan, count: max(0, count - values.count))
  }
}
