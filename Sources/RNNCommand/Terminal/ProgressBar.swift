import Recurrent

/// A bar at the foot of a terminal, with a text beside it.
struct ProgressBar {
  private var drawnWidth = 0

  mutating func draw(_ text: String, share: Double) {
    // The last column stays free: a terminal may break the line there.
    let columns = Descriptor.error.columns - 1
    let percent = padded("\(Int(share * 100))%", 4, rightAligned: true)
    let room = min(30, columns - percent.count - text.count - 3)
    let shown: String
    let width: Int
    if room >= 5 {
      let done = Int((share * Double(room)).rounded())
      let bar =
        Style.colored(String(repeating: "━", count: done), .green)
        + Style.colored(String(repeating: Style.isColored ? "━" : " ", count: room - done), .gray)
      shown = "\(percent) \(bar)  \(text)"
      width = percent.count + 1 + room + 2 + text.count
    } else {
      shown = String("\(percent)  \(text)".prefix(max(0, columns)))
      width = shown.count
    }
    draw(shown, width: width)
  }

  /// A text alone, where it is not known how much there is to do.
  mutating func draw(_ text: String) {
    let shown = String(text.prefix(max(0, Descriptor.error.columns - 1)))
    draw(shown, width: shown.count)
  }

  /// Takes the bar away.
  mutating func clear() {
    guard drawnWidth > 0 else { return }
    Descriptor.error.write(Array(("\r" + String(repeating: " ", count: drawnWidth) + "\r").utf8))
    drawnWidth = 0
  }

  private mutating func draw(_ shown: String, width: Int) {
    let columns = Descriptor.error.columns - 1
    let rest = String(repeating: " ", count: max(0, min(drawnWidth, columns) - width))
    Descriptor.error.write(Array(("\r" + shown + rest).utf8))
    drawnWidth = max(width, min(drawnWidth, columns))
  }
}
