import Foundation

/// Lines over one pair of axes.
struct PlotPanel {
  enum Kind { case history, truth, forecast }

  struct Line {
    let name: String
    let kind: Kind
    let points: [(x: Double, y: Double)]
  }

  let title: String
  let lines: [Line]

  /// From the smallest to the largest of one coordinate, never empty.
  func range(_ coordinate: ((x: Double, y: Double)) -> Double) -> ClosedRange<Double> {
    let values = lines.flatMap { $0.points.map(coordinate) }
    guard let low = values.min(), let high = values.max() else { return 0...1 }
    guard low < high else { return (low - max(1, abs(low)) / 2)...(high + max(1, abs(high)) / 2) }
    return low...high
  }
}

/// Round numbers along an axis.
struct Ticks {
  let step: Double
  let values: [Double]

  /// About `count` multiples of 1, 2 or 5 times a power of 10 within `range`.
  init(_ range: ClosedRange<Double>, count: Int) {
    let rough = (range.upperBound - range.lowerBound) / Double(max(1, count))
    let power = pow(10, log10(rough).rounded(.down))
    step = ([1, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10) * power
    let step = step
    let first = Int((range.lowerBound / step).rounded(.up))
    let last = Int((range.upperBound / step).rounded(.down))
    values = first > last ? [] : (first...last).map { Double($0) * step }
  }

  /// With the decimals that the step has: neighbours differ.
  func label(_ value: Double) -> String {
    let largest = max(abs(values.first ?? 0), abs(values.last ?? 0), step)
    let places = Int(-log10(step * 1.001).rounded(.down))
    if largest < 1e15, step >= 1e-5 { return decimal(value == 0 ? 0 : value, places: max(0, places)) }
    let digits = Int(log10(largest).rounded(.down)) + places + 1
    return String(format: "%.\(min(17, max(1, digits)))g", value == 0 ? 0 : value)
  }
}
