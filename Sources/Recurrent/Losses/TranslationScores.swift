internal import Foundation
internal import Storage

/// How near texts come to references as translations are judged: by n-grams of words, and of characters. Both in percent, of a
/// whole corpus, with any number of references for each text; their numbers are those of SacreBLEU (Post 2018).
extension Metrics {
  /// BLEU (Papineni, Roukos, Ward & Zhu 2002) of n-grams up to 4 words, which stand between spaces as they are (SacreBLEU's
  /// `tokenize="none"`): the geometric mean of the n-grams' precisions, each n-gram counted at most as often as in the
  /// reference that has it most often, times e^(1 − r/c) where the texts' c words are fewer than the r of the references
  /// that are nearest in length. Precisions of 0 are smoothed, 1/2, 1/4, … of one n-gram (Chen & Cherry 2014, method 3).
  /// - Parameters:
  ///   - hypotheses: the texts.
  ///   - references: one or more for each text.
  /// - Returns: 0...100.
  /// - Precondition: as many lists of references as texts, none of them empty.
  public static func bleu(_ hypotheses: [String], _ references: [[String]]) -> Double {
    check(hypotheses, references)
    var (matches, totals) = ([0, 0, 0, 0], [0, 0, 0, 0])
    var (length, referenceLength) = (0, 0)
    for (hypothesis, own) in zip(hypotheses, references) {
      let words = words(hypothesis)
      let others = own.map(Self.words)
      length += words.count
      // Of equally near ones the shorter.
      referenceLength += others.map(\.count).min { (abs($0 - words.count), $0) < (abs($1 - words.count), $1) } ?? 0
      for order in 1...4 {
        let counts = counts(words, order)
        let bounds = others.map { Self.counts($0, order) }
        for (gram, count) in counts { matches[order - 1] += min(count, bounds.map { $0[gram] ?? 0 }.max() ?? 0) }
        totals[order - 1] += max(0, words.count - order + 1)
      }
    }
    guard totals.allSatisfy({ $0 > 0 }), matches[0] > 0 else { return 0 }
    var (sum, smoothing) = (0.0, 1.0)
    for (match, total) in zip(matches, totals) {
      if match == 0 { smoothing *= 2 }
      sum += log((match == 0 ? 1 / smoothing : Double(match)) / Double(total))
    }
    let penalty = length < referenceLength ? exp(1 - Double(referenceLength) / Double(length)) : 1
    return 100 * penalty * exp(sum / 4)
  }

  /// chrF (Popović 2015): the F score, with recall counting β = 2 times as much, of the mean precision and the mean recall of
  /// n-grams of up to 6 characters, spaces left out. Of several references the one counts that the text comes nearest to.
  /// - Parameters:
  ///   - hypotheses: the texts.
  ///   - references: one or more for each text.
  /// - Returns: 0...100.
  /// - Precondition: as many lists of references as texts, none of them empty.
  public static func chrF(_ hypotheses: [String], _ references: [[String]]) -> Double {
    check(hypotheses, references)
    var sums = GramCounts()
    for (hypothesis, own) in zip(hypotheses, references) {
      let characters = characters(hypothesis)
      let all = own.map { GramCounts(characters, Self.characters($0)) }
      // Of equal ones the first.
      sums.add(all.dropFirst().reduce(all[0]) { $1.score > $0.score ? $1 : $0 })
    }
    return sums.score
  }

  private static func check(_ hypotheses: [String], _ references: [[String]]) {
    require(
      hypotheses.count == references.count,
      "expected references for \(hypotheses.count) texts, got them for \(references.count)")
    require(references.allSatisfy { !$0.isEmpty }, "expected 1 reference or more for each text")
  }

  private static func words(_ text: String) -> [ExactString] {
    text.unicodeScalars.split { $0.properties.isWhitespace }.map { ExactString(String($0)) }
  }

  private static func characters(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter { !$0.properties.isWhitespace }
  }

  fileprivate static func counts<Element: Hashable>(_ elements: [Element], _ order: Int) -> [ArraySlice<Element>: Int] {
    var counts: [ArraySlice<Element>: Int] = [:]
    guard elements.count >= order else { return counts }
    for start in 0...elements.count - order { counts[elements[start..<start + order], default: 0] += 1 }
    return counts
  }
}

/// n-grams of characters of a text, of its reference, and of both, for n = 1...6.
private struct GramCounts {
  private static let orders = 6
  private static let beta = 2.0

  private var own = [Int](repeating: 0, count: orders)
  private var reference = [Int](repeating: 0, count: orders)
  private var common = [Int](repeating: 0, count: orders)

  init() {}

  init(_ text: [Unicode.Scalar], _ other: [Unicode.Scalar]) {
    for index in 0..<Self.orders {
      let counts = Metrics.counts(text, index + 1)
      let bounds = Metrics.counts(other, index + 1)
      reference[index] = max(0, other.count - index)
      // As SacreBLEU: without a reference of that length those of the text do not count.
      own[index] = bounds.isEmpty ? 0 : max(0, text.count - index)
      for (gram, count) in counts { common[index] += min(count, bounds[gram] ?? 0) }
    }
  }

  mutating func add(_ other: GramCounts) {
    for index in own.indices {
      own[index] += other.own[index]
      reference[index] += other.reference[index]
      common[index] += other.common[index]
    }
  }

  /// Of the orders that both have n-grams of.
  var score: Double {
    var (precision, recall, count) = (0.0, 0.0, 0.0)
    for index in own.indices where own[index] > 0 && reference[index] > 0 {
      precision += Double(common[index]) / Double(own[index])
      recall += Double(common[index]) / Double(reference[index])
      count += 1
    }
    guard precision + recall > 0 else { return 0 }
    (precision, recall) = (precision / count, recall / count)
    let factor = Self.beta * Self.beta
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall)
  }
}
