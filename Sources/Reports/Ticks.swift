import Foundation

/// Round numbers along an axis.
package struct Ticks {
  package let step: Double
  package let values: [Double]

  /// About `count` multiples of 1, 2 or 5 times a power of 10 within `range`.
  package init(_ range: ClosedRange<Double>, count: Int) {
    let rough = (range.upperBound - range.lowerBound) / Double(max(1, count))
    let power = pow(10, log10(rough).rounded(.down))
    step = ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10) * power
    let step = step
    let first = Int((range.lowerBound / step).rounded(.up))
    let last = Int((range.upperBound / step).rounded(.down))
    values = first > last ? [] : (first...last).map { Double($0) * step }
  }

  /// With the decimals that the step has: neighbours differ.
  package func label(_ value: Double) -> String {
    let largest = max(abs(values.first ?? 0), abs(values.last ?? 0), step)
    let places = Int(-log10(step * 1.001).rounded(.down))
    if largest < 1e15, step >= 1e-5 { return String(format: "%.\(max(0, places))f", value == 0 ? 0 : value) }
    let digits = Int(log10(largest).rounded(.down)) + places + 1
    return String(format: "%.\(min(17, max(1, digits)))g", value == 0 ? 0 : value)
  }

  /// 0.002, 500, 1e-08.
  static func shortText(_ value: Double) -> String { String(format: "%.4g", value) }
}
