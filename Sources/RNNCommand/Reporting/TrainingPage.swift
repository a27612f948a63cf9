import Foundation
import Recurrent
import Reports
import Storage

/// The page of `--report`: written at evaluations, and when the training ends. A class: the loop's hook and validations share
/// it.
final class TrainingPage {
  private let path: String
  private let title: String
  /// What the speed counts.
  private let unit: String
  private var facts: [[String]]
  private var history: TrainingHistory
  private var lastStep: Int
  private var state = "Running."
  private var written: ContinuousClock.Instant?
  private var sampled: ContinuousClock.Instant?
  private var hasFailed = false
  /// What only some trainings have: forecasts, a confusion table.
  var results: [Section] = []

  /// Small trainings are evaluated more often than anybody looks.
  private static let pause = Duration.seconds(1)
  private static let sampleLength = 300

  /// - Parameters:
  ///   - step: where the training goes on; what the page at `path` has of later ones is dropped.
  ///   - facts: names, each with what it is.
  init(path: String, title: String, unit: String, facts: [[String]], resumingAt step: Int = 0) {
    (self.path, self.title, self.unit, self.facts) = (path, title, unit, facts)
    lastStep = step
    let earlier = step == 0 ? nil : Self.history(at: path, resumingAt: step)
    history = earlier ?? TrainingHistory()
    if step > 0, earlier == nil { Note.note("\(path) holds no report of the steps before: it begins at step \(step)") }
  }

  /// Checks, before a training, that the page can be written.
  static func check(_ path: String?) throws(Failure) {
    guard let path else { return }
    do { try DurableFile.verifyReplaceable(path) } catch {
      throw Failure(message: "cannot write the report \(path): \(error.reason)")
    }
  }

  private static func history(at path: String, resumingAt step: Int) -> TrainingHistory? {
    guard let bytes = try? readFile(path), let data = Page.data(in: String(decoding: bytes, as: UTF8.self)),
      let json = try? JSON(parsing: data), json["kind"]?.string == "training", let history = json["history"]
    else { return nil }
    return TrainingHistory(history, resumingAt: step)
  }

  // MARK: What comes in

  /// Whether an evaluation now would be written.
  var isDue: Bool { written.map { ContinuousClock.now - $0 >= Self.pause } ?? true }

  func note(_ step: TrainingStep, scale: Int) {
    let report = step.report
    lastStep = report.step
    history.add(
      TrainingHistory.Step(
        step: Double(report.step), loss: report.loss, gradientNorm: report.gradientNorm,
        learningRate: report.learningRate, speed: Double(step.count * scale) / step.duration.seconds))
    if let evaluation = step.evaluation { history.add(.init(step: report.step, loss: evaluation.loss)) }
  }

  /// Adds what a saved model writes by itself, which asks nothing of the training that goes on.
  func addSample(ofModelAt path: String, step: Int, isLast: Bool) {
    if step == history.samples.last?.step { return }
    if !isLast, let sampled, ContinuousClock.now - sampled < Self.pause { return }
    sampled = .now
    guard let (model, vocabulary) = try? Model.forText(at: path), var sampler = try? Sampler(model, seed: 0) else {
      return
    }
    sampler.feed(vocabulary.token(of: 0x0A) ?? 0)
    var bytes: [UInt8] = []
    for _ in 0..<Self.sampleLength {
      guard sampler.logits.allSatisfy(\.isFinite) else { break }
      vocabulary.appendUTF8(of: sampler.next(), to: &bytes)
    }
    history.add(.init(step: step, text: String(decoding: bytes, as: UTF8.self)))
    write()
  }

  /// Writes the page if it is time to.
  func update() { if isDue { write() } }

  /// Says how it ended.
  func end(_ text: String) {
    state = text
    write()
  }

  /// A page that fails does not stop a training.
  func write() {
    written = ContinuousClock.now
    do {
      try replaceFile(path, with: page.html)
      hasFailed = false
    } catch {
      if !hasFailed { Note.warning("cannot write the report: \(error.message); the training goes on") }
      hasFailed = true
    }
  }

  // MARK: What goes out

  private var page: Page {
    let data = JSON.object([(key: "kind", value: .string("training")), (key: "history", value: history.json)])
    let text = (try? data.serialized()).map { String(decoding: $0, as: UTF8.self) }
    return Page(title: title, summary: summary, sections: [curves] + results + samples + [settings], data: text)
  }

  private var summary: String {
    let step = lastStep > 0 ? "After step \(grouped(lastStep)). " : ""
    let best = history.best.map { " Lowest validation loss \(lossText($0.loss)), at step \(grouped($0.step))." } ?? ""
    return step + state + best
  }

  private var curves: Section {
    func points(_ value: (TrainingHistory.Step) -> Double) -> [LineChart.Point] {
      history.steps.map { .init($0.step, value($0)) }
    }
    var losses = [LineChart.Line("training", points(\.loss))]
    if !history.evaluations.isEmpty {
      losses.append(.init("validation", history.evaluations.map { .init(Double($0.step), $0.loss) }))
    }
    let best = history.best.map { (point: LineChart.Point(Double($0.step), $0.loss), name: "lowest validation loss") }
    return Section(
      "Course",
      [
        .chart(LineChart("Loss", xTitle: "step", lines: losses, mark: best)),
        .chart(LineChart("Gradient norm", xTitle: "step", lines: [.init("gradient norm", points(\.gradientNorm))])),
        .chart(
          LineChart(
            "Learning rate", xTitle: "step", lines: [.init("learning rate", points(\.learningRate))],
            isLogarithmic: false)),
        .chart(
          LineChart(
            "Speed (\(unit) a second)", xTitle: "step", lines: [.init("speed", points(\.speed))],
            isLogarithmic: false)),
      ])
  }

  private var samples: [Section] {
    if history.samples.isEmpty { return [] }
    let blocks = history.samples.map { Section.Block.sample(caption: "step \(grouped($0.step))", text: $0.text) }
    return [Section("Samples", blocks)]
  }

  private var settings: Section {
    let resumed = history.resumptions.map(grouped).joined(separator: ", ")
    let rows = facts + (resumed.isEmpty ? [] : [["resumed after step", resumed]])
    return Section("Settings", [.table(Table(rows: rows, kind: .facts))])
  }
}
