import ArgumentParser
import Recurrent
import Storage

/// What decides when a training stops, and which model is kept: lower is better.
enum TranslationMetric: String, NamedChoice {
  case wordError = "word-error"
  case symbolError = "symbol-error"
  case bleu, chrf

  /// For lines of the training.
  var name: String {
    switch self {
    case .wordError: "word error"
    case .symbolError: "symbol error"
    case .bleu: "1 - BLEU"
    case .chrf: "1 - chrF"
    }
  }
}

/// How often answers are right, and how near they come.
struct TranslationReport: Sendable {
  /// Sources.
  let count: Int
  /// Pairs of them with their targets.
  let pairCount: Int
  /// Sources whose answer is one of their targets.
  let rightCount: Int
  /// Edits from each answer to the nearest of its targets, and the symbols of these.
  let edits: Int
  let symbolCount: Int
  /// In percent.
  let bleu: Double
  let chrF: Double

  /// - Parameter answers: to each source, the best.
  init(_ pairs: Pairs, _ answers: [String], unit: TextTokenizer.Unit) {
    count = pairs.items.count
    pairCount = pairs.count
    var (right, edits, symbols) = (0, 0, 0)
    for (item, answer) in zip(pairs.items, answers) {
      let found = unit.measures(of: answer).map { ExactString($0) }
      // Of equally near ones the longer, as its edits are fewer a symbol.
      let nearest = item.targets.map { target in
        let own = unit.measures(of: target).map { ExactString($0) }
        return (edits: Metrics.editDistance(found, own), length: own.count)
      }.min { ($0.edits, -$0.length) < ($1.edits, -$1.length) }
      guard let nearest else { continue }
      right += nearest.edits == 0 ? 1 : 0
      edits += nearest.edits
      symbols += nearest.length
    }
    (rightCount, self.edits, symbolCount) = (right, edits, symbols)
    bleu = Metrics.bleu(answers, pairs.items.map(\.targets))
    chrF = Metrics.chrF(answers, pairs.items.map(\.targets))
  }

  /// The share of sources whose answer is none of their targets.
  var wordErrorRate: Double { Double(count - rightCount) / Double(count) }
  /// Edits for each symbol of the nearest targets.
  var symbolErrorRate: Double { symbolCount == 0 ? 0 : Double(edits) / Double(symbolCount) }

  /// Lower is better. What decides between equals is below the digits that are shown.
  func value(of metric: TranslationMetric) -> Double {
    let own =
      switch metric {
      case .wordError: wordErrorRate
      case .symbolError: symbolErrorRate
      case .bleu: 1 - bleu / 100
      case .chrf: 1 - chrF / 100
      }
    return own + 1e-6 * min(1, symbolErrorRate)
  }

  var description: String {
    func percent(_ share: Double) -> String { decimal(share * 100, places: 2) + " %" }
    return table(
      [
        [
          "word error", percent(wordErrorRate),
          "\(grouped(count - rightCount)) of \(counted(count, "source")) without a right answer",
        ],
        [
          "symbol error", percent(symbolErrorRate),
          "\(counted(edits, "edit")) of \(counted(symbolCount, "symbol")) of the nearest right answers",
        ],
        ["BLEU", decimal(bleu, places: 2), "n-grams of up to 4 words between spaces"],
        ["chrF", decimal(chrF, places: 2), "n-grams of up to 6 characters"],
      ], right: [1])
  }

  var json: JSON {
    .object([
      (key: "sources", value: .integer(count)), (key: "pairs", value: .integer(pairCount)),
      (key: "right", value: .integer(rightCount)),
      (key: "word_error_rate", value: JSON(finite: wordErrorRate)),
      (key: "symbol_error_rate", value: JSON(finite: symbolErrorRate)),
      (key: "edits", value: .integer(edits)), (key: "symbols", value: .integer(symbolCount)),
      (key: "bleu", value: JSON(finite: bleu)), (key: "chrf", value: JSON(finite: chrF)),
    ])
  }
}

extension Translator {
  /// Compares with the right answers.
  mutating func report(_ pairs: Pairs) throws(PlanError) -> TranslationReport {
    let found = try answers(pairs.items.map(\.source))
    return TranslationReport(pairs, found.map { $0.first?.text ?? "" }, unit: description.target.unit)
  }
}
