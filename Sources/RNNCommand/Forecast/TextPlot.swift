import Reports
import Storage

/// A chart in characters: Braille patterns of 2 × 4 dots, a forecast in a colour of its own where there are colours, its intervals
/// sparsely dotted.
struct TextPlot {
  private let chart: LineChart

  init(_ chart: LineChart) { self.chart = chart }

  private static let rows = 14

  var description: String {
    let points =
      chart.lines.flatMap(\.points)
      + chart.lines.flatMap(\.bands).flatMap(\.points).flatMap {
        [LineChart.Point($0.x, $0.low), LineChart.Point($0.x, $0.high)]
      }
    let xRange = Self.range(points.map(\.x))
    let yRange = Self.range(points.map(\.y))
    let ticks = Ticks(yRange, count: 4)
    let margin = ticks.values.map { ticks.label($0).count }.max() ?? 0
    let columns = max(20, min(100, Descriptor.error.columns - margin - 3))
    var canvas = Canvas(rows: Self.rows, columns: columns, x: xRange, y: yRange)
    for (index, line) in chart.lines.enumerated() {
      for (depth, band) in line.bands.enumerated() { canvas.fill(band, every: depth == 0 ? 4 : 2) }
      canvas.draw(line.points, color: chart.style(ofLine: index) == .second ? .red : nil)
    }
    var labels = [Int: String]()
    for tick in ticks.values { labels[canvas.y(tick) / 4] = ticks.label(tick) }
    var lines = [printable(chart.title)]
    for row in 0..<Self.rows {
      let label = labels[row] ?? ""
      lines.append(
        String(repeating: " ", count: margin - label.count) + label + (labels[row] == nil ? " │" : " ┤")
          + canvas.text(row: row))
    }
    let places = chart.labels(xRange, count: max(2, columns / 16))
    for text in [\LineChart.Label.text, \.below] {
      let line = Self.placed(places.map { (canvas.x($0.x) / 2, $0[keyPath: text]) }, columns: columns)
      if !line.isEmpty { lines.append(String(repeating: " ", count: margin + 2) + line) }
    }
    return lines.joined(separator: "\n")
  }

  /// Texts about their columns, those left out that would touch the one before.
  private static func placed(_ labels: [(column: Int, text: String)], columns: Int) -> String {
    var line = ""
    for (column, text) in labels where !text.isEmpty {
      let start = max(0, min(columns - text.count, column - text.count / 2))
      guard line.isEmpty || start > line.count else { continue }
      line += String(repeating: " ", count: max(0, start - line.count)) + text
    }
    return line
  }

  /// From the smallest to the largest, never empty.
  private static func range(_ values: [Double]) -> ClosedRange<Double> {
    let values = values.filter(\.isFinite)
    guard let low = values.min(), let high = values.max() else { return 0...1 }
    guard low < high else { return (low - max(1, abs(low)) / 2)...(high + max(1, abs(high)) / 2) }
    return low...high
  }
}

/// Dots.
private struct Canvas {
  private let columns: Int
  private let rows: Int
  private let xRange: ClosedRange<Double>
  private let yRange: ClosedRange<Double>
  private var dots: [UInt8]
  private var colors: [Style.Color?]

  init(rows: Int, columns: Int, x: ClosedRange<Double>, y: ClosedRange<Double>) {
    (self.rows, self.columns, xRange, yRange) = (rows, columns, x, y)
    dots = [UInt8](repeating: 0, count: rows * columns)
    colors = [Style.Color?](repeating: nil, count: rows * columns)
  }

  /// In dots from the left.
  func x(_ value: Double) -> Int {
    Int(((value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound) * Double(columns * 2 - 1)).rounded())
  }

  /// In dots from the top.
  func y(_ value: Double) -> Int {
    let place = (value - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
    return Int(((1 - place) * Double(rows * 4 - 1)).rounded())
  }

  private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  private mutating func set(_ x: Int, _ y: Int, _ color: Style.Color?) {
    let cell = y / 4 * columns + x / 2
    dots[cell] |= Self.bits[x % 2][y % 4]
    if let color { colors[cell] = color }
  }

  mutating func draw(_ points: [LineChart.Point], color: Style.Color?) {
    for (from, to) in zip(points, points.dropFirst()) where [from.x, from.y, to.x, to.y].allSatisfy(\.isFinite) {
      let (x0, y0, x1, y1) = (x(from.x), y(from.y), x(to.x), y(to.y))
      let steps = max(1, abs(x1 - x0), abs(y1 - y0))
      for step in 0...steps { set(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps, color) }
    }
    if points.count == 1, let only = points.first, only.x.isFinite, only.y.isFinite {
      set(x(only.x), y(only.y), color)
    }
  }

  /// One dot of so many.
  mutating func fill(_ band: LineChart.Band, every: Int) {
    for (from, to) in zip(band.points, band.points.dropFirst())
    where [from.x, from.low, from.high, to.x, to.low, to.high].allSatisfy(\.isFinite) {
      let (x0, x1) = (x(from.x), x(to.x))
      for column in x0...max(x0, x1) {
        let way = x1 > x0 ? Double(column - x0) / Double(x1 - x0) : 1
        let (top, bottom) = (
          y(from.high + (to.high - from.high) * way), y(from.low + (to.low - from.low) * way)
        )
        for row in top...max(top, bottom) where (column + 2 * row) % every == 0 { set(column, row, .gray) }
      }
    }
  }

  func text(row: Int) -> String {
    (0..<columns).map { column in
      let cell = row * columns + column
      guard let pattern = Unicode.Scalar(0x2800 + UInt32(dots[cell])) else { return " " }
      let text = String(Character(pattern))
      return colors[cell].map { Style.colored(text, $0) } ?? text
    }.joined()
  }
}
