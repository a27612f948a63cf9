/// Lines over one pair of axes.
struct PlotPanel {
  enum Kind { case history, truth, forecast, bound }

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
