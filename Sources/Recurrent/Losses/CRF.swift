internal import Foundation
internal import Storage

/// A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001) on the outputs of a model, in numbers: what it makes of
/// the outputs of one sequence. With e the outputs [T, K], A the transitions [K, K] (rows: from), b the starts and d the ends, labels y have the score
///
///     b[y₁] + Σ e_t[y_t] + Σ A[y_{t−1}, y_t] + d[y_T]
///
/// and the probability e^score / Z, Z being the sum over all K^T sequences of labels. All is computed on logarithms, in double
/// precision. A sequence of no steps has no labels, and log Z = 0. `Loss.crf` trains it.
public struct CRF: Sendable, Hashable {
  /// K.
  public let labelCount: Int
  /// A, [K, K], with what the constraints take off.
  public let transitions: [Double]
  /// b, [K], likewise.
  public let starts: [Double]
  /// d, [K], likewise.
  public let ends: [Double]

  /// - Parameters:
  ///   - transitions: A, [K, K], row-major; rows are the labels before.
  ///   - starts: b, [K].
  ///   - ends: d, [K].
  ///   - constraints: what is forbidden, and costs 10⁴.
  /// - Precondition: at least one label; as many numbers as these shapes have.
  public init(transitions: [Double], starts: [Double], ends: [Double], constraints: CRFConstraints = .none) {
    let count = starts.count
    require(count >= 1, "a CRF needs 1 label or more")
    require(
      transitions.count == count * count && ends.count == count,
      "expected \(count * count) transitions and \(count) ends of \(count) labels, got \(transitions.count) and \(ends.count)"
    )
    if let fault = constraints.fault(labelCount: count) { stop(fault) }
    var (own, first, last) = (transitions, starts, ends)
    for pair in constraints.transitions { own[pair.from * count + pair.to] += CRFConstraints.penalty }
    for label in constraints.starts { first[label] += CRFConstraints.penalty }
    for label in constraints.ends { last[label] += CRFConstraints.penalty }
    (labelCount, self.transitions, self.starts, self.ends) = (count, own, first, last)
  }

  // MARK: Decoding

  /// The labels with the highest score (Viterbi 1967). Of equal ones the smallest label wins, from the last step on.
  /// - Parameter outputs: e, [T, K].
  /// - Returns: [T].
  public func labels<S: Scalar>(_ outputs: [S]) -> [Int32] {
    let steps = stepCount(outputs)
    guard steps > 0 else { return [] }
    var scores = (0..<labelCount).map { starts[$0] + Double(outputs[$0]) }
    var pointers = [Int32](repeating: 0, count: steps * labelCount)
    var next = scores
    for step in 1..<max(steps, 1) {
      for label in 0..<labelCount {
        var (best, from) = (scores[0] + transitions[label], 0)
        for other in 1..<max(labelCount, 1) {
          let score = scores[other] + transitions[other * labelCount + label]
          if score > best { (best, from) = (score, other) }
        }
        next[label] = best + Double(outputs[step * labelCount + label])
        pointers[step * labelCount + label] = Int32(from)
      }
      swap(&scores, &next)
    }
    var last = 0
    for label in 1..<max(labelCount, 1) where scores[label] + ends[label] > scores[last] + ends[last] { last = label }
    var labels = [Int32](repeating: Int32(last), count: steps)
    for step in stride(from: steps - 1, to: 0, by: -1) {
      labels[step - 1] = pointers[step * labelCount + Int(labels[step])]
    }
    return labels
  }

  // MARK: Probabilities

  /// The score of labels, before it is normalized.
  /// - Parameters:
  ///   - outputs: e, [T, K].
  ///   - labels: y, [T].
  public func score<S: Scalar>(_ outputs: [S], _ labels: [Int32]) -> Double {
    let steps = stepCount(outputs)
    require(labels.count == steps, "expected \(steps) labels, got \(labels.count)")
    require(
      labels.allSatisfy { $0 >= 0 && $0 < labelCount }, "labels must be in 0..<\(labelCount), got \(labels)")
    guard let first = labels.first, let last = labels.last else { return 0 }
    var sum = starts[Int(first)] + ends[Int(last)]
    for (step, label) in labels.enumerated() {
      sum += Double(outputs[step * labelCount + Int(label)])
      if step > 0 { sum += transitions[Int(labels[step - 1]) * labelCount + Int(label)] }
    }
    return sum
  }

  /// log Z.
  /// - Parameter outputs: e, [T, K].
  public func logPartition<S: Scalar>(_ outputs: [S]) -> Double {
    let forward = forward(outputs)
    guard !forward.isEmpty else { return 0 }
    let last = forward.count - labelCount
    return logSum((0..<labelCount).map { forward[last + $0] + ends[$0] })
  }

  /// log p(labels | outputs), at most 0.
  /// - Parameters:
  ///   - outputs: e, [T, K].
  ///   - labels: y, [T].
  public func logLikelihood<S: Scalar>(_ outputs: [S], _ labels: [Int32]) -> Double {
    score(outputs, labels) - logPartition(outputs)
  }

  /// p(y_t = label | outputs) for each step and label, by forward and backward sums (Rabiner 1989).
  /// - Parameter outputs: e, [T, K].
  /// - Returns: [T, K]; those of a step sum to 1.
  public func marginals<S: Scalar>(_ outputs: [S]) -> [Double] {
    let steps = stepCount(outputs)
    var marginals = forward(outputs)
    guard steps > 0 else { return [] }
    let total = logPartition(outputs)
    var backward = ends
    for step in stride(from: steps - 1, through: 0, by: -1) {
      let row = step * labelCount
      for label in 0..<labelCount { marginals[row + label] = exp(marginals[row + label] + backward[label] - total) }
      let later = (0..<labelCount).map { backward[$0] + Double(outputs[row + $0]) }
      for label in 0..<labelCount {
        backward[label] = logSum((0..<labelCount).map { transitions[label * labelCount + $0] + later[$0] })
      }
    }
    return marginals
  }

  /// α, [T, K]: the logarithm of the sum over all labels up to a step that end there with this one.
  private func forward<S: Scalar>(_ outputs: [S]) -> [Double] {
    let steps = stepCount(outputs)
    var sums: [Double] = []
    sums.reserveCapacity(outputs.count)
    for step in 0..<steps {
      let before = sums.count - labelCount
      for label in 0..<labelCount {
        let own = Double(outputs[step * labelCount + label])
        sums.append(
          step == 0
            ? starts[label] + own
            : logSum((0..<labelCount).map { sums[before + $0] + transitions[$0 * labelCount + label] }) + own)
      }
    }
    return sums
  }

  private func logSum(_ terms: [Double]) -> Double {
    let most = terms.reduce(-.infinity) { max($0, $1) }
    return most == -.infinity ? most : most + log(terms.reduce(0) { $0 + exp($1 - most) })
  }

  private func stepCount<S>(_ outputs: [S]) -> Int {
    require(
      outputs.count.isMultiple(of: labelCount),
      "expected whole steps of \(labelCount) outputs, got \(outputs.count) outputs")
    return outputs.count / labelCount
  }
}

extension Model {
  /// The CRF on the outputs, with its constraints; nil where the model has none.
  public var crf: CRF? {
    guard let constraints = configuration.crf else { return nil }
    func values(_ name: String) -> [Double] { self[parameter: name].map { Double($0) } }
    return CRF(
      transitions: values("crf.transitions"), starts: values("crf.start_transitions"),
      ends: values("crf.end_transitions"), constraints: constraints)
  }

  /// The likeliest label of each step: of a model with a CRF the labels with the highest score together, else the greatest of each step's outputs.
  /// - Parameters:
  ///   - outputs: of any number of sequences, as `predict` returns them.
  /// - Returns: a label for each step.
  public func labels(of outputs: Sequences<S>) -> Sequences<Int32> {
    guard let crf else { return outputs.greatest }
    return crf.labels(of: outputs)
  }
}

extension CRF {
  /// The labels with the highest score, sequence by sequence.
  func labels<S: Scalar>(of outputs: Sequences<S>) -> Sequences<Int32> {
    Sequences(
      values: (0..<outputs.count).flatMap { labels(Array(outputs[$0])) }, lengths: outputs.lengths)
  }
}
