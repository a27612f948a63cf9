import Recurrent
import Reports
import Tables

extension Section {
  /// Which classes of the validation part are taken for which.
  init(_ report: ClassificationReport) {
    func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
    func percent(_ share: Double?) -> String { share.map { decimal($0 * 100, places: 1) } ?? "" }
    let counts = report.classes.count <= Self.mostColumns
    let rows = report.classes.enumerated().map { index, name in
      [name] + (counts ? report.confusion[index].map(String.init) : [])
        + [percent(report.recall(index)), percent(report.precision(index)), percent(report.f1(index))]
    }
    self.init(
      "Classes",
      [
        .paragraph(
          "Accuracy \(decimal(report.accuracy * 100, places: 2)) % (\(grouped(report.correctCount)) of "
            + "\(counted(report.count, report.unit)) of the validation part), balanced "
            + "\(decimal(report.balancedAccuracy * 100, places: 2)) %."
            + report.besides.map { " \(capitalized($0.name)): \(decimal($0.accuracy * 100, places: 2)) %." }.joined()),
        .table(
          Table(
            caption: counts ? "True classes in rows, predicted ones in columns." : "",
            header: [counts ? "true \\ predicted" : "class"] + (counts ? report.classes : [])
              + ["recall %", "precision %", "F1 %"],
            rows: rows, kind: counts ? .shaded(columns: report.classes.count) : .numbers)),
      ])
  }

  private static let mostColumns = 30
}

extension ClassifyTrain {
  func page(_ trainer: borrowing Trainer<Float>, _ task: ClassTask) -> TrainingPage? {
    guard let path = options.shared.writtenReport else { return nil }
    let data = [["table", sequences]] + task.facts + [["classes", task.classes.joined(separator: ", ")]]
    return TrainingPage(
      path: path, title: "Classes of \(sequences)", unit: "steps", facts: TrainingFacts.rows(trainer, data: data),
      resumingAt: trainer.stepCount)
  }
}
