import Foundation
import Recurrent

/// How long a training loop is, of whatever kind.
struct LoopLength {
  let totalSteps: Int
  let stepsPerEpoch: Int
  let firstStep: Int
  let patience: Int?
}

/// What the user sees of a training loop, and its log. A class: the loop's hook shares it.
final class LoopReport {
  private var display: ProgressDisplay
  private var log: TrainingLog?
  private let page: TrainingPage?
  /// Bits per character of a validation loss of 1; nil: they are not shown.
  var bitsPerNat: Double? {
    get { display.bitsPerNat }
    set { display.bitsPerNat = newValue }
  }
  /// Whether the page shows what the saved models write.
  var samplesText = false
  private let totalSteps: Int
  private let patience: Int?
  /// What is shown of a step for each of its count.
  private let scale: Int
  private let measure: String
  /// Time between the lines of two epochs; nil: a line for each.
  private let linePause: Duration?
  private let start = ContinuousClock.now
  private let firstStep: Int
  private var epochStart = ContinuousClock.now
  private var epochSeconds = 0.0
  private var epochCount = 0
  private var lastLine: ContinuousClock.Instant?
  private var hasFailed = false
  private var isEnding = false
  private var path: String
  /// Of the last step, counted from 1.
  private(set) var epoch = 1

  /// - Parameter scale: how many of `unit` one of the loop's counts is.
  convenience init(
    _ loop: borrowing TrainingLoop<Float>, path: String, unit: String, scale: Int = 1, linePause: Duration? = nil,
    measure: String = "validation loss", log: consuming TrainingLog?, page: TrainingPage? = nil
  ) {
    self.init(
      LoopLength(
        totalSteps: loop.totalSteps, stepsPerEpoch: loop.stepsPerEpoch, firstStep: loop.trainer.stepCount,
        patience: loop.options.patience),
      path: path, unit: unit, scale: scale, linePause: linePause, measure: measure, log: log, page: page)
  }

  /// Of a loop of any kind.
  /// - Parameter measure: what validations measure.
  init(
    _ length: LoopLength, path: String, unit: String, scale: Int = 1, linePause: Duration? = nil,
    measure: String = "validation loss", log: consuming TrainingLog?, page: TrainingPage? = nil
  ) {
    self.page = page
    totalSteps = length.totalSteps
    patience = length.patience
    firstStep = length.firstStep
    self.path = path
    (self.scale, self.linePause, self.measure) = (scale, linePause, measure)
    let epochs = (totalSteps - 1) / length.stepsPerEpoch + 1
    display = ProgressDisplay(totalSteps: totalSteps, epochs: epochs, unit: unit)
    display.measure = measure
    self.log = log
  }

  /// Runs the loop until it ends or a signal comes.
  /// - Returns: how it ended, and the signal that stopped it, if one did.
  /// - Throws: what the loop throws.
  func run(_ loop: inout TrainingLoop<Float>) throws -> (result: TrainingResult, signal: Int32?) {
    try run { try loop.run(until: $0, $1) }
  }

  /// The same of a loop of any kind.
  func run(
    _ loop: (_ isStopped: () -> Bool, _ hook: (TrainingEvent) throws -> Void) throws -> TrainingResult
  ) throws -> (result: TrainingResult, signal: Int32?) {
    Interruption.watch()
    do {
      let result = try loop({ Interruption.signal != nil }, { receive($0) })
      page?.end(ending(result))
      // Where it came to another process, it is as if it had come to this one.
      return (result, result.reason == .stopped ? Interruption.signal ?? SIGTERM : nil)
    } catch {
      display.clear()
      page?.end("It failed: \((error as? TrainingError)?.description ?? "\(error)").")
      throw error
    }
  }

  private func ending(_ result: TrainingResult) -> String {
    switch result.reason {
    case .completed: "All \(counted(totalSteps, "step")) are done."
    case .noProgress: "It ended early: no lower \(measure) in \(counted(patience ?? 0, "epoch"))."
    case .stopped: "It was stopped by signal \(Interruption.signal ?? 0), in epoch \(result.epoch), and can go on."
    }
  }

  private func receive(_ event: TrainingEvent) {
    switch event {
    case .step(let step): note(step)
    case .epoch(let epoch): note(epoch)
    case .saved(let step, let path):
      if samplesText { page?.addSample(ofModelAt: path, step: step, isLast: isEnding || step == totalSteps) }
      if hasFailed { line { Note.note("saved \(path) again, at step \(step)") } }
      hasFailed = false
    case .saveFailed(let step, let error, let isLast):
      hasFailed = true
      line {
        Note.warning("cannot save the checkpoint of step \(step): \(error)" + (isLast ? "" : "; the training goes on"))
      }
    case .ending(.noProgress, _):
      isEnding = true
      line { Note.note("no lower \(measure) in \(counted(patience ?? 0, "epoch")): stopped after epoch \(epoch)") }
    case .ending:
      isEnding = true
      display.clear()
    case .reducedLearningRate(let rate, let step):
      line { Note.note("the learning rate is \(significant(rate)) from step \(grouped(step + 1)) on") }
    case .resumed, .validated: break
    }
  }

  private func line(_ write: () -> Void) {
    display.clear()
    write()
  }

  private func note(_ step: TrainingStep) {
    let now = ContinuousClock.now
    let seconds = step.duration.seconds
    let report = step.report
    if step.epoch != epoch || epochCount == 0 {
      (epoch, epochStart, epochSeconds, epochCount) = (step.epoch, now - step.duration, 0, 0)
    }
    epochSeconds += seconds
    epochCount += step.count * scale
    let record = StepRecord(
      step: report.step, epoch: step.epoch, trainingLoss: report.loss,
      validation: (measure.hasPrefix("validation") ? measure : "validation " + measure, step.evaluation?.loss),
      gradientNorm: report.gradientNorm, tokensPerSecond: Double(step.count * scale) / seconds,
      seconds: (now - start).seconds)
    log?.append(record)
    page?.note(step, scale: scale)
    if step.evaluation != nil { page?.update() }
    guard report.isFinite, step.evaluation == nil, report.step < totalSteps else { return }
    let perStep = (now - start).seconds / Double(report.step - firstStep)
    display.step(record, rate: rate, secondsLeft: perStep * Double(totalSteps - report.step))
  }

  private var rate: Double { Double(epochCount) / epochSeconds }

  private func note(_ end: TrainingEpoch) {
    page?.update()
    let now = ContinuousClock.now
    if let linePause, end.step < totalSteps, let lastLine, now - lastLine < linePause { return }
    lastLine = now
    display.epoch(
      end.epoch, trainingLoss: end.trainingLoss, validationLoss: end.evaluation?.loss,
      seconds: (now - epochStart).seconds, rate: rate)
  }
}
