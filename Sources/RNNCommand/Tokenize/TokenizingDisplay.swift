import Recurrent

/// What the user sees of a text being read, on standard error: a bar at the foot of a terminal, a plain line every few seconds
/// elsewhere.
struct TokenizingDisplay {
  private let passes: Int
  private let isInteractive = Style.isInteractive
  private var bar = ProgressBar()
  private var nextDraw = ContinuousClock.now + .milliseconds(500)
  private var pass = 0
  private var passStart = ContinuousClock.now

  init(passes: Int) { self.passes = passes }

  mutating func note(_ progress: TokenizingProgress) {
    if progress.pass != pass { (pass, passStart) = (progress.pass, .now) }
    let doing = progress.pass == 1 ? "reading, 1 of 2" : passes == 2 ? "writing, 2 of 2" : "writing"
    note(bytes: progress.byteCount, of: progress.totalBytes, doing: doing)
  }

  mutating func note(bytes: Int, of total: Int?, doing: String) {
    let now = ContinuousClock.now
    guard now >= nextDraw else { return }
    nextDraw = now + (isInteractive ? .milliseconds(100) : .seconds(5))
    let rate = Double(bytes) / 1e6 / max(1e-3, (now - passStart).seconds)
    let amount = ByteCount(bytes).description + (total.map { " of \(ByteCount($0))" } ?? "")
    let facts = "\(doing)  \(amount)  \(decimal(rate, places: 0)) MB/s"
    if !isInteractive {
      Note.line(facts)
    } else if let total, total > 0 {
      bar.draw(facts, share: min(1, Double(bytes) / Double(total)))
    } else {
      bar.draw(facts)
    }
  }

  /// Takes the bar away.
  mutating func clear() { bar.clear() }
}
