internal import Foundation

extension Forecaster: CustomStringConvertible {
  /// A method, and what its rehearsals at earlier origins made of it.
  package struct Choice: Sendable {
    package let name: String
    /// Its mean absolute error over that of the best.
    package let error: Double
    /// The share of the network's corrections that is added; nil: there is no network for it.
    package let networkShare: Double?
    /// Whether it is one of those whose median is the forecast.
    package let counts: Bool
  }

  /// The best first; empty where the history was too short for rehearsals.
  package var choices: [Choice] {
    let errors = combination.errors.sorted { ($0.value, $0.key.description) < ($1.value, $1.key.description) }
    let best = errors.first?.value ?? 1
    return errors.map { name, error in
      Choice(
        name: name.description, error: best > 0 ? error / best : 1, networkShare: combination.gains[name],
        counts: combination.members.contains(name))
    }
  }

  /// What else was chosen.
  package var facts: [String] {
    var parts = [
      season.isPresent
        ? "season \(season.period)" + (season.longer.map { " and \($0)" } ?? "")
        : season.period > 1 ? "no season of \(season.period) found" : "no season",
      transform.isLogarithmic ? "logarithms" : "values as they are",
      "ets(\(members.smoothing.form))", "ar(\(members.autoregression.weights.count))",
    ]
    if let linear = members.linear {
      parts.append(
        "window \(linear.layout.window)" + (linear.layout.year == nil ? "" : " and the time of year") + ", penalties "
          + linear.readouts.map { String($0.penalty) }.joined(separator: "/"))
    } else {
      parts.append("too short for direct forecasts")
    }
    return parts
  }

  /// Everything that was chosen.
  public var description: String {
    let methods = choices.map { choice in
      let gain = choice.networkShare.map { " + \($0) network" } ?? ""
      let mark = choice.counts ? "" : " dropped"
      return "\(choice.name)\(gain) \(String(format: "%.2f", choice.error))\(mark)"
    }
    return (facts + methods).joined(separator: "; ")
  }
}
