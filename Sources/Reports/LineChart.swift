/// Lines over one pair of axes, with bands (intervals) and a mark. What is not finite is a gap.
package struct LineChart: Sendable {
  package struct Point: Sendable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }

    var isDrawn: Bool { abs(x) <= Axis.largest && abs(y) <= Axis.largest }
  }

  package struct Line: Sendable {
    package var name: String
    /// In the order of x.
    package var points: [Point]
    /// Of an interval about the line, in the order of x; empty: none.
    package var band: [(x: Double, low: Double, high: Double)]

    package init(_ name: String, _ points: [Point], band: [(x: Double, low: Double, high: Double)] = []) {
      (self.name, self.points, self.band) = (name, points, band)
    }
  }

  package var title: String
  package var xTitle: String
  package var lines: [Line]
  /// A point that stands out, with what it is.
  package var mark: (point: Point, name: String)?
  /// Of the values' axis; nil: where they are positive and span two decades.
  package var isLogarithmic: Bool?

  package init(
    _ title: String, xTitle: String, lines: [Line], mark: (point: Point, name: String)? = nil,
    isLogarithmic: Bool? = nil
  ) {
    (self.title, self.xTitle, self.lines) = (title, xTitle, lines)
    (self.mark, self.isLogarithmic) = (mark, isLogarithmic)
  }
}

extension LineChart.Line {
  /// As many points at most as a chart can show: of each stretch the least and the greatest, so that no peak is lost.
  package func thinned(to limit: Int) -> [LineChart.Point] {
    guard points.count > limit else { return points }
    let stretches = limit / 2
    return (0..<stretches).flatMap { stretch -> [LineChart.Point] in
      let range = points.count * stretch / stretches..<points.count * (stretch + 1) / stretches
      let drawn = range.filter { points[$0].isDrawn }
      guard let least = drawn.min(by: { points[$0].y < points[$1].y }),
        let most = drawn.max(by: { points[$0].y < points[$1].y })
      else { return [points[range.lowerBound]] }
      return least == most ? [points[least]] : [points[min(least, most)], points[max(least, most)]]
    }
  }
}
