import Recurrent
import Storage

/// What is measured of tags: lower is better.
enum TagMetric: String, NamedChoice {
  case spanError = "span-error"
  case tagError = "tag-error"

  /// For lines of the training.
  var name: String { self == .spanError ? "span error" : "tag error" }

  /// 1 less F1 of spans, or less the share of right tags.
  func value(_ scores: SpanScores) -> Double {
    self == .spanError ? 1 - scores.spans.f1 : 1 - scores.accuracy
  }
}

/// How tags agree with what they should be, for people and programs.
struct TagReport: CustomStringConvertible {
  let scores: SpanScores
  let unit: TagDescription.Unit

  /// Of spans their types, else the tags.
  private var parts: [(name: String, count: SpanScores.Count)] {
    let all = scores.hasSpans ? scores.types : scores.labels
    return all.map { (name: $0.key, count: $0.value) }.sorted {
      ($1.count.expected, $0.name) < ($0.count.expected, $1.name)
    }
  }

  private func percent(_ share: Double) -> String { decimal(share * 100, places: 2) }

  var description: String {
    var facts = [
      [
        "tags", percent(scores.accuracy) + " %",
        "\(grouped(scores.rightCount)) of \(counted(scores.count, unit.rawValue))",
      ],
      [
        "sentences", percent(Double(scores.rightSequenceCount) / Double(scores.sequenceCount)) + " %",
        "\(grouped(scores.rightSequenceCount)) of \(grouped(scores.sequenceCount)) without a wrong tag",
      ],
    ]
    let spans = scores.spans
    if scores.hasSpans {
      facts.insert(
        [
          "spans F1", percent(spans.f1) + " %",
          "precision \(percent(spans.precision)) %, recall \(percent(spans.recall)) %, of \(grouped(spans.expected))",
        ], at: 0)
    }
    return table(facts, right: [1]) + "\n\n" + table([header] + rows, right: [1, 2, 3, 4, 5])
  }

  var header: [String] { [scores.hasSpans ? "span" : "tag", "there", "found", "precision %", "recall %", "F1 %"] }

  var rows: [[String]] {
    parts.map { name, count in
      [
        printable(name, limit: 40), grouped(count.expected), grouped(count.found), percent(count.precision),
        percent(count.recall), percent(count.f1),
      ]
    }
  }

  var json: JSON {
    func object(_ count: SpanScores.Count) -> [(key: String, value: JSON)] {
      [
        (key: "expected", value: .integer(count.expected)), (key: "found", value: .integer(count.found)),
        (key: "right", value: .integer(count.right)), (key: "precision", value: JSON(finite: count.precision)),
        (key: "recall", value: JSON(finite: count.recall)), (key: "f1", value: JSON(finite: count.f1)),
      ]
    }
    func all(_ counts: [String: SpanScores.Count]) -> JSON {
      .object(counts.sorted { $0.key < $1.key }.map { (key: $0.key, value: .object(object($0.value))) })
    }
    var members: [(key: String, value: JSON)] = [
      (key: "unit", value: .string(unit.rawValue)), (key: "sentences", value: .integer(scores.sequenceCount)),
      (key: "sentences_right", value: .integer(scores.rightSequenceCount)),
      (key: "tokens", value: .integer(scores.count)), (key: "tokens_right", value: .integer(scores.rightCount)),
      (key: "accuracy", value: JSON(finite: scores.accuracy)),
    ]
    if scores.hasSpans {
      members.append((key: "spans", value: .object(object(scores.spans))))
      members.append((key: "types", value: all(scores.types)))
    }
    members.append((key: "tags", value: all(scores.labels)))
    return .object(members)
  }
}
