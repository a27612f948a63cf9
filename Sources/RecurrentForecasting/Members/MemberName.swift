/// What a member is called in reports and files.
package enum MemberName: Sendable, Hashable, Codable, CustomStringConvertible {
  case seasonalNaive, seasonalMean, smoothing, theta, autoregression
  case otherAutoregression([Int])
  case direct(String)

  private static let differences = "ar-differences-"
  private static let directPrefix = "direct-"

  static func direct(_ anchor: Anchor) -> MemberName { .direct(anchor.rawValue) }

  package var description: String {
    switch self {
    case .seasonalNaive: "seasonal-naive"
    case .seasonalMean: "seasonal-mean"
    case .smoothing: "ets"
    case .theta: "theta"
    case .autoregression: "ar"
    case .otherAutoregression([]): "ar-levels"
    case .otherAutoregression(let lags): Self.differences + lags.map(String.init).joined(separator: "-")
    case .direct(let anchor): Self.directPrefix + anchor
    }
  }

  init?(_ description: String) {
    let simple: [MemberName] = [
      .seasonalNaive, .seasonalMean, .smoothing, .theta, .autoregression, .otherAutoregression([]),
    ]
    if let found = simple.first(where: { $0.description == description }) {
      self = found
    } else if description.hasPrefix(Self.differences) {
      let lags = description.dropFirst(Self.differences.count).split(separator: "-").map { Int($0) }
      guard !lags.isEmpty, !lags.contains(nil) else { return nil }
      self = .otherAutoregression(lags.compactMap { $0 })
    } else if description.hasPrefix(Self.directPrefix) {
      self = .direct(String(description.dropFirst(Self.directPrefix.count)))
    } else {
      return nil
    }
  }
}

/// So dictionaries of members are objects in files, in one order.
extension MemberName: CodingKeyRepresentable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  package var codingKey: any CodingKey { Key(stringValue: description) }

  package init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}
