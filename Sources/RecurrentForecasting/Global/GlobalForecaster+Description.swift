internal import Foundation

extension GlobalForecaster: CustomStringConvertible {
  /// Everything that was chosen.
  public var description: String {
    func number(_ value: Double) -> String { String(format: "%.2f", value) }
    let layout = scheme.layout
    var parts = ["\(members.count) series"]
    let logarithmic = members.count { $0.parameters.transform.isLogarithmic }
    parts.append(
      logarithmic == 0
        ? "values as they are" : logarithmic == members.count ? "logarithms" : "\(logarithmic) in logarithms")
    if let period = scheme.periods.first {
      parts.append(
        (layout.period > 1 ? "season \(period)" : "no season of \(period) found")
          + (scheme.periods.dropFirst().first.map { " and \($0)" } ?? ""))
    } else {
      parts.append("no season")
    }
    if let linear {
      parts.append(
        "window \(layout.window)" + (scheme.year == nil ? "" : " and the time of year") + ", penalties "
          + linear.readouts.map { String($0.penalty) }.joined(separator: "/"))
      parts.append(network == nil ? "no network" : "\(combination.gain) of the network's corrections")
    } else {
      parts.append("too short for direct forecasts")
    }
    for (place, column) in columns.knownAhead.enumerated() {
      let effects = members.map { $0.parameters.effects[place] }
      parts.append("\(column.name) adds \(number(effects.reduce(0, +) / Double(effects.count))) steps")
    }
    let ignored = columns.statics.filter { $0.width == 0 }.map(\.name)
    if !ignored.isEmpty { parts.append("not looked at: " + ignored.joined(separator: ", ")) }
    var counts: [MemberName: Int] = [:]
    for own in combination.series { for name in own.members { counts[name, default: 0] += 1 } }
    let errors = combination.errors
    let least = errors.filter { $0.key != .seasonalNaive }.map(\.value).min() ?? 1
    for (name, count) in counts.sorted(by: { ($1.value, $0.key.description) < ($0.value, $1.key.description) }) {
      let error = errors[name].map { " \(number(least > 0 ? $0 / least : 1))" } ?? ""
      parts.append("\(name)\(error) for \(count)")
    }
    if intervals.usesSpread { parts.append("intervals by the network") }
    return parts.joined(separator: "; ")
  }
}
