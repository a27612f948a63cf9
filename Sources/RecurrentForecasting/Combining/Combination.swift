/// Which members count, and how much of the recurrent part: chosen by what they did at earlier origins.
struct Combination: Sendable, Hashable, Codable {
  /// The median of these is the forecast.
  var members: [MemberName]
  /// Shares of the recurrent part's corrections that are added: 0 is none of it.
  var gains: [MemberName: Double]
  /// Mean absolute errors at earlier origins; empty where the history was too short for any.
  var errors: [MemberName: Double]

  static let gains = [0, 0.25, 0.5, 0.75, 1]

  /// Where nothing can be rehearsed.
  init(untested members: [MemberName]) { (self.members, gains, errors) = (members, [:], [:]) }

  static func corrected(_ forecasts: [[Double]], _ corrections: [[Double]], _ gain: Double) -> [[Double]] {
    zip(forecasts, corrections).map { zip($0, $1).map { $0 + gain * $1 } }
  }

  /// The median of what counts of the forecasts of one origin.
  func combined(
    _ forecasts: [MemberName: [Double]], corrections: [MemberName: [Double]], horizon: Int
  ) -> [Double] {
    let rows = members.compactMap { name -> [Double]? in
      guard let values = forecasts[name] else { return nil }
      guard let gain = gains[name], gain > 0, let own = corrections[name] else { return values }
      return zip(values, own).map { $0 + gain * $1 }
    }
    // Where the end of the history leaves none of them anything to look back on.
    let counted = rows.isEmpty ? Array(forecasts.values) : rows
    return (0..<horizon).map { ahead in middle(counted.map { $0[ahead] }) }
  }
}
