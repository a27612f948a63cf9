import Foundation
import Recurrent
import Storage

/// How often classes are right.
struct ClassificationReport: Sendable {
  let classes: [String]
  /// What is counted: sequences or steps.
  let unit: String
  /// [true class, predicted class]
  private(set) var confusion: [[Int]]
  private var lossSum = 0.0
  /// What parts of the model and other models have on the same texts.
  var besides: [Besides] = []

  init(classes: [String], unit: String) {
    (self.classes, self.unit) = (classes, unit)
    confusion = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
  }

  /// Notes the scores of one sequence or step, before the softmax.
  mutating func add(_ scores: Span<Float>, of trueClass: Int) {
    let (predicted, _, logs) = Self.classify(scores)
    confusion[trueClass][predicted] += 1
    lossSum -= logs[trueClass]
  }

  /// The likeliest class, its probability, and the logarithms of all probabilities. Of equals the first.
  static func classify(_ scores: Span<Float>) -> (predicted: Int, probability: Double, logs: [Double]) {
    let values = (0..<scores.count).map { Double(scores[$0]) }
    let best = values.indices.max { values[$0] < values[$1] || (values[$0] == values[$1] && $0 > $1) } ?? 0
    let sum = values.reduce(0) { $0 + exp($1 - values[best]) }
    let logs = values.map { $0 - values[best] - log(sum) }
    return (best, 1 / sum, logs)
  }

  var count: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  var correctCount: Int { classes.indices.reduce(0) { $0 + confusion[$1][$1] } }
  var accuracy: Double { Double(correctCount) / Double(count) }
  /// Mean of −log p(true class), in nats.
  var loss: Double { lossSum / Double(count) }

  /// Of those of a class, how many are found; nil where there are none.
  func recall(_ index: Int) -> Double? {
    let all = confusion[index].reduce(0, +)
    return all == 0 ? nil : Double(confusion[index][index]) / Double(all)
  }

  /// Of those taken for a class, how many are of it; nil where none are.
  func precision(_ index: Int) -> Double? {
    let all = confusion.reduce(0) { $0 + $1[index] }
    return all == 0 ? nil : Double(confusion[index][index]) / Double(all)
  }

  /// The harmonic mean of both; 0 where nothing is found.
  func f1(_ index: Int) -> Double? {
    guard let recall = recall(index) else { return nil }
    let precision = precision(index) ?? 0
    return recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision)
  }

  /// The mean recall of the classes that there are.
  var balancedAccuracy: Double {
    let recalls = classes.indices.compactMap { recall($0) }
    return recalls.reduce(0, +) / Double(recalls.count)
  }

  /// The class that is the most frequent here.
  private var commonest: (index: Int, share: Double) {
    let index = classes.indices.max { confusion[$0].reduce(0, +) < confusion[$1].reduce(0, +) }!
    return (index, Double(confusion[index].reduce(0, +)) / Double(count))
  }

  /// Beyond it the table for people has no column for each class, and a name in it no more characters.
  private static let (mostColumns, longestName) = (30, 40)

  /// The class that a class is mistaken for most often, and how often.
  private func takenFor(_ index: Int, _ names: [String]) -> String {
    let others = classes.indices.filter { $0 != index && confusion[index][$0] > 0 }
    guard let most = others.max(by: { confusion[index][$0] < confusion[index][$1] }) else { return "" }
    return "\(names[most]) (\(confusion[index][most]))"
  }

  private var besidesFacts: [[String]] {
    besides.map { other in
      [
        other.name, decimal(other.accuracy * 100, places: 2) + " %",
        "\(grouped(other.correctCount)) of \(counted(other.count, unit))",
      ]
    }
  }

  var description: String {
    func percent(_ share: Double?) -> String { share.map { decimal($0 * 100, places: 1) } ?? "" }
    let facts =
      [
        [
          "accuracy", decimal(accuracy * 100, places: 2) + " %", "\(grouped(correctCount)) of \(counted(count, unit))",
        ],
        ["balanced", decimal(balancedAccuracy * 100, places: 2) + " %", "mean recall of the classes"],
        [
          "always \(printable(classes[commonest.index], limit: Self.longestName))",
          decimal(commonest.share * 100, places: 2) + " %",
          "the commonest class",
        ],
        ["loss", lossText(loss), "nats per \(unit)"],
      ] + besidesFacts
    let names = classes.map { printable($0, limit: Self.longestName) }
    let scores = classes.indices.map { [percent(recall($0)), percent(precision($0)), percent(f1($0))] }
    let scoreNames = ["recall %", "precision %", "F1 %"]
    guard classes.count <= Self.mostColumns else {
      let rows = zip(names, scores).enumerated().map { index, row in [row.0, takenFor(index, names)] + row.1 }
      return table(facts, right: [1]) + "\n\n"
        + table([["true", "most often taken for"] + scoreNames] + rows, right: [2, 3, 4])
    }
    // A row for each true class, a column for each predicted one.
    let rows = zip(names, scores).enumerated().map { index, row in
      [row.0] + confusion[index].map { $0 == 0 ? "·" : String($0) } + row.1
    }
    return table(facts, right: [1]) + "\n\n"
      + table([["true \\ predicted"] + names + scoreNames] + rows, right: Set(1...classes.count + 3))
  }

  var json: JSON {
    return .object([
      (key: "unit", value: .string(unit)), (key: "count", value: .integer(count)),
      (key: "accuracy", value: JSON(finite: accuracy)),
      (key: "balanced_accuracy", value: JSON(finite: balancedAccuracy)),
      (key: "loss", value: JSON(finite: loss)),
      (key: "classes", value: .array(classes.map { .string($0) })),
      (key: "recall", value: .array(classes.indices.map { JSON(finite: recall($0)) })),
      (key: "precision", value: .array(classes.indices.map { JSON(finite: precision($0)) })),
      (key: "f1", value: .array(classes.indices.map { JSON(finite: f1($0)) })),
      (
        key: "besides",
        value: .array(
          besides.map {
            .object([(key: "name", value: .string($0.name)), (key: "accuracy", value: JSON(finite: $0.accuracy))])
          })
      ),
      (key: "confusion", value: .array(confusion.map { .array($0.map { .integer($0) }) })),
    ])
  }
}
