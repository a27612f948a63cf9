internal import Foundation
internal import Storage

extension CTC {
  /// What the likeliest output of each step spells: runs merged, blanks dropped (Graves 2006, §3.2). Not always the
  /// likeliest labels, whose alignments may share out their probability.
  /// - Parameters:
  ///   - outputs: [T, V] of one sequence; logits or anything that grows with them.
  ///   - outputSize: V.
  ///   - blank: the output that spells nothing.
  public static func bestPath<S: Scalar>(_ outputs: [S], outputSize: Int, blank: Int = 0) -> [Int32] {
    bestPaths(outputs, batchSize: 1, outputSize: outputSize, blank: blank)[0]
  }

  /// The same for each sequence of a batch.
  /// - Parameters:
  ///   - outputs: [T, N, V].
  ///   - batchSize: N.
  ///   - outputSize: V.
  ///   - stepCounts: how many of the steps each sequence has; nil: all.
  ///   - blank: the output that spells nothing.
  public static func bestPaths<S: Scalar>(
    _ outputs: [S], batchSize: Int, outputSize: Int, stepCounts: [Int]? = nil, blank: Int = 0
  ) -> [[Int32]] {
    let steps = check(outputs.count, batchSize, outputSize, stepCounts, blank)
    return (0..<batchSize).map { sequence in
      var labels: [Int32] = []
      var last = blank
      for step in 0..<(stepCounts?[sequence] ?? steps) {
        let start = (step * batchSize + sequence) * outputSize
        var best = start
        for place in start..<start + outputSize where outputs[place] > outputs[best] { best = place }
        let label = best - start
        if label != blank, label != last { labels.append(Int32(label)) }
        last = label
      }
      return labels
    }
  }

  /// The likeliest labels that a search over their prefixes finds, best first, at most `width` of them: after each step the
  /// `width` likeliest prefixes go on (Hannun et al. 2014, without a language model). With as many as there can be,
  /// the search is exact.
  /// - Parameters:
  ///   - outputs: [T, V] of one sequence, logits.
  ///   - outputSize: V.
  ///   - blank: the output that spells nothing.
  ///   - width: prefixes that are kept.
  public static func beamSearch<S: Scalar>(
    _ outputs: [S], outputSize: Int, blank: Int = 0, width: Int
  ) -> [(labels: [Int32], logProbability: Double)] {
    require(width >= 1, "a beam must be 1 wide or more, got \(width)")
    let steps = check(outputs.count, 1, outputSize, nil, blank)
    var beam: [[Int32]: Prefix] = [[]: Prefix(atBlank: 0)]
    for step in 0..<steps {
      let logits = outputs[step * outputSize..<(step + 1) * outputSize].map { Double($0) }
      let maximum = logits.max()!
      let normalizer = maximum + log(logits.reduce(0) { $0 + exp($1 - maximum) })
      var next: [[Int32]: Prefix] = [:]
      for (labels, prefix) in beam {
        next[labels, default: Prefix()].add(atBlank: prefix.total + logits[blank] - normalizer)
        for (label, logit) in logits.enumerated() where label != blank {
          let isRepeated = labels.last == Int32(label)
          // A run goes on with the same prefix; a second one needs a blank between.
          if isRepeated { next[labels, default: Prefix()].add(atLabel: prefix.atLabel + logit - normalizer) }
          let start = isRepeated ? prefix.atBlank : prefix.total
          if start > -.infinity {
            next[labels + [Int32(label)], default: Prefix()].add(atLabel: start + logit - normalizer)
          }
        }
      }
      beam = next
      if next.count > width {
        beam = Dictionary(uniqueKeysWithValues: next.sorted(by: isBetter).prefix(width).map { ($0.key, $0.value) })
      }
    }
    return beam.sorted(by: isBetter).map { ($0.key, $0.value.total) }
  }

  /// Where probabilities are equal the labels decide, so that the result does not depend on the order of a dictionary.
  private static func isBetter(
    _ a: (key: [Int32], value: Prefix), _ b: (key: [Int32], value: Prefix)
  ) -> Bool {
    a.value.total != b.value.total
      ? a.value.total > b.value.total : a.key.lexicographicallyPrecedes(b.key)
  }

  /// How likely it is that the steps so far spell a prefix, as logarithms.
  private struct Prefix {
    /// The last step being a blank.
    private(set) var atBlank = -Double.infinity
    /// The last step being the prefix's last label.
    private(set) var atLabel = -Double.infinity

    init() {}
    init(atBlank: Double) { self.atBlank = atBlank }

    var total: Double { Self.sum(atBlank, atLabel) }
    mutating func add(atBlank other: Double) { atBlank = Self.sum(atBlank, other) }
    mutating func add(atLabel other: Double) { atLabel = Self.sum(atLabel, other) }

    private static func sum(_ a: Double, _ b: Double) -> Double {
      let most = max(a, b)
      return most == -.infinity ? most : most + log1p(exp(min(a, b) - most))
    }
  }

  /// Returns the number of steps.
  private static func check(
    _ count: Int, _ batchSize: Int, _ outputSize: Int, _ stepCounts: [Int]?, _ blank: Int
  ) -> Int {
    require(batchSize >= 1 && outputSize >= 1, "\(batchSize) sequences of \(outputSize) outputs")
    require(blank >= 0 && blank < outputSize, "blank \(blank) of \(outputSize) outputs")
    let steps = count / (batchSize * outputSize)
    require(
      count == steps * batchSize * outputSize,
      "\(count) outputs are no steps of \(batchSize) sequences of \(outputSize)")
    if let stepCounts {
      require(
        stepCounts.count == batchSize && stepCounts.allSatisfy { $0 >= 0 && $0 <= steps },
        "expected \(batchSize) numbers of steps in 0...\(steps), got \(stepCounts)")
    }
    return steps
  }
}
