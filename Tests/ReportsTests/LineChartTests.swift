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
}
