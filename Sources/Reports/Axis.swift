import Foundation

/// Where values stand along an axis from 0 to 1, and the round numbers at it.
package struct Axis {
  let isLogarithmic: Bool
  private let low: Double
  private let high: Double

  /// Beyond it a difference of two values may be no number.
  static let largest = 1e300

  /// - Parameter logarithmic: nil: where all values are positive and span two decades at least.
  package init(_ values: [Double], logarithmic: Bool?, margin: Double) {
    let least = values.min() ?? 0
    let most = values.max() ?? 1
    isLogarithmic = least > 0 && (logarithmic ?? (most / least >= 100))
    var (low, high) = isLogarithmic ? (log10(least), log10(most)) : (least, most)
    if high - low <= max(abs(low), abs(high)) * 1e-12 {
      let half = isLogarithmic ? 0.5 : (low == 0 ? 1 : abs(low) / 2)
      (low, high) = (low - half, high + half)
    }
    let room = (high - low) * margin
    (self.low, self.high) = (low - room, high + room)
  }

  /// From end to end, of an axis that is not logarithmic.
  var range: ClosedRange<Double> { low...high }

  func place(_ value: Double) -> Double { ((isLogarithmic ? log10(value) : value) - low) / (high - low) }

  /// About `count` of them.
  package func ticks(_ count: Int) -> [(place: Double, label: String)] {
    guard isLogarithmic, high - low >= 1 else {
      let range = isLogarithmic ? pow(10, low)...pow(10, high) : low...high
      let ticks = Ticks(range, count: count)
      return ticks.values.filter { !isLogarithmic || $0 > 0 }.map { (place($0), ticks.label($0)) }
    }
    let powers = Int(low.rounded(.up))...max(Int(low.rounded(.up)), Int(high.rounded(.down)))
    let every = max(1, (powers.count + count - 1) / count)
    let factors = powers.count > 2 ? [1.0] : [1.0, 2.0, 5.0]
    return (powers.lowerBound - 1...powers.upperBound).flatMap { power in
      factors.compactMap { factor in
        let place = (Double(power) + log10(factor) - low) / (high - low)
        guard (0...1).contains(place), power % every == 0 else { return nil }
        return (place, Ticks.shortText(factor * pow(10, Double(power))))
      }
    }
  }
}
