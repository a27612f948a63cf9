import Foundation

/// The drawing of a chart.
extension LineChart {
  private static let (width, height) = (640.0, 240.0)
  private static let (left, right, top, bottom) = (72.0, 14.0, 12.0, 44.0)
  private static let (mostPoints, densePoints, styles) = (1200, 300, 4)

  /// - Parameter identifier: of this chart alone in its page.
  package func markup(identifier: String) -> Markup {
    let drawn = lines.map { $0.thinned(to: Self.mostPoints) }
    let points = drawn.flatMap { $0.filter(\.isDrawn) } + (mark.map { [$0.point] } ?? []).filter(\.isDrawn)
    let bands = lines.flatMap(\.band).filter { Point($0.x, $0.low).isDrawn && Point($0.x, $0.high).isDrawn }
    let xs = Axis(points.map(\.x) + bands.map(\.x), logarithmic: false, margin: 0)
    let ys = Axis(points.map(\.y) + bands.flatMap { [$0.low, $0.high] }, logarithmic: isLogarithmic, margin: 0.04)

    var parts = axes(xs, ys)
    for (index, line) in lines.enumerated() {
      let style = index % Self.styles
      if let band = area(line, xs, ys) { parts.append(.element("path", ["class": "band b\(style)", "d": band])) }
      parts += stroke(drawn[index], style, xs, ys)
    }
    if let mark, mark.point.isDrawn {
      parts.append(
        .element(
          "circle",
          [
            "class": "mark", "r": "4", "cx": number(x(mark.point.x, xs)), "cy": number(y(mark.point.y, ys)),
          ]))
    }
    if points.isEmpty {
      parts.append(label("no values yet", Self.width / 2, Self.height / 2, anchor: "middle"))
    }
    let svg = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(number(Self.width)) \(number(Self.height))",
        "role": "img", "aria-labelledby": "\(identifier)t \(identifier)d",
      ],
      [
        .element("title", ["id": "\(identifier)t"], title), .element("desc", ["id": "\(identifier)d"], summary(points)),
      ] + parts)
    let scale = ys.isLogarithmic ? " (logarithmic)" : ""
    return .element("figure", [:], [.element("figcaption", ["dir": "auto"], title + scale), legend, svg])
  }

  /// What is seen, for those who do not see it.
  private func summary(_ points: [Point]) -> String {
    guard let least = points.map(\.y).min(), let most = points.map(\.y).max() else { return "No values." }
    let ends = lines.compactMap { line in
      line.points.last(where: \.isDrawn).map { "\(line.name) ends at \(Ticks.shortText($0.y))" }
    }
    let marked = mark.map { ["\($0.name): \(Ticks.shortText($0.point.y)) at \(Ticks.shortText($0.point.x))"] } ?? []
    let range = "Values from \(Ticks.shortText(least)) to \(Ticks.shortText(most)) over \(xTitle)"
    return ([range] + ends + marked).joined(separator: "; ") + "."
  }

  private var legend: Markup {
    guard lines.count > 1 || mark != nil || lines.contains(where: { !$0.band.isEmpty }) else { return .empty }
    func key(_ sign: Markup, _ name: String) -> Markup {
      .element(
        "li", [:],
        [
          .element(
            "svg", ["xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 28 10", "aria-hidden": "true"], [sign]),
          .element("bdi", [:], name),
        ])
    }
    var keys = lines.enumerated().map {
      key(.element("path", ["class": "line s\($0 % Self.styles)", "d": "M1 5H27"]), $1.name)
    }
    if let mark {
      keys.append(key(.element("circle", ["class": "mark", "r": "4", "cx": "14", "cy": "5"]), mark.name))
    }
    return .element("ul", ["class": "legend"], keys)
  }

  private func axes(_ xs: Axis, _ ys: Axis) -> [Markup] {
    let (x0, x1, y0) = (Self.left, Self.width - Self.right, Self.height - Self.bottom)
    var parts: [Markup] = []
    for tick in ys.ticks(6) {
      let y = y0 - tick.place * (y0 - Self.top)
      parts.append(rule("grid", x0, y, x1, y))
      parts.append(label(tick.label, x0 - 7, y + 4, anchor: "end"))
    }
    for tick in xs.ticks(8) {
      let x = x0 + tick.place * (x1 - x0)
      parts.append(rule("axis", x, y0, x, y0 + 5))
      parts.append(label(tick.label, min(x, x1 - 8), y0 + 19, anchor: "middle"))
    }
    parts.append(rule("axis", x0, y0, x1, y0))
    parts.append(label(xTitle, (x0 + x1) / 2, y0 + 38, anchor: "middle"))
    return parts
  }

  /// Lines between neighbours that are drawn; a point that stands alone is a dot.
  private func stroke(_ points: [Point], _ style: Int, _ xs: Axis, _ ys: Axis) -> [Markup] {
    points.split(whereSeparator: { !isPlaced($0, ys) }).map { run in
      let places = run.map { (number(x($0.x, xs)), number(y($0.y, ys))) }
      if run.count == 1 {
        return .element("circle", ["class": "point s\(style)", "r": "3", "cx": places[0].0, "cy": places[0].1])
      }
      let dense = run.count > Self.densePoints ? " dense" : ""
      return .element(
        "polyline",
        ["class": "line s\(style)\(dense)", "points": places.map { "\($0.0),\($0.1)" }.joined(separator: " ")])
    }
  }

  private func area(_ line: Line, _ xs: Axis, _ ys: Axis) -> String? {
    let band = line.band.filter { isPlaced(Point($0.x, $0.low), ys) && isPlaced(Point($0.x, $0.high), ys) }
    guard band.count > 1 else { return nil }
    let corners = band.map { ($0.x, $0.high) } + band.reversed().map { ($0.x, $0.low) }
    return "M" + corners.map { "\(number(x($0.0, xs))) \(number(y($0.1, ys)))" }.joined(separator: "L") + "Z"
  }

  private func isPlaced(_ point: Point, _ ys: Axis) -> Bool { point.isDrawn && (!ys.isLogarithmic || point.y > 0) }

  private func x(_ value: Double, _ axis: Axis) -> Double {
    Self.left + axis.place(value) * (Self.width - Self.right - Self.left)
  }

  private func y(_ value: Double, _ axis: Axis) -> Double {
    Self.height - Self.bottom - axis.place(value) * (Self.height - Self.bottom - Self.top)
  }

  private func rule(_ style: String, _ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) -> Markup {
    .element("path", ["class": style, "d": "M\(number(x0)) \(number(y0))L\(number(x1)) \(number(y1))"])
  }

  private func label(_ text: String, _ x: Double, _ y: Double, anchor: String) -> Markup {
    .element("text", ["x": number(x), "y": number(y), "text-anchor": anchor], text)
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
