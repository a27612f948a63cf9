internal import Foundation

/// What the global methods look at before a step from which the horizon is forecast: an origin.
struct PanelScheme: Sendable, Hashable, Codable {
  /// Of windows of values, and what forecasts are measured from.
  let layout: WindowLayout
  /// Seasons whose phases are told, the shortest first.
  let periods: [Int]
  /// Steps of a year whose phase is told; nil: none.
  private(set) var year: Double?
  /// Steps ahead at which covariates that are known ahead are looked at.
  let leads: [Int]
  /// Steps that the network reads.
  let networkWindow: Int
  let staticWidth: Int
  let knownCount: Int
  let pastCount: Int

  var horizon: Int { layout.horizon }

  /// What a linear forecast may look at of covariates.
  private static let mostCovariateFeatures = 96
  /// Of past covariates, the steps before the origin.
  private static let pastLags = 4
  /// Phases for each static column.
  private static let mostInteractions = 60

  /// Most series have as many steps.
  private static func typical(_ counts: [Int]) -> Int {
    let sorted = counts.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 4]
  }

  /// The same with the phase of the year; nil where the series are too short for it.
  /// - Parameter counts: of steps, of all series.
  func looking(atYear year: Double, counts: [Int]) -> PanelScheme? {
    guard YearPhase.isPossible(year, count: Self.typical(counts)) else { return nil }
    var scheme = self
    scheme.year = year
    return scheme
  }

  /// - Parameter counts: of steps, of all series.
  init(_ columns: PanelColumns, season: Season, horizon: Int, counts: [Int]) {
    // So that most series reach over a window and what follows it.
    let typical = Self.typical(counts)
    layout = WindowLayout(horizon: horizon, season: season, count: max(8, typical - horizon))
    periods = season.period > 1 ? [season.period] + (season.longer.map { [$0] } ?? []) : []
    let covariates = columns.knownAhead.count
    leads = covariates * horizon <= Self.mostCovariateFeatures ? Array(1...horizon) : [1, horizon]
    networkWindow = min(max(32, 2 * layout.period), 128, max(8, typical))
    (staticWidth, knownCount, pastCount) = (columns.staticWidth, covariates, columns.past.count)
  }

  // MARK: Linear

  /// Two waves for a season, one where it has no room for more.
  private func waves(_ period: Int) -> Int { period >= 5 ? 2 : 1 }

  private var phaseCount: Int { periods.reduce(0) { $0 + 2 * waves($1) } + (year == nil ? 0 : YearPhase.width) }
  private var hasInteractions: Bool { staticWidth > 0 && staticWidth * phaseCount <= Self.mostInteractions }

  var featureCount: Int {
    layout.featureCount + phaseCount + staticWidth + (hasInteractions ? staticWidth * phaseCount : 0)
      + knownCount * (1 + leads.count) + pastCount * Self.pastLags
  }

  func addFeatures(_ series: PreparedSeries, origin: Int, to features: inout [Double]) {
    layout.addFeatures(series.history, origin: origin, to: &features)
    let first = features.count
    for period in periods {
      for wave in 1...waves(period) {
        let angle = 2 * Double.pi * Double(wave * ((series.start + origin) % period)) / Double(period)
        features.append(sin(angle))
        features.append(cos(angle))
      }
    }
    if let year { YearPhase.add(series.start + origin, year: year, to: &features) }
    let phases = first..<features.count
    for value in series.statics {
      features.append(value)
      guard hasInteractions else { continue }
      for place in phases { features.append(value * features[place]) }
    }
    for covariate in 0..<knownCount {
      features.append(series.knownValue(covariate, origin - 1))
      for lead in leads { features.append(series.knownValue(covariate, origin - 1 + lead)) }
    }
    for covariate in 0..<pastCount {
      for lag in 1...Self.pastLags { features.append(series.pastValue(covariate, origin - lag)) }
    }
  }

  // MARK: Network

  var hasSeason: Bool { layout.period > 1 }

  /// Numbers that the network reads at a step.
  var inputCount: Int {
    (hasSeason ? 4 : 3) + 2 * periods.count + (year == nil ? 0 : 2) + staticWidth + knownCount * (1 + leads.count)
      + pastCount
  }

  private static let clip = 8.0

  /// The step's value beside the one before, the mean of the window and that of a season before; whether it is missing; phases;
  /// statics; covariates. Before the first step everything is missing.
  func addInputs(_ series: PreparedSeries, step: Int, scales: [Double], to inputs: inout [Float]) {
    guard step >= 0 else {
      for place in 0..<inputCount { inputs.append(place == 0 ? 1 : 0) }
      return
    }
    func add(_ value: Double) { inputs.append(Float(min(max(value, -Self.clip), Self.clip))) }
    let (history, place) = (series.history, series.start + step)
    let isKnown = history.isKnown[step]
    add(isKnown ? 0 : 1)
    add(isKnown && step > 0 ? (history[step] - history[step - 1]) / scales[0] : 0)
    add(isKnown ? (history[step] - series.mean(step, window: layout.window)) / scales[1] : 0)
    if hasSeason {
      add(isKnown && step >= layout.period ? (history[step] - history[step - layout.period]) / scales[2] : 0)
    }
    for period in periods {
      let angle = 2 * Double.pi * Double(place % period) / Double(period)
      add(sin(angle))
      add(cos(angle))
    }
    if let year {
      let angle = 2 * Double.pi * (Double(place) / year).truncatingRemainder(dividingBy: 1)
      add(sin(angle))
      add(cos(angle))
    }
    for value in series.statics { add(value) }
    for covariate in 0..<knownCount {
      add(series.knownValue(covariate, step))
      for lead in leads { add(series.knownValue(covariate, step + lead)) }
    }
    for covariate in 0..<pastCount { add(series.pastValue(covariate, step)) }
  }

  /// Whether a scheme from a file makes sense.
  var isSound: Bool {
    layout.isSound && periods.count <= 2 && periods.allSatisfy { (2...10_000_000).contains($0) }
      && year.map { $0 > 2 && $0 < 1e9 } ?? true && !leads.isEmpty && leads.allSatisfy { (1...horizon).contains($0) }
      && (1...100_000).contains(networkWindow)
      && [staticWidth, knownCount, pastCount].allSatisfy { (0...100_000).contains($0) }
  }
}
