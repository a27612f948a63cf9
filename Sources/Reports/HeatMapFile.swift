import Foundation
import Storage

/// Shares of 0 to 1 in rows and columns, each with its name, as an SVG file that needs nothing else, light and dark: the
/// larger, the darker. Such as what each symbol of an answer attends to.
package struct HeatMapFile: Sendable {
  private let title: String
  private let columns: [String]
  private let rows: [String]
  /// [row][column]
  private let shares: [[Double]]

  /// - Precondition: as many shares as rows and columns.
  package init(_ title: String, columns: [String], rows: [String], shares: [[Double]]) {
    require(
      shares.count == rows.count && shares.allSatisfy { $0.count == columns.count },
      "expected \(rows.count) rows of \(columns.count) shares")
    (self.title, self.columns, self.rows, self.shares) = (title, columns, rows, shares)
  }

  private static let (cell, top, gap) = (22.0, 30.0, 6.0)
  /// Pixels of a unit.
  private static let size = 1.5

  package var svg: String {
    let left = 14 + (rows.map(LineChart.textWidth).max() ?? 0)
    let longest = columns.map(LineChart.textWidth).max() ?? 0
    // Names that are wider than their columns stand upright.
    let isUpright = longest > Self.cell
    let head = Self.top + (isUpright ? longest : 12)
    var parts: [Markup] = [
      .element("text", ["class": "title", "x": "10", "y": "18"], title)
    ]
    for (index, name) in columns.enumerated() {
      let x = left + Self.gap + (Double(index) + 0.5) * Self.cell
      let place = "\(number(x + (isUpright ? 3.5 : 0))) \(number(head))"
      parts.append(
        .element(
          "text",
          [
            "transform": "translate(\(place))" + (isUpright ? " rotate(-90)" : ""),
            "text-anchor": isUpright ? "start" : "middle",
          ], name))
    }
    for (row, name) in rows.enumerated() {
      let y = head + Self.gap + Double(row) * Self.cell
      parts.append(
        .element("text", ["x": number(left), "y": number(y + Self.cell / 2 + 3.5), "text-anchor": "end"], name))
      for (column, share) in shares[row].enumerated() {
        let x = left + Self.gap + Double(column) * Self.cell
        parts.append(
          .element(
            "rect",
            [
              "class": "b0", "x": number(x), "y": number(y), "width": number(Self.cell - 1),
              "height": number(Self.cell - 1), "fill-opacity": String(format: "%.2f", max(0.03, min(1, share))),
            ]))
      }
    }
    let width = max(
      left + Self.gap + Double(columns.count) * Self.cell + 14, LineChart.textWidth(title) * 1.4 + 24)
    let height = head + Self.gap + Double(rows.count) * Self.cell + 14
    let file = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(number(width)) \(number(height))",
        "width": number(width * Self.size), "height": number(height * Self.size), "role": "img",
      ],
      [
        .element("title", [:], title), .element("style", [:], [.raw(ChartStyle.file)]),
        .element("rect", ["class": "back", "width": number(width), "height": number(height)]),
      ] + parts)
    return file.text + "\n"
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
