import Recurrent

/// A part of a model beside the whole, or a model beside it: how often it is right on the same texts.
struct Besides: Sendable {
  let name: String
  let correctCount: Int
  let count: Int

  var accuracy: Double { Double(correctCount) / Double(count) }

  /// - Parameter scores: [classes] of each text.
  init(_ name: String, scores: [[Float]], _ truths: [Int32]) {
    self.name = name
    correctCount = zip(scores, truths).count { row, truth in
      row.firstIndex(of: row.max() ?? 0) == Int(truth)
    }
    count = truths.count
  }
}

/// A linear model's log p of each class for some texts.
struct LinearScores: Sendable {
  let name: String
  /// [classes] of each text.
  let scores: [[Float]]

  /// - Parameter texts: as their tokenizer leaves them.
  init(_ model: NGramClassifier, _ texts: [String]) {
    name = model.name
    scores = texts.map { model.logProbabilities($0).map { Float($0) } }
  }

  /// A network's scores and these together: the mean of both logarithms of p, as of two experts (Hinton 2002) who are believed
  /// equally.
  func joined(_ network: [[Float]]) -> [[Float]] {
    zip(network, scores).map { row, own in
      guard !row.isEmpty else { return row }
      return zip(ClassificationReport.classify(row.span).logs, own).map { (Float($0) + $1) / 2 }
    }
  }
}

extension NGramClassifier {
  /// In words: what it is.
  var name: String {
    orders == 3...3
      ? "letter trigrams, linear" : "letter n-grams (\(orders.lowerBound)-\(orders.upperBound)), linear"
  }
}
