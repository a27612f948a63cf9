/// Bounds that no forecast leaves, as a fit may explode: the range of the past and as much again on both sides, more for horizons long
/// beside the past.
struct Rails: Sendable, Hashable {
  let low: Double
  let high: Double

  init(_ history: History, horizon: Int) {
    let (low, high) = (history.values.min() ?? 0, history.values.max() ?? 0)
    let room = (high - low) * max(1, 2 * Double(horizon) / Double(max(1, history.count)))
    (self.low, self.high) = (low - room, high + room)
  }

  func bound(_ values: [Double]) -> [Double] {
    // What is no number stays inside, too.
    values.map { $0.isNaN ? (low + high) / 2 : min(max($0, low), high) }
  }
}
