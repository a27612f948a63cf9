/// What becomes of values that are not there.
package enum MissingPolicy: String, Sendable, CaseIterable {
  case refuse, interpolate, drop
}

/// What becomes of rows that are not there though their time would be.
package enum GapPolicy: String, Sendable, CaseIterable {
  /// `fill`: rows of missing values stand in their place. `ignore`: what follows, follows.
  case refuse, fill, ignore
}

/// What becomes of several rows of one time.
package enum DuplicatePolicy: String, Sendable, CaseIterable {
  case refuse, first, last, mean, sum

  /// nil where all are missing.
  func combined(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    guard !known.isEmpty else { return nil }
    switch self {
    case .refuse, .first: return values[0]
    case .last: return values[values.count - 1]
    case .mean: return known.reduce(0) { $0 + $1 / Double(known.count) }
    case .sum: return known.reduce(0, +)
    }
  }
}
