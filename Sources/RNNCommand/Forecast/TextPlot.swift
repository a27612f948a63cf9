import Reports
import Storage

/// A panel in characters: Braille patterns of 2 × 4 dots, a forecast in a colour of its own where there are colours.
struct TextPlot {
  private let panel: PlotPanel

  init(_ panel: PlotPanel) { self.panel = panel }

  var description: String {
    let rows = 14
    let xRange = panel.range(\.x)
    let yRange = panel.range(\.y)
    let ticks = Ticks(yRange, count: 4)
    let margin = ticks.values.map { ticks.label($0).count }.max() ?? 0
    let columns = max(20, min(100, Descriptor.error.columns - margin - 3))
    var dots = [UInt8](repeating: 0, count: rows * columns)
    var isForecast = [Bool](repeating: false, count: rows * columns)
    func place(_ point: (x: Double, y: Double)) -> (Int, Int) {
      let x = (point.x - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound)
      let y = (point.y - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
      return (Int((x * Double(columns * 2 - 1)).rounded()), Int(((1 - y) * Double(rows * 4 - 1)).rounded()))
    }
    let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
    for line in panel.lines {
      for (from, to) in zip(line.points, line.points.dropFirst()) {
        let ((x0, y0), (x1, y1)) = (place(from), place(to))
        let steps = max(1, abs(x1 - x0), abs(y1 - y0))
        for step in 0...steps {
          let (x, y) = (x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps)
          dots[y / 4 * columns + x / 2] |= bits[x % 2][y % 4]
          if line.kind == .forecast || line.kind == .bound { isForecast[y / 4 * columns + x / 2] = true }
        }
      }
    }
    var labels = [Int: String]()
    for tick in ticks.values { labels[place((xRange.lowerBound, tick)).1 / 4] = ticks.label(tick) }
    var lines = [printable(panel.title)]
    for row in 0..<rows {
      let cells = (0..<columns).map { column -> String in
        let index = row * columns + column
        let cell = String(Character(Unicode.Scalar(0x2800 + UInt32(dots[index]))!))
        return isForecast[index] ? Style.colored(cell, .red) : cell
      }
      let label = labels[row] ?? ""
      lines.append(
        String(repeating: " ", count: margin - label.count) + label + (labels[row] == nil ? " │" : " ┤")
          + cells.joined())
    }
    let xTicks = Ticks(xRange, count: 2)
    let (first, last) = (xTicks.label(xRange.lowerBound), xTicks.label(xRange.upperBound))
    lines.append(
      String(repeating: " ", count: margin + 2) + first
        + String(repeating: " ", count: max(1, columns - first.count - last.count)) + last)
    return lines.joined(separator: "\n")
  }
}
