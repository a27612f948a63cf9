internal import Foundation

extension Forecaster: CustomStringConvertible {
  /// Everything that was chosen.
  public var description: String {
    var parts = [
      season.isPresent
        ? "season \(season.period)" + (season.longer.map { " and \($0)" } ?? "")
        : season.period > 1 ? "no season of \(season.period) found" : "no season",
      transform.isLogarithmic ? "logarithms" : "values as they are",
      "ets(\(members.smoothing.form))", "ar(\(members.autoregression.weights.count))",
    ]
    if let linear = members.linear {
      parts.append(
        "window \(linear.layout.window), penalties "
          + linear.readouts.map { String($0.penalty) }.joined(separator: "/"))
    } else {
      parts.append("too short for direct forecasts")
    }
    let errors = combination.errors.sorted { ($0.value, $0.key.description) < ($1.value, $1.key.description) }
    let best = errors.first?.value ?? 1
    for (name, error) in errors {
      let gain = combination.gains[name].map { " + \($0) network" } ?? ""
      let mark = combination.members.contains(name) ? "" : " dropped"
      parts.append("\(name)\(gain) \(String(format: "%.2f", best > 0 ? error / best : 1))\(mark)")
    }
    return parts.joined(separator: "; ")
  }
}
