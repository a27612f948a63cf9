internal import Foundation

/// Exponential smoothing in its additive forms (Holt, Winters; Hyndman et al. 2008): a level, perhaps a trend, damped or not, perhaps a
/// season. In logarithms trend and season are multiplicative. Which form, AICc says.
package struct ExponentialSmoothing: ForecastMember, Hashable, Codable {
  package enum Trend: String, CaseIterable, Sendable, Codable { case none = "N", damped = "Ad", full = "A" }

  package var trend: Trend
  /// 1: without a season.
  package var period: Int
  package var alpha: Double
  package var beta: Double
  package var gamma: Double
  package var phi: Double
  /// Before the first step.
  package var level: Double
  package var slope: Double
  package var season: [Double]

  package init(
    trend: Trend, period: Int, alpha: Double, beta: Double, gamma: Double, phi: Double, level: Double, slope: Double,
    season: [Double]
  ) {
    (self.trend, self.period) = (trend, period)
    (self.alpha, self.beta, self.gamma, self.phi) = (alpha, beta, gamma, phi)
    (self.level, self.slope, self.season) = (level, slope, season)
  }

  /// As the literature writes it: error, trend, season.
  package var form: String { "A,\(trend.rawValue),\(period > 1 ? "A" : "N")" }

  // MARK: Filter

  package struct State {
    var level: Double
    var slope: Double
    /// The next step's place in it is `step % period`.
    var season: [Double]
    var squares = 0.0
    var count = 0
  }

  /// Runs through a history. A value that is not known moves nothing.
  package func run(_ history: History) -> State {
    var state = State(level: level, slope: slope, season: season)
    var place = 0
    for step in 0..<history.count {
      let along = state.level + phi * state.slope
      let seasonal = period > 1 ? state.season[place] : 0
      let error = history.isKnown[step] ? history.values[step] - along - seasonal : 0
      if history.isKnown[step] {
        state.squares += error * error
        state.count += 1
      }
      state.level = along + alpha * error
      if trend != .none { state.slope = phi * state.slope + beta * error }
      if period > 1 {
        state.season[place] += gamma * error
        place = place + 1 == period ? 0 : place + 1
      }
    }
    return state
  }

  package func forecast(_ history: History, horizon: Int) -> [Double] {
    let state = run(history)
    var (sum, factor) = (0.0, 1.0)
    return (0..<horizon).map { ahead in
      factor *= phi
      sum += factor
      let seasonal = period > 1 ? state.season[(history.count + ahead) % period] : 0
      return state.level + (trend == .none ? 0 : sum * state.slope) + seasonal
    }
  }

  // MARK: Fit

  /// The form with the least AICc.
  /// - Parameters:
  ///   - period: of a season that the series has, or may have; else 1.
  ///   - isDoubtful: whether forms without it are tried, too.
  package static func fit(_ history: History, period: Int, isDoubtful: Bool = false) -> ExponentialSmoothing {
    var best: (member: ExponentialSmoothing, score: Double)?
    let hasSeason = period > 1 && history.count >= 2 * period + 2
    for trend in Trend.allCases {
      // A season that passed its test is there, and of a long one the criterion would count every value.
      for period in !hasSeason ? [1] : isDoubtful ? [1, period] : [period] {
        let (member, score) = fit(history, trend: trend, period: period)
        if score < best?.score ?? .infinity { best = (member, score) }
      }
    }
    return best?.member ?? start(history, trend: .none, period: 1)
  }

  private static func fit(
    _ history: History, trend: Trend, period: Int
  ) -> (member: ExponentialSmoothing, score: Double) {
    let begin = start(history, trend: trend, period: period)
    let isSeasonal = period > 1
    let parameters = 1 + (trend == .none ? 0 : 1) + (isSeasonal ? 1 : 0) + (trend == .damped ? 1 : 0)
    // The numbers that are free, then level and slope at the start.
    func member(_ point: [Double]) -> ExponentialSmoothing {
      var result = begin
      var next = point.makeIterator()
      func share() -> Double { 1 / (1 + exp(-(next.next() ?? 0))) }
      result.alpha = 0.0001 + 0.9998 * share()
      if trend != .none { result.beta = result.alpha * share() }
      if isSeasonal { result.gamma = (1 - result.alpha) * share() }
      if trend == .damped { result.phi = 0.8 + 0.18 * share() }
      result.level += next.next() ?? 0
      if trend != .none { result.slope += (next.next() ?? 0) * 0.1 }
      return result
    }
    func squares(_ point: [Double]) -> Double { member(point).run(history).squares }
    let free = parameters + (trend == .none ? 1 : 2)
    var best: (point: [Double], value: Double)?
    let evaluations = history.count > 1000 ? 150 : 300
    for start in [-0.5, 2.0] {
      var point = [Double](repeating: 0, count: free)
      point[0] = start
      for index in 1..<max(1, parameters) { point[index] = -2 }
      if trend == .damped { point[parameters - 1] = 2 }
      let found = NelderMead.minimize(from: point, evaluations: evaluations, squares)
      if found.value < best?.value ?? .infinity { best = found }
    }
    guard let best else { return (begin, .infinity) }
    let count = Double(history.isKnown.count { $0 })
    let order = Double(free + 1 + (isSeasonal ? period : 0))
    guard count > order + 1 else { return (member(best.point), trend == .none && !isSeasonal ? 1e300 : .infinity) }
    let likelihood = count * log(max(best.value / count, 1e-28))
    return (member(best.point), likelihood + 2 * order * count / (count - order - 1))
  }

  /// Season by classical decomposition, level and slope by a line through the first values without it.
  private static func start(_ history: History, trend: Trend, period: Int) -> ExponentialSmoothing {
    var season = [Double](repeating: 0, count: max(1, period))
    if period > 1 {
      season = Decomposition(history.values.prefix(min(history.count, 4 * period + 1)), period: period).season
    }
    let length = min(history.count, max(10, period > 24 ? period : 2 * period))
    let first = (0..<length).map { history[$0] - (period > 1 ? season[$0 % period] : 0) }
    let middle = Double(length - 1) / 2
    let mean = first.reduce(0, +) / Double(max(1, length))
    var (up, across) = (0.0, 0.0)
    for (step, value) in first.enumerated() {
      up += (Double(step) - middle) * (value - mean)
      across += (Double(step) - middle) * (Double(step) - middle)
    }
    let slope = trend == .none || across == 0 ? 0 : up / across
    return ExponentialSmoothing(
      trend: trend, period: period, alpha: 0.3, beta: 0, gamma: 0, phi: 1,
      level: trend == .none ? (first.first ?? 0) : mean - slope * (middle + 1), slope: slope, season: season)
  }
}
