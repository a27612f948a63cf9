/// What a direct forecast is measured from.
package enum Anchor: String, CaseIterable, Sendable, Codable {
  /// The last value.
  case last
  /// The last season, moved by what the last year of it lies above the year before.
  case seasonal
}

/// What a direct forecast looks back on, and what it is measured from.
package struct WindowLayout: Sendable, Hashable, Codable {
  /// L: values of the window.
  package let window: Int
  package let horizon: Int
  /// 1: none.
  package let period: Int
  package let anchors: [Anchor]
  /// Steps of a year, whose phase stands beside the window; nil: it does not.
  package var year: Double?

  /// - Parameter count: steps to fit to.
  package init(horizon: Int, season: Season, count: Int) {
    let period = season.effective
    let wanted = season.longer ?? max(24, 2 * period)
    window = max(2, min(wanted, count / 4, 336))
    self.horizon = horizon
    self.period = period
    anchors = period > 1 && count >= 4 * period ? [.last, .seasonal] : [.last]
  }

  /// Whether the values a season before the targets stand beside the window, which does not reach them.
  private var hasSeasonBlock: Bool { period > window }
  private var blockCount: Int { hasSeasonBlock ? min(horizon, period) : 0 }

  package var featureCount: Int { window - 1 + blockCount + (year == nil ? 0 : YearPhase.width) }
  /// Steps that there must be before an origin.
  package var needed: Int { max(window, anchors.contains(.seasonal) ? 2 * period : 0, hasSeasonBlock ? period : 0) }

  /// Differences to the last value.
  package func addFeatures(_ history: History, origin: Int, to features: inout [Double]) {
    let last = history[origin - 1]
    for lag in 1..<window { features.append(history[origin - 1 - lag] - last) }
    for ahead in 0..<blockCount { features.append(history[origin + ahead - period] - last) }
    if let year { YearPhase.add(origin, year: year, to: &features) }
  }

  /// [horizon]
  package func base(_ anchor: Anchor, _ history: History, origin: Int) -> [Double] {
    switch anchor {
    case .last: return [Double](repeating: history[origin - 1], count: horizon)
    case .seasonal:
      let shift = (1...period).reduce(0) { $0 + history[origin - $1] - history[origin - period - $1] } / Double(period)
      return (0..<horizon).map { history[origin - period + $0 % period] + shift * Double($0 / period + 1) }
    }
  }
}
