/// What becomes of several values of one period.
package enum Aggregate: String, Sendable, CaseIterable {
  case mean, sum, last, first, min, max, median, count

  /// - Parameter values: in the order of time.
  /// - Returns: nil where all are missing; their number is then 0.
  func combined(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    if self == .count { return Double(known.count) }
    guard let start = known.first, let end = known.last else { return nil }
    switch self {
    case .mean: return known.reduce(0) { $0 + $1 / Double(known.count) }
    case .sum: return known.reduce(0, +)
    case .last: return end
    case .first: return start
    case .min: return known.min()
    case .max: return known.max()
    case .median:
      let sorted = known.sorted()
      let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
      return low + (high - low) / 2
    case .count: return Double(known.count)
    }
  }

  /// Of a period without rows: nothing was sold, and nothing happened; else nobody looked.
  var ofNothing: Double? { self == .sum || self == .count ? 0 : nil }
}
