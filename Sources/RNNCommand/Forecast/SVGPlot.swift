import Reports

/// Panels one above the other, as an SVG file that needs nothing else.
struct SVGPlot {
  private let panels: [PlotPanel]
  private let xTitle: String

  private let width = 860.0
  private let panelHeight = 340.0
  // Room around the axes.
  private let left = 72.0
  private let right = 20.0
  private let top = 44.0
  private let bottom = 52.0

  init(_ panels: [PlotPanel], xTitle: String) { (self.panels, self.xTitle) = (panels, xTitle) }

  var description: String {
    let height = panelHeight * Double(panels.count)
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(number(width)) \(number(height))\" "
        + "width=\"\(number(width))\" height=\"\(number(height))\" "
        + "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
    ]
    for (index, panel) in panels.enumerated() { parts += drawn(panel, y: panelHeight * Double(index)) }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private func drawn(_ panel: PlotPanel, y offset: Double) -> [String] {
    let xRange = panel.range(\.x)
    let whole = panel.range(\.y)
    let margin = (whole.upperBound - whole.lowerBound) * 0.05
    let yRange = (whole.lowerBound - margin)...(whole.upperBound + margin)
    let (x0, x1) = (left, width - right)
    let (y0, y1) = (offset + panelHeight - bottom, offset + top)
    func x(_ value: Double) -> Double {
      x0 + (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound) * (x1 - x0)
    }
    func y(_ value: Double) -> Double {
      y0 + (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound) * (y1 - y0)
    }
    var parts = [text(panel.title, x0, offset + 26, size: 15, weight: "bold")]
    let yTicks = Ticks(yRange, count: 6)
    for tick in yTicks.values {
      parts.append(line(x0, y(tick), x1, y(tick), "#e4e4e4"))
      parts.append(text(yTicks.label(tick), x0 - 8, y(tick) + 4.5, anchor: "end"))
    }
    let xTicks = Ticks(xRange, count: 9)
    for tick in xTicks.values {
      parts.append(line(x(tick), y0, x(tick), y0 + 5, "#666666"))
      parts.append(text(xTicks.label(tick), x(tick), y0 + 20, anchor: "middle"))
    }
    parts.append(line(x0, y0, x1, y0, "#666666"))
    parts.append(line(x0, y0, x0, y1, "#666666"))
    parts.append(text(xTitle, (x0 + x1) / 2, y0 + 40, anchor: "middle"))
    for drawn in panel.lines where !drawn.points.isEmpty {
      let points = drawn.points.map { "\(number(x($0.x))),\(number(y($0.y)))" }.joined(separator: " ")
      parts.append(
        "<polyline points=\"\(points)\" fill=\"none\" \(stroke(drawn.kind)) stroke-linejoin=\"round\"/>")
    }
    // The legend stands in the title's line, from the right.
    var place = x1
    for drawn in panel.lines.reversed() where !drawn.name.isEmpty {
      place -= Double(drawn.name.count) * 7 + 4
      parts.append(text(drawn.name, place, offset + 26))
      parts.append(
        "<path d=\"M\(number(place - 32)) \(number(offset + 21.5))h26\" fill=\"none\" \(stroke(drawn.kind))/>")
      place -= 48
    }
    return parts
  }

  /// Colours that differ in lightness too, and a dashed line, for eyes and printers that see no colour.
  private func stroke(_ kind: PlotPanel.Kind) -> String {
    switch kind {
    case .history: "stroke=\"#444444\" stroke-width=\"1.4\""
    case .truth: "stroke=\"#4aa3df\" stroke-width=\"2\""
    case .forecast: "stroke=\"#c0392b\" stroke-width=\"2\" stroke-dasharray=\"6 3\""
    case .bound: "stroke=\"#c0392b\" stroke-width=\"0.8\" stroke-dasharray=\"1 2\""
    }
  }

  private func line(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ color: String) -> String {
    "<path d=\"M\(number(x0)) \(number(y0))L\(number(x1)) \(number(y1))\" stroke=\"\(color)\" fill=\"none\"/>"
  }

  private func text(
    _ text: String, _ x: Double, _ y: Double, anchor: String = "start", size: Int = 13, weight: String = "normal"
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\" "
      + "font-weight=\"\(weight)\" fill=\"#222222\">\(escaped(text))</text>"
  }

  private func number(_ value: Double) -> String { short((value * 100).rounded() / 100) }

  private func escaped(_ text: String) -> String {
    String(
      text.unicodeScalars.flatMap { scalar -> [Character] in
        switch scalar {
        case "&": Array("&amp;")
        case "<": Array("&lt;")
        case ">": Array("&gt;")
        // XML 1.0 has no place for control characters.
        case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": [" "]
        default: [Character(scalar)]
        }
      })
  }
}
