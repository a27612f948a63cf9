import Foundation
import Testing

import Reports

struct LineChartTests {
  private func svg(_ values: [Double], logarithmic: Bool? = nil) -> String {
    let points = values.enumerated().map { LineChart.Point(Double($0), $1) }
    let line = LineChart.Line("a", points)
    return LineChart("t", xTitle: "x", lines: [line], isLogarithmic: logarithmic).markup(identifier: "c").text
  }

  @Test(
    arguments: [
      [], [1], [0], [.nan], [.infinity, -.infinity], [1, 1, 1], [-1e300, 1e300], [.greatestFiniteMagnitude, 1],
      [.leastNonzeroMagnitude, .leastNormalMagnitude / 16], [1e300, 1e-300], [1e16, 1e16 + 2],
      [0, .leastNonzeroMagnitude * 64], [-5, .nan, 3], [1, 1 + 2.3e-16],
      [99.99, 100.01],
    ] as [[Double]])
  func extremes(values: [Double]) {
    for logarithmic in [nil, true, false] {
      let text = svg(values, logarithmic: logarithmic)
      #expect(!text.contains("nan") && !text.contains("inf"), "\(values): \(text)")
      #expect(text.contains("role=\"img\"") && text.contains("<title") && text.contains("<desc"))
    }
  }

  @Test func gapsAreGaps() {
    #expect(svg([1, 2, .nan, 3, 4]).components(separatedBy: "<polyline").count == 3)
    // A value alone between gaps is seen.
    #expect(svg([1, 2, .infinity, 3, .nan]).contains("<circle"))
    #expect(svg([]).contains("no values yet"))
  }

  @Test func decadesAreLogarithmic() {
    #expect(svg([1, 1000]).contains("(logarithmic)"))
    #expect(!svg([1, 50]).contains("(logarithmic)"))
    #expect(!svg([0, 1000]).contains("(logarithmic)"))
    let labels = Axis([0.01, 1000], logarithmic: nil, margin: 0).ticks(6).map(\.label)
    #expect(labels == ["0.01", "0.1", "1", "10", "100", "1000"])
  }

  @Test func thousandsAreThinnedButNoPeakIsLost() {
    var values = (0..<100_000).map { sin(Double($0)) }
    values[77_777] = 9
    let points = values.enumerated().map { LineChart.Point(Double($0), $1) }
    let thinned = LineChart.Line("a", points).thinned(to: 1000)
    #expect(thinned.count <= 1000 && thinned.contains { $0.y == 9 })
    #expect(zip(thinned, thinned.dropFirst()).allSatisfy { $0.x < $1.x })
    #expect(svg(values).utf8.count < 40_000)
  }

  @Test(arguments: [0.001...0.0034, -3...7, 0...1e6, 0.1...0.1001, -1e-9...1e-9])
  func ticksAreRoundAndDiffer(range: ClosedRange<Double>) {
    let ticks = Ticks(range, count: 6)
    let leading = ticks.step / pow(10, log10(ticks.step * 1.0001).rounded(.down))
    #expect([1, 2, 5].contains { abs($0 - leading) < 1e-6 }, "\(ticks.step)")
    #expect((3...12).contains(ticks.values.count), "\(ticks.values)")
    #expect(Set(ticks.values.map(ticks.label)).count == ticks.values.count)
    #expect(
      ticks.values.allSatisfy {
        $0 >= range.lowerBound - ticks.step * 1e-9 && $0 <= range.upperBound + ticks.step * 1e-9
      })
  }

  @Test func bandsLieBelowLines() throws {
    let points = (0..<5).map { LineChart.Point(Double($0), Double($0)) }
    let bands = [2.0, 1].map { width in
      LineChart.Band("\(width)", points.map { (x: $0.x, low: $0.y - width, high: $0.y + width) })
    }
    let chart = LineChart(
      "t", xTitle: "x",
      lines: [.init("a", points, bands: bands, style: .second), .init("", points, bands: bands, style: .second)])
    let text = chart.markup(identifier: "c").text
    let drawing = try #require(text.range(of: "<desc"))
    let parts = text[drawing.upperBound...]
    let (band, line) = (parts.range(of: "band b1", options: .backwards), parts.range(of: "<polyline"))
    #expect(try #require(band).lowerBound < #require(line).lowerBound)
    // The line and two bands that are named, of which the narrow one lies upon the wide one.
    let legend = text[..<drawing.lowerBound]
    #expect(legend.components(separatedBy: "<li>").count == 4 && legend.components(separatedBy: "band b1").count == 4)
  }

  /// Labels that would touch each other are fewer.
  @Test(arguments: ["1", "Mar 4", "2019-03-04 14:00:05", "2月11日的很长的标签"]) func labelsAreApart(text: String) {
    var chart = LineChart("t", xTitle: "x", lines: [.init("a", [.init(0, 1), .init(100, 2)])])
    chart.labels = { range, count in
      (0..<count).map { index in
        LineChart.Label(
          x: range.lowerBound + (range.upperBound - range.lowerBound) * Double(index) / Double(max(1, count - 1)),
          text: text, below: index == 0 ? "2019-03-04" : "")
      }
    }
    let markup = chart.markup(identifier: "c").text
    let places = markup.components(separatedBy: "<text x=\"").dropFirst().filter { $0.contains(">\(text)<") }
      .compactMap { Double($0.prefix { $0 != "\"" }) }
    #expect(!places.isEmpty && places.count <= 8)
    // A letter of 10 pixels is at least 5 wide, a Chinese one 10.
    let width = text.unicodeScalars.reduce(0.0) { $0 + ($1.value < 0x1100 ? 5 : 10) }
    #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 > width })
    #expect(markup.contains("2019-03-04"))
  }

  @Test func files() throws {
    let points = (0..<5).map { LineChart.Point(Double($0), Double($0)) }
    let lines = (0..<9).map { LineChart.Line("a line with a <long> name \($0)", points) }
    let svg = ChartFile([
      LineChart("first & best", xTitle: "x", lines: lines), LineChart("second", xTitle: "x", lines: []),
    ]).svg
    #expect(svg.hasPrefix("<svg") && svg.contains("first &amp; best") && svg.contains("prefers-color-scheme:dark"))
    // Colours without variables, and a legend in rows inside the drawing.
    #expect(!svg.contains("var(") && svg.components(separatedBy: "&lt;long&gt;").count > 9)
  }
}
