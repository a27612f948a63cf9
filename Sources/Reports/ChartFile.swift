import Foundation

/// Charts one above the other as an SVG file that needs nothing else, light and dark.
package struct ChartFile: Sendable {
  private let charts: [LineChart]

  package init(_ charts: [LineChart]) { self.charts = charts }

  // In the charts' unit.
  private static let (titleHeight, legendHeight, gap) = (24.0, 15.0, 10.0)
  /// Pixels of a unit.
  private static let size = 1.5

  package var svg: String {
    var parts: [Markup] = []
    var height = 0.0
    for chart in charts {
      let drawing = chart.drawing
      var y = Self.titleHeight
      var inner = [
        Markup.element("text", ["class": "title", "x": "14", "y": "17"], chart.title + drawing.scale)
      ]
      for row in rows(chart.keys) {
        inner += row.flatMap { key -> [Markup] in
          [
            .element("g", ["transform": "translate(\(number(key.x)) \(number(y)))"], [key.sign]),
            .element("text", ["x": number(key.x + 33), "y": number(y + 8.5)], key.name),
          ]
        }
        y += Self.legendHeight
      }
      inner.append(.element("g", ["transform": "translate(0 \(number(y)))"], drawing.parts))
      inner.append(.element("desc", [:], drawing.summary))
      parts.append(.element("g", ["transform": "translate(0 \(number(height)))"], inner))
      height += y + drawing.height + Self.gap
    }
    let (width, whole) = (number(LineChart.width), number(height))
    let file = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(width) \(whole)",
        "width": number(LineChart.width * Self.size), "height": number(height * Self.size),
      ],
      [
        .element("style", [:], [.raw(ChartStyle.file)]),
        .element("rect", ["class": "back", "width": width, "height": whole]),
      ] + parts)
    return file.text + "\n"
  }

  private typealias Key = (x: Double, sign: Markup, name: String)

  /// The legend, in as many rows as it needs.
  private func rows(_ keys: [(sign: Markup, name: String)]) -> [[Key]] {
    var rows: [[Key]] = []
    var x = LineChart.width
    for key in keys {
      let width = 33 + LineChart.textWidth(key.name) + 14
      if x + width > LineChart.width {
        rows.append([])
        x = 14
      }
      rows[rows.count - 1].append((x, key.sign, key.name))
      x += width
    }
    return rows
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
