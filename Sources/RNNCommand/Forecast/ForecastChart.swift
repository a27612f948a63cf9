import Reports
import RecurrentForecasting
import Storage
import Tables

/// A series and its forecasts as a chart: for a file, the terminal or a page.
struct ForecastChart {
  private let title: String
  private let time: TimeAxis
  private var lines: [LineChart.Line] = []
  /// What lies before the forecasts ends here; they begin with it.
  private var joint: LineChart.Point?

  init(_ title: String, _ time: TimeAxis) { (self.title, self.time) = (title, time) }

  /// - Parameters:
  ///   - value: of a row; NaN where it is missing.
  ///   - steps: rows before the first forecast.
  mutating func addHistory(_ steps: Range<Int>, _ value: (Int) -> Double) {
    let points = steps.map { LineChart.Point(time.position($0), value($0)) }
    joint = points.last { $0.y.isFinite }
    lines.append(LineChart.Line("history", points, style: .plain))
  }

  /// What came, held out of the forecasts.
  mutating func addTruth(_ name: String, _ steps: Range<Int>, _ value: (Int) -> Double) {
    guard !steps.isEmpty else { return }
    let points = steps.map { LineChart.Point(time.position($0), value($0)) }
    guard points.contains(where: { $0.y.isFinite }) else { return }
    lines.append(LineChart.Line(name, (joint.map { [$0] } ?? []) + points, style: .first))
  }

  /// Bounds of a level in percent.
  typealias Interval = (level: Double, lower: [Double], upper: [Double])

  /// Of several forecasts the first alone is named.
  /// - Parameters:
  ///   - start: the first step that is forecast.
  ///   - intervals: in any order.
  mutating func addForecast(_ values: [Double], _ intervals: [Interval] = [], from start: Int) {
    let isFirst = !lines.contains { $0.style == .second }
    let before = isFirst ? joint : nil
    func x(_ ahead: Int) -> Double { time.position(start + ahead) }
    let bands = intervals.sorted { $0.level > $1.level }.map { interval in
      LineChart.Band(
        isFirst ? "\(short(interval.level)) %" : "",
        (before.map { [($0.x, $0.y, $0.y)] } ?? [])
          + values.indices.map { (x($0), interval.lower[$0], interval.upper[$0]) })
    }
    let points = values.enumerated().map { LineChart.Point(x($0), $1) }
    lines.append(
      LineChart.Line(
        isFirst ? "forecast" : "", (before.map { [$0] } ?? []) + points, bands: bands, style: .second))
  }

  var chart: LineChart {
    var chart = LineChart(title, xTitle: time.title, lines: lines, isLogarithmic: false)
    let time = time
    chart.labels = { range, count in
      time.ticks(range, count: count)?.map { LineChart.Label(x: $0.position, text: $0.text, below: $0.below) }
    }
    return chart
  }
}

extension RecurrentForecasting.Forecast {
  func chartIntervals(_ levels: [Double], steps: Int) -> [ForecastChart.Interval] {
    levels.map { level in
      let interval = interval(level: level)
      return (level, Array(interval.lower.prefix(steps)), Array(interval.upper.prefix(steps)))
    }
  }
}

/// `--plot`: an SVG file, or - for plots in characters on standard error.
func drawPlot(_ charts: [LineChart], to path: String) throws {
  if path == "-" {
    for chart in charts { Note.drawing(TextPlot(chart).description) }
  } else {
    try replaceFile(path, with: ChartFile(charts).svg)
  }
}
