/// Which methods count for which series. What a series shows at its own earlier origins is weighed with what all series show: of few
/// origins a series says little by itself.
struct GlobalCombination: Sendable, Hashable, Codable {
  /// Of each series.
  var series: [Combination]
  /// The share of the network's corrections that is added, the same for all.
  var gain: Double
  /// A method counts up to so many times the least error.
  var dropFactor: Double
  /// Mean absolute errors in units, over all series.
  var errors: [MemberName: Double]

  static let global = MemberName.direct("global")
  private static let dropFactors = [1, 1.1, 1.25, 1.5, 2]
  private static let usualFactor = 1.25

  /// What was forecast for one series at its earlier origins, in units.
  struct Trial: Sendable {
    var origins: [Int] = []
    /// [origins][horizon]; of a method that was not there at all origins none.
    var forecasts: [MemberName: [[Double]]] = [:]
    /// [origins][horizon], to be added to those of the global method; empty: none.
    var corrections: [[Double]] = []
    /// [origins][horizon], NaN where nothing is known.
    var truths: [[Double]] = []
    /// [origins][horizon]: half of what lies between the network's outer quantiles; empty: none.
    var spreads: [[Double]] = []

    /// The mean absolute error at some origins, and of how many values.
    func error(_ forecasts: [[Double]], _ places: Range<Int>) -> (sum: Double, count: Double) {
      var (sum, count) = (0.0, 0.0)
      for place in places {
        for (forecast, truth) in zip(forecasts[place], truths[place]) where truth.isFinite {
          sum += abs(forecast - truth)
          count += 1
        }
      }
      return (sum, count)
    }

    mutating func correct(gain: Double) {
      guard gain > 0, !corrections.isEmpty, let own = forecasts[global] else { return }
      forecasts[global] = Combination.corrected(own, corrections, gain)
    }
  }

}

extension GlobalCombination {
  /// - Parameters:
  ///   - trials: of each series.
  ///   - names: of the methods that each series has at its end.
  init(_ trials: [Trial], names: [[MemberName]], horizon: Int) {
    gain = Self.bestGain(trials)
    let gain = gain
    let trials = trials.map { trial in
      var trial = trial
      trial.correct(gain: gain)
      return trial
    }
    dropFactor = Self.bestFactor(trials, names: names, horizon: horizon)
    let scores = Scores(trials, horizon: horizon) { 0..<$0.origins.count }
    let factor = dropFactor
    errors = scores.common
    series = trials.indices.map { number in
      var combination = Combination(untested: scores.members(number, of: names[number], factor: factor))
      combination.gains = gain > 0 ? [Self.global: gain] : [:]
      return combination
    }
  }

  private static func bestGain(_ trials: [Trial]) -> Double {
    var best = (gain: 0.0, error: Double.infinity)
    for gain in Combination.gains {
      let error = trials.reduce(0.0) { sum, trial in
        guard !trial.corrections.isEmpty, let own = trial.forecasts[global] else { return sum }
        return sum
          + trial.error(Combination.corrected(own, trial.corrections, gain), 0..<trial.origins.count).sum
      }
      if error < best.error { best = (gain, error) }
    }
    return best.gain
  }

  /// By what the first half of the origins would have chosen for the second.
  private static func bestFactor(_ trials: [Trial], names: [[MemberName]], horizon: Int) -> Double {
    let tested = trials.indices.filter { trials[$0].origins.count >= 4 }
    guard tested.count >= 10 else { return usualFactor }
    let scores = Scores(trials, horizon: horizon) { 0..<$0.origins.count / 2 }
    var best = (factor: usualFactor, error: Double.infinity)
    for factor in dropFactors {
      var error = 0.0
      for number in tested {
        let trial = trials[number]
        let members = scores.members(number, of: names[number], factor: factor).filter { trial.forecasts[$0] != nil }
        let combination = Combination(untested: members)
        let combined = trial.origins.indices.map { place in
          combination.combined(trial.forecasts.mapValues { $0[place] }, corrections: [:], horizon: horizon)
        }
        error += trial.error(combined, trial.origins.count / 2..<trial.origins.count).sum
      }
      if error < best.error { best = (factor, error) }
    }
    return best.factor
  }

  /// What each method's errors are taken for.
  private struct Scores {
    /// Over all series.
    var common: [MemberName: Double] = [:]
    private var own: [[MemberName: Double]] = []

    init(_ trials: [Trial], horizon: Int, places: (Trial) -> Range<Int>) {
      var sums: [MemberName: (sum: Double, count: Double)] = [:]
      let errors = trials.map { trial in
        trial.forecasts.mapValues { trial.error($0, places(trial)) }
      }
      for own in errors {
        for (name, error) in own {
          sums[name, default: (0, 0)].sum += error.sum
          sums[name, default: (0, 0)].count += error.count
        }
      }
      common = sums.compactMapValues { $0.count > 0 ? $0.sum / $0.count : nil }
      let common = common
      // A series' own origins count as much as so many values of all.
      let weight = 2 * Double(horizon)
      own = errors.map { errors in
        var (size, count) = (0.0, 0.0)
        // In one order, for the same sum.
        for (name, error) in errors.sorted(by: { $0.key.description < $1.key.description }) where error.count > 0 {
          guard let usual = common[name], usual > 0 else { continue }
          size += error.sum / error.count / usual
          count += 1
        }
        let level = count > 0 ? size / count : 1
        var result: [MemberName: Double] = [:]
        for (name, usual) in common {
          let error = errors[name] ?? (0, 0)
          result[name] = (error.sum + weight * usual * level) / (error.count + weight)
        }
        return result
      }
    }

    func members(_ number: Int, of names: [MemberName], factor: Double) -> [MemberName] {
      let candidates = names.filter { $0 != .seasonalNaive }
      let known = candidates.filter { own[number][$0] != nil }
      guard let least = known.compactMap({ own[number][$0] }).min() else { return candidates }
      return known.filter { own[number][$0] ?? .infinity <= factor * least }
    }
  }
}
