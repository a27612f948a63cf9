import Recurrent
import Reports

extension TagTrain {
  /// Says on standard error what is about to happen.
  func describe(
    _ task: TagTask, _ trainer: borrowing Trainer<Float>, _ metric: TagMetric, stepsPerEpoch: Int,
    _ options: TableRunOptions
  ) {
    Note.line(
      "data      \(amount(task.training)) to train on, \(amount(task.held)) for validation; "
        + "\(counted(task.tags.count, "tag"))")
    Note.line("words     \(known(task))")
    let plan = trainer.plan
    Note.line(
      "model     \(plan.configuration.summary); \(counted(plan.parameterCount, "parameter")); "
        + "\(ByteCount(plan.totalBytes)) of memory")
    Note.line(
      "training  at most \(counted(options.epochs, "epoch")) of \(counted(stepsPerEpoch, "step")) of "
        + "\(counted(trainer.settings.batchSize, "sentence")); "
        + optimizer.summary(
          for: .tables, steps: options.epochs * stepsPerEpoch, batchSize: min(options.batchSize, task.training.count))
        + (task.held.isEmpty
          ? "" : "; until the \(metric.name) does not fall for \(counted(options.patience, "epoch"))"))
  }

  private func amount(_ sentences: [TagTask.Sentence]) -> String {
    if sentences.isEmpty { return "none" }
    let count = sentences.reduce(0) { $0 + $1.tokens.count }
    return "\(counted(sentences.count, "sentence")) of \(counted(count, words.unit.rawValue))"
  }

  private func known(_ task: TagTask) -> String {
    let features = task.features
    return
      (features.features.map { "\(grouped($0.units.count)) of \($0.kind.name)" }
      + (features.letters.map { ["\(grouped($0.units.count)) letters"] } ?? [])).joined(separator: ", ") + " are known"
  }

  func page(_ trainer: borrowing Trainer<Float>, _ task: TagTask) -> TrainingPage? {
    guard let path = options.shared.writtenReport else { return nil }
    let data = [
      ["sentences", sentences], ["to train on", amount(task.training)], ["to validate on", amount(task.held)],
      ["known", known(task)], ["tags", task.tags.joined(separator: ", ")],
    ]
    return TrainingPage(
      path: path, title: "Tags of \(sentences)", unit: words.unit == .word ? "words" : "characters",
      facts: TrainingFacts.rows(trainer, data: data), resumingAt: trainer.stepCount)
  }
}

extension Section {
  /// How the tags of the validation part agree.
  init(_ report: TagReport) {
    let scores = report.scores
    func percent(_ share: Double) -> String { decimal(share * 100, places: 2) + " %" }
    let spans = scores.hasSpans ? "F1 of spans \(percent(scores.spans.f1)). " : ""
    self.init(
      "Tags",
      [
        .paragraph(
          "\(spans)\(percent(scores.accuracy)) of tags are right (\(grouped(scores.rightCount)) of "
            + "\(counted(scores.count, report.unit.rawValue)) of the validation part)."),
        .table(Table(caption: "", header: report.header, rows: report.rows, kind: .numbers)),
      ])
  }
}
