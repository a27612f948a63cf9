/// Lines over one pair of axes, with bands (intervals) and a mark. What is not finite is a gap.
package struct LineChart: Sendable {
  package struct Point: Sendable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }

    var isDrawn: Bool { abs(x) <= Axis.largest && abs(y) <= Axis.largest }
  }

  /// An interval about a line, in the order of x.
  package struct Band: Sendable {
    /// Empty: not in the legend.
    package var name: String
    package var points: [(x: Double, low: Double, high: Double)]

    package init(_ name: String, _ points: [(x: Double, low: Double, high: Double)]) {
      (self.name, self.points) = (name, points)
    }
  }

  /// How a line looks: colours that differ in lightness, and dashes, for eyes and printers that see no colour.
  package enum Style: Int, Sendable, CaseIterable {
    case first, second, third, fourth
    /// As text is.
    case plain
  }

  package struct Line: Sendable {
    /// Empty: not in the legend.
    package var name: String
    /// In the order of x.
    package var points: [Point]
    /// The widest first.
    package var bands: [Band]
    /// nil: by the line's number.
    package var style: Style?

    package init(_ name: String, _ points: [Point], bands: [Band] = [], style: Style? = nil) {
      (self.name, self.points, self.bands, self.style) = (name, points, bands, style)
    }
  }

  /// What stands at a place of the axis.
  package struct Label: Sendable {
    package var x: Double
    package var text: String
    /// In a line of its own; empty: nothing.
    package var below: String

    package init(x: Double, text: String, below: String = "") { (self.x, self.text, self.below) = (x, text, below) }
  }

  package var title: String
  package var xTitle: String
  package var lines: [Line]
  /// A point that stands out, with what it is.
  package var mark: (point: Point, name: String)?
  /// Of the values' axis; nil: where they are positive and span two decades.
  package var isLogarithmic: Bool?
  /// About so many labels of a range of x; nil: round numbers.
  package var labels: (@Sendable (_ range: ClosedRange<Double>, _ count: Int) -> [Label]?)?

  package init(
    _ title: String, xTitle: String, lines: [Line], mark: (point: Point, name: String)? = nil,
    isLogarithmic: Bool? = nil
  ) {
    (self.title, self.xTitle, self.lines) = (title, xTitle, lines)
    (self.mark, self.isLogarithmic) = (mark, isLogarithmic)
  }

  package func style(ofLine index: Int) -> Style { lines[index].style ?? Style(rawValue: index % 4) ?? .first }

  /// What stands along x, of a range that is not empty.
  package func labels(_ range: ClosedRange<Double>, count: Int) -> [Label] {
    if let labels = labels?(range, count) { return labels }
    let ticks = Ticks(range, count: count)
    return ticks.values.map { Label(x: $0, text: ticks.label($0)) }
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
