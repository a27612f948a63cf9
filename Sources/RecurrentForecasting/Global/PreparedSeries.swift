internal import Foundation

/// A series as the global methods see it: in units of its own steps, without what covariates add, with numbers for everything that
/// stands beside it.
struct PreparedSeries: Sendable {
  /// What was chosen for a series when it was fitted to.
  struct Parameters: Sendable, Hashable, Codable {
    let transform: ValueTransform
    /// Of transformed values: how far they usually lie from those a season before.
    let unit: Double
    /// [K] of what is known ahead, in units.
    var effects: [Double]
  }

  let parameters: Parameters
  let start: Int
  /// In units, without the effects; what is missing lies on straight lines.
  let history: History
  /// [T + F]
  let effects: [Double]
  let statics: [Double]
  /// [K][T + F]
  let known: [[Double]]
  /// [P][T]
  let past: [[Double]]
  /// [T + 1] sums of the values before each step.
  let sums: [Double]

  var count: Int { history.count }

  init(_ series: PanelSeries, _ parameters: Parameters, _ columns: PanelColumns) {
    self.parameters = parameters
    start = series.start
    statics = columns.encodedStatics(series)
    let known = columns.encodedKnown(series)
    self.known = known
    past = columns.encodedPast(series)
    let length = known.map(\.count).min() ?? 0
    effects = (0..<length).map { step in
      zip(parameters.effects, known).reduce(0) { $0 + $1.0 * $1.1[step] }
    }
    var values: [Double] = []
    for (step, value) in series.values.enumerated() {
      values.append(
        value.isFinite
          ? parameters.transform.apply(value) / parameters.unit - (step < effects.count ? effects[step] : 0) : .nan)
    }
    let observed = ObservedSeries(values)
    history = History(observed.values, isKnown: observed.isKnown)
    var sum = 0.0
    sums =
      [0]
      + observed.values.map { value in
        sum += value
        return sum
      }
  }

  /// What is to be added to values in units from a step on, for those steps of which the covariates are known.
  func effect(_ step: Int) -> Double { step < effects.count ? effects[step] : 0 }

  /// Beyond what is known the last of it.
  func knownValue(_ covariate: Int, _ step: Int) -> Double {
    let values = known[covariate]
    return values.isEmpty ? 0 : values[min(max(step, 0), values.count - 1)]
  }

  func pastValue(_ covariate: Int, _ step: Int) -> Double {
    let values = past[covariate]
    return values.isEmpty ? 0 : values[min(max(step, 0), values.count - 1)]
  }

  /// The mean of up to `window` values that end with a step.
  func mean(_ step: Int, window: Int) -> Double {
    let first = max(0, step + 1 - window)
    return (sums[step + 1] - sums[first]) / Double(step + 1 - first)
  }

  // MARK: Parameters

  /// - Parameter season: of the series.
  static func parameters(_ series: PanelSeries, _ observed: ObservedSeries, _ season: Season) -> Parameters {
    let transform = ValueTransform(fitting: observed, isSeasonal: season.isPresent)
    let values = transform.apply(observed.values)
    let lag = season.effective < values.count ? season.effective : 1
    let steps = (lag..<max(lag, values.count)).filter { observed.isKnown[$0] && observed.isKnown[$0 - lag] }
    let mean = steps.reduce(0) { $0 + abs(values[$1] - values[$1 - lag]) } / Double(max(1, steps.count))
    // A series that never changes, or hardly: its deviation is 1.
    return Parameters(transform: transform, unit: mean > 1e-6 ? mean : 1, effects: [])
  }

  /// Effects are fitted where there are covariates that are known ahead, one set for series in logarithms and one for others.
  static func fitEffects(
    _ parameters: inout [Parameters], _ series: [PanelSeries], _ observed: [ObservedSeries], _ seasons: [Season],
    _ columns: PanelColumns, threads: Int
  ) throws(ForecastingError) {
    let width = columns.knownAhead.count
    for index in parameters.indices { parameters[index].effects = [Double](repeating: 0, count: width) }
    guard width > 0 else { return }
    let own = parameters
    let halves = try SharedJobs.run(series.count, threads: threads) { number in
      let (transform, isKnown) = (own[number].transform, observed[number].isKnown)
      let scale = transform.isLogarithmic ? transform.scale : 1
      let values = zip(observed[number].values, isKnown).map { $1 ? transform.apply($0) * scale : .nan }
      let sums = CovariateEffects.halves(
        values, columns.encodedKnown(series[number]), period: seasons[number].effective)
      return CovariateEffects.standardized(sums)
    }
    for isLogarithmic in [false, true] {
      let places = parameters.indices.filter { own[$0].transform.isLogarithmic == isLogarithmic }
      let effects = CovariateEffects.fit(places.map { halves[$0] }, width: width)
      for (place, effects) in zip(places, effects) {
        let scale = isLogarithmic ? own[place].transform.scale : 1
        parameters[place].effects = effects.map { $0 / (scale * own[place].unit) }
      }
    }
  }
}

extension PreparedSeries.Parameters {
  /// Whether numbers of a file can be worked with.
  var isSound: Bool {
    transform.isSound && unit.isNormal && unit > 0 && effects.allSatisfy(\.isFinite)
  }
}
