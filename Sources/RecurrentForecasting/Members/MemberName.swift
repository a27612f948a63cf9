/// What a member is called in reports.
package enum MemberName: Sendable, Hashable, Codable, CustomStringConvertible {
  case seasonalNaive, smoothing, theta, autoregression
  case otherAutoregression([Int])
  case direct(String)

  static func direct(_ anchor: Anchor) -> MemberName { .direct(anchor.rawValue) }

  package var description: String {
    switch self {
    case .seasonalNaive: "seasonal-naive"
    case .smoothing: "ets"
    case .theta: "theta"
    case .autoregression: "ar"
    case .otherAutoregression(let lags):
      lags.isEmpty ? "ar-levels" : "ar-differences-" + lags.map(String.init).joined(separator: "-")
    case .direct(let anchor): "direct-\(anchor)"
    }
  }
}
