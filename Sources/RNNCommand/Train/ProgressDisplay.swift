import Recurrent

/// What the user sees of a training, on standard error: a bar at the foot of a terminal, a plain line every few seconds
/// elsewhere, and a line for each epoch on both.
struct ProgressDisplay {
  private let totalSteps: Int
  private let epochs: Int
  private let unit: String
  /// What validations measure.
  var measure = "validation loss"
  /// Bits per character of a validation loss of 1, where that is not of characters; nil: they are not shown.
  var bitsPerNat: Double?
  private let isInteractive = Style.isInteractive
  private var bar = ProgressBar()
  private var nextDraw: ContinuousClock.Instant
  /// A running mean of the loss, over about 20 steps.
  private var loss: Double?

  init(totalSteps: Int, epochs: Int, unit: String) {
    self.totalSteps = totalSteps
    self.epochs = epochs
    self.unit = unit
    // On a terminal at once: a bar shows that something goes on.
    nextDraw = isInteractive ? .now : .now + .seconds(5)
  }

  /// After every step. Draws only now and then.
  mutating func step(_ record: StepRecord, rate: Double, secondsLeft: Double) {
    loss = loss.map { $0 + (record.trainingLoss - $0) * 0.05 } ?? record.trainingLoss
    let now = ContinuousClock.now
    guard now >= nextDraw else { return }
    nextDraw = now + (isInteractive ? .milliseconds(100) : .seconds(5))
    let facts = [
      "step \(record.step)/\(totalSteps)", "loss \(lossText(loss ?? 0))", "\(grouped(Int(rate))) \(unit)/s",
      "\(duration(secondsLeft)) left",
    ].joined(separator: "  ")
    if isInteractive {
      bar.draw(facts, share: Double(record.step) / Double(max(1, totalSteps)))
    } else {
      Note.line("\(facts)  (epoch \(record.epoch)/\(epochs))")
    }
  }

  /// A line that stays.
  mutating func epoch(_ epoch: Int, trainingLoss: Double, validationLoss: Double?, seconds: Double, rate: Double) {
    clear()
    let width = String(epochs).count
    var facts = ["epoch \(padded(String(epoch), width, rightAligned: true))/\(epochs)"]
    facts.append("training loss \(lossText(trainingLoss))")
    if let validationLoss {
      let bits = bitsPerNat.map { " (\(lossText(validationLoss * $0)) bits per character)" } ?? ""
      facts.append("\(measure) \(lossText(validationLoss))\(bits)")
    }
    facts += [duration(seconds), "\(grouped(Int(rate))) \(unit)/s"]
    Note.line(facts.joined(separator: "  "))
  }

  /// Takes the bar away.
  mutating func clear() { bar.clear() }
}
