internal import Storage

extension Metrics {
  /// The fewest insertions, deletions and substitutions of elements that make one collection the other (Levenshtein 1966;
  /// the recursion is Wagner & Fischer's, 1974). Takes time in proportion to the product of the lengths, memory for two
  /// rows of the shorter one.
  public static func editDistance<A: Collection, B: Collection>(_ a: A, _ b: B) -> Int
  where A.Element == B.Element, A.Element: Equatable {
    if a.count < b.count { return editDistance(b, a) }
    // Distances from the part of `a` so far to every beginning of `b`.
    var distances = Array(0...b.count)
    var next = distances
    for (row, x) in a.enumerated() {
      next[0] = row + 1
      for (column, y) in b.enumerated() {
        let substituted = distances[column] + (x == y ? 0 : 1)
        next[column + 1] = min(substituted, distances[column + 1] + 1, next[column] + 1)
      }
      swap(&distances, &next)
    }
    return distances[b.count]
  }

  /// All edits that hypotheses need to become their references, over the length of all references: the character error
  /// rate of strings, the word error rate of lists of words, the label error rate of `CTC`'s results. It may exceed 1;
  /// without a reference it is 0 where there is nothing in the hypotheses either, or infinite.
  /// - Precondition: as many hypotheses as references.
  public static func errorRate<A: Collection, B: Collection>(_ hypotheses: [A], _ references: [B]) -> Double
  where A.Element == B.Element, A.Element: Equatable {
    require(
      hypotheses.count == references.count, "\(hypotheses.count) hypotheses for \(references.count) references")
    var (edits, length) = (0, 0)
    for (hypothesis, reference) in zip(hypotheses, references) {
      edits += editDistance(hypothesis, reference)
      length += reference.count
    }
    return edits == 0 ? 0 : Double(edits) / Double(length)
  }
}
