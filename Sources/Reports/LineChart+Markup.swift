import Foundation

/// The drawing of a chart.
extension LineChart {
  static let width = 640.0
  private static let (left, right, top) = (72.0, 14.0, 12.0)
  /// Of a second line of labels.
  private static let labelHeight = 12.0
  private static let (mostPoints, densePoints, mostLabels) = (1200, 300, 8)
  /// On narrow screens, where a page has larger letters.
  private static let largestText = 1.7

  /// - Parameter identifier: of this chart alone in its page.
  package func markup(identifier: String) -> Markup {
    let drawing = drawing
    let svg = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(number(Self.width)) \(number(drawing.height))",
        "role": "img", "aria-labelledby": "\(identifier)t \(identifier)d",
      ],
      [
        .element("title", ["id": "\(identifier)t"], title), .element("desc", ["id": "\(identifier)d"], drawing.summary),
      ] + drawing.parts)
    return .element(
      "figure", [:], [.element("figcaption", ["dir": "auto"], title + drawing.scale), legend, svg])
  }

  /// What is inside the axes and at them.
  struct Drawing {
    let parts: [Markup]
    let height: Double
    /// What is seen, for those who do not see it.
    let summary: String
    /// Said behind the title.
    let scale: String
  }

  var drawing: Drawing {
    let drawn = lines.map { $0.thinned(to: Self.mostPoints) }
    let points = drawn.flatMap { $0.filter(\.isDrawn) } + (mark.map { [$0.point] } ?? []).filter(\.isDrawn)
    let bands = lines.flatMap { $0.bands.flatMap(\.points) }.filter {
      Point($0.x, $0.low).isDrawn && Point($0.x, $0.high).isDrawn
    }
    let xs = Axis(points.map(\.x) + bands.map(\.x), logarithmic: false, margin: 0)
    let ys = Axis(points.map(\.y) + bands.flatMap { [$0.low, $0.high] }, logarithmic: isLogarithmic, margin: 0.04)
    let labels = fitting(xs)
    let hasSecondLine = labels.contains { !$0.below.isEmpty }
    let plot = Plot(
      xs: xs, ys: ys, bottom: 196, height: 240 + (hasSecondLine ? Self.labelHeight : 0))

    var parts = axes(plot, labels)
    for (index, line) in lines.enumerated() {
      for band in line.bands {
        guard let area = area(band, plot) else { continue }
        parts.append(.element("path", ["class": "band b\(style(ofLine: index).rawValue)", "d": area]))
      }
    }
    for index in lines.indices { parts += stroke(drawn[index], style(ofLine: index), plot) }
    if let mark, mark.point.isDrawn {
      parts.append(
        .element(
          "circle",
          ["class": "mark", "r": "4", "cx": number(plot.x(mark.point.x)), "cy": number(plot.y(mark.point.y))]))
    }
    if points.isEmpty { parts.append(label("no values yet", Self.width / 2, plot.height / 2, anchor: "middle")) }
    return Drawing(
      parts: parts, height: plot.height, summary: summary(points),
      scale: ys.isLogarithmic ? " (logarithmic)" : "")
  }

  /// Where values lie in a drawing.
  private struct Plot {
    let xs: Axis
    let ys: Axis
    /// Of the plot's lower edge.
    let bottom: Double
    let height: Double

    func x(_ value: Double) -> Double { x(atPlace: xs.place(value)) }

    func x(atPlace place: Double) -> Double {
      LineChart.left + place * (LineChart.width - LineChart.right - LineChart.left)
    }

    func y(_ value: Double) -> Double { y(atPlace: ys.place(value)) }

    func y(atPlace place: Double) -> Double { bottom - place * (bottom - LineChart.top) }

    func isPlaced(_ point: Point) -> Bool { point.isDrawn && (!ys.isLogarithmic || point.y > 0) }
  }

  private func summary(_ points: [Point]) -> String {
    guard let least = points.map(\.y).min(), let most = points.map(\.y).max() else { return "No values." }
    let ends = lines.filter { !$0.name.isEmpty }.compactMap { line in
      line.points.last(where: \.isDrawn).map { "\(line.name) ends at \(Ticks.shortText($0.y))" }
    }
    let marked = mark.map { ["\($0.name): \(Ticks.shortText($0.point.y)) at \(Ticks.shortText($0.point.x))"] } ?? []
    let range = "Values from \(Ticks.shortText(least)) to \(Ticks.shortText(most)) over \(xTitle)"
    return ([range] + ends + marked).joined(separator: "; ") + "."
  }

  // MARK: Legend

  /// Signs, 28 × 10, each with its name; empty: a legend would say nothing.
  var keys: [(sign: Markup, name: String)] {
    guard lines.count > 1 || mark != nil || lines.contains(where: { !$0.bands.isEmpty }) else { return [] }
    var keys: [(sign: Markup, name: String)] = []
    for (index, line) in lines.enumerated() {
      let style = style(ofLine: index).rawValue
      // What has no name is of the kind of a line before.
      guard !line.name.isEmpty else { continue }
      keys.append((.element("path", ["class": "line s\(style)", "d": "M1 5H27"]), line.name))
      for (depth, band) in line.bands.enumerated() where !band.name.isEmpty {
        // A band lies in the wider ones.
        let layers = (0...depth).map { _ in Markup.element("path", ["class": "band b\(style)", "d": "M1 0H27V10H1Z"]) }
        keys.append((.joined(layers), band.name))
      }
    }
    if let mark {
      keys.append((.element("circle", ["class": "mark", "r": "4", "cx": "14", "cy": "5"]), mark.name))
    }
    return keys
  }

  private var legend: Markup {
    let keys = keys
    guard !keys.isEmpty else { return .empty }
    return .element(
      "ul", ["class": "legend"],
      keys.map { sign, name in
        .element(
          "li", [:],
          [
            .element(
              "svg", ["xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 28 10", "aria-hidden": "true"], [sign]),
            .element("bdi", [:], name),
          ])
      })
  }

  // MARK: Axes

  /// Labels along x that do not touch each other.
  private func fitting(_ xs: Axis) -> [Label] {
    let plot = Plot(xs: xs, ys: xs, bottom: 0, height: 0)
    for count in stride(from: Self.mostLabels, through: 1, by: -1) {
      let labels = labels(xs.range, count: count)
      func areApart(_ text: KeyPath<Label, String>) -> Bool {
        let shown = labels.filter { !$0[keyPath: text].isEmpty }
        return zip(shown, shown.dropFirst()).allSatisfy {
          plot.x($1.x) - plot.x($0.x)
            >= Self.largestText * (Self.textWidth($0[keyPath: text]) + Self.textWidth($1[keyPath: text])) / 2 + 4
        }
      }
      if areApart(\.text), areApart(\.below) { return labels }
    }
    return []
  }

  /// About how wide a text is, with room for fonts that are wide.
  static func textWidth(_ text: String) -> Double {
    text.unicodeScalars.reduce(0) { $0 + ($1.value < 0x1100 ? 6.2 : 11) }
  }

  private func axes(_ plot: Plot, _ labels: [Label]) -> [Markup] {
    let (x0, x1, y0) = (Self.left, Self.width - Self.right, plot.bottom)
    var parts: [Markup] = []
    for tick in plot.ys.ticks(6) {
      let y = plot.y(atPlace: tick.place)
      parts.append(rule("grid", x0, y, x1, y))
      parts.append(label(tick.label, x0 - 7, y + 4, anchor: "end"))
    }
    for place in labels {
      let x = plot.x(place.x)
      parts.append(rule("axis", x, y0, x, y0 + 5))
      parts.append(label(place.text, inside(x, place.text), y0 + 19, anchor: "middle"))
      if !place.below.isEmpty {
        parts.append(label(place.below, inside(x, place.below), y0 + 19 + Self.labelHeight, anchor: "middle"))
      }
    }
    parts.append(rule("axis", x0, y0, x1, y0))
    parts.append(label(xTitle, (x0 + x1) / 2, plot.height - 6, anchor: "middle"))
    return parts
  }

  /// The middle of a text that is to stand at `x`, and must not be cut.
  private func inside(_ x: Double, _ text: String) -> Double { min(x, Self.width - 2 - Self.textWidth(text) / 2) }

  // MARK: Lines

  /// Lines between neighbours that are drawn; a point that stands alone is a dot.
  private func stroke(_ points: [Point], _ style: Style, _ plot: Plot) -> [Markup] {
    points.split(whereSeparator: { !plot.isPlaced($0) }).map { run in
      let places = run.map { (number(plot.x($0.x)), number(plot.y($0.y))) }
      if run.count == 1 {
        return .element(
          "circle", ["class": "point s\(style.rawValue)", "r": "3", "cx": places[0].0, "cy": places[0].1])
      }
      let dense = run.count > Self.densePoints ? " dense" : ""
      return .element(
        "polyline",
        ["class": "line s\(style.rawValue)\(dense)", "points": places.map { "\($0.0),\($0.1)" }.joined(separator: " ")])
    }
  }

  private func area(_ band: Band, _ plot: Plot) -> String? {
    let points = band.points.filter { plot.isPlaced(Point($0.x, $0.low)) && plot.isPlaced(Point($0.x, $0.high)) }
    guard points.count > 1 else { return nil }
    let corners = points.map { ($0.x, $0.high) } + points.reversed().map { ($0.x, $0.low) }
    return "M" + corners.map { "\(number(plot.x($0.0))) \(number(plot.y($0.1)))" }.joined(separator: "L") + "Z"
  }

  private func rule(_ style: String, _ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) -> Markup {
    .element("path", ["class": style, "d": "M\(number(x0)) \(number(y0))L\(number(x1)) \(number(y1))"])
  }

  private func label(_ text: String, _ x: Double, _ y: Double, anchor: String) -> Markup {
    .element("text", ["x": number(x), "y": number(y), "text-anchor": anchor], text)
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
