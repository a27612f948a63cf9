import Foundation
import Recurrent
import Testing

@Suite("Linear-chain CRF")
struct CRFTests {
  /// A CRF and outputs of some steps, drawn.
  private struct Chain {
    let count: Int
    let crf: CRF
    let outputs: [Double]
    var steps: Int { outputs.count / count }

    init(labels count: Int, steps: Int, scale: Double = 2, seed: UInt64, constraints: CRFConstraints = .none) {
      var generator = SeededGenerator(seed: seed)
      func numbers(_ length: Int) -> [Double] { (0..<length).map { _ in generator.uniform(-scale, scale) } }
      self.count = count
      crf = CRF(
        transitions: numbers(count * count), starts: numbers(count), ends: numbers(count), constraints: constraints)
      outputs = numbers(count * steps)
    }

    /// All K^T sequences of labels, by the last label first.
    var paths: [[Int32]] {
      (0..<Int(pow(Double(count), Double(steps)))).map { number in
        var rest = number
        return (0..<steps).map { _ in
          defer { rest /= count }
          return Int32(rest % count)
        }
      }
    }

    /// By the definition.
    func score(_ labels: [Int32]) -> Double {
      var sum = crf.starts[Int(labels[0])] + crf.ends[Int(labels[labels.count - 1])]
      for (step, label) in labels.enumerated() {
        sum += outputs[step * count + Int(label)]
        if step > 0 { sum += crf.transitions[Int(labels[step - 1]) * count + Int(label)] }
      }
      return sum
    }
  }

  private static let sizes = (1...4).flatMap { count in (1...5).map { (count, $0) } }

  /// Sums of at most 4⁵ terms of at most 4·5 factors, twice; relative to numbers below 60 in the logarithm.
  private static let allowed = 2 * Double(1024 + 20) * 60 * 0x1p-53

  @Test("Everything as the sum over all sequences of labels has it", arguments: sizes)
  func bruteForce(count: Int, steps: Int) {
    let chain = Chain(labels: count, steps: steps, seed: UInt64(10 * count + steps))
    let (paths, scores) = (chain.paths, chain.paths.map(chain.score))
    let total = log(scores.reduce(0) { $0 + exp($1) })
    #expect(abs(chain.crf.logPartition(chain.outputs) - total) <= Self.allowed)
    #expect(abs(chain.crf.score(chain.outputs, paths[0]) - scores[0]) <= Self.allowed)

    var marginals = [Double](repeating: 0, count: steps * count)
    var pairs = [Double](repeating: 0, count: count * count)
    for (path, score) in zip(paths, scores) {
      let probability = exp(score - total)
      for (step, label) in path.enumerated() {
        marginals[step * count + Int(label)] += probability
        if step > 0 { pairs[Int(path[step - 1]) * count + Int(label)] += probability }
      }
    }
    let found = chain.crf.marginals(chain.outputs)
    for (a, b) in zip(found, marginals) { #expect(abs(a - b) <= Self.allowed) }
    for step in 0..<steps {
      #expect(abs(found[step * count..<(step + 1) * count].reduce(0, +) - 1) <= Self.allowed)
    }

    // The likeliest, and what a trainer computes for some labels.
    let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    #expect(chain.crf.labels(chain.outputs) == paths[best])
    let labels = paths[paths.count / 3]
    for (place, label) in labels.enumerated() {
      marginals[place * count + Int(label)] -= 1
      if place > 0 { pairs[Int(labels[place - 1]) * count + Int(label)] -= 1 }
    }
    let result = chain.crf.evaluate(
      Sequences([chain.outputs], width: count), labels: Sequences([labels]))
    let share = 1 / Double(steps)
    #expect(abs(result.loss - share * (total - chain.score(labels))) <= Self.allowed)
    for (a, b) in zip(result.gradients.outputs, marginals) { #expect(abs(a - share * b) <= Self.allowed) }
    for (a, b) in zip(result.gradients.transitions, pairs) { #expect(abs(a - share * b) <= Self.allowed) }
    for label in 0..<count {
      #expect(abs(result.gradients.starts[label] - share * marginals[label]) <= Self.allowed)
      #expect(abs(result.gradients.ends[label] - share * marginals[(steps - 1) * count + label]) <= Self.allowed)
    }
  }

  /// Figures of a program that shares no code with this one: 20 lines of Python, which sum over all 81 sequences.
  @Test("Figures from elsewhere")
  func figures() {
    let crf = CRF(
      transitions: [0.5, -1.25, 0.25, 1, 0.75, -0.5, -0.75, 0.5, 1.5], starts: [0.25, -0.5, 1], ends: [-1, 0.5, 0.75])
    let outputs = [1, -0.5, 0.25, -1.5, 2, 0.5, 0.75, 0.25, -0.25, -0.25, 1.25, 1]
    let labels: [Int32] = [0, 1, 2, 2]
    #expect(abs(crf.logPartition(outputs) - 9.41253803269332) < 1e-13)
    #expect(crf.score(outputs, labels) == 4.5)
    #expect(crf.labels(outputs) == [2, 2, 2, 2])
    let marginals = [
      0.17933590543164307, 0.06102369030351173, 0.7596404042648452, 0.011436152409273056, 0.5283005137287695,
      0.4602633338619574, 0.2800160680830961, 0.2997389418321099, 0.42024499008479405, 0.029703613287859226,
      0.3830919193124217, 0.5872044673997191,
    ]
    for (a, b) in zip(crf.marginals(outputs), marginals) { #expect(abs(a - b) < 1e-13) }
    let result = crf.evaluate(Sequences([outputs], width: 3), labels: Sequences([labels]))
    #expect(abs(result.loss - 1.22813450817333) < 1e-13)
    let transitions = [
      0.006706087873520847, -0.2201000891212721, 0.08109103272875431, 0.06610458154371743, 0.11998389057830293,
      -0.21382268565592255, 0.00747828902781882, 0.15289904226129447, -0.00034014923621411564,
    ]
    for (a, b) in zip(result.gradients.transitions, transitions) { #expect(abs(a - b) < 1e-13) }
  }

  @Test("Without transitions it is the cross-entropy of each step")
  func softmax() {
    let (count, lengths) = (5, [4, 1, 7])
    var generator = SeededGenerator(seed: 3)
    let outputs = (0..<12 * count).map { _ in generator.uniform(-4, 4) }
    let labels = (0..<12).map { _ in Int32(generator.uniform() * 5) }
    let zeros = [Double](repeating: 0, count: count)
    let crf = CRF(transitions: [Double](repeating: 0, count: count * count), starts: zeros, ends: zeros)
    let chained = crf.evaluate(
      Sequences(values: outputs, lengths: lengths, width: count), labels: Sequences(values: labels, lengths: lengths))
    let single = Loss.crossEntropy.evaluate(outputs, outputSize: count, classes: labels)
    #expect(abs(chained.loss - single.loss) < 1e-14)
    for (a, b) in zip(chained.gradients.outputs, single.gradient) { #expect(abs(a - b) < 1e-14) }
  }

  @Test("A number added to all outputs of a step changes nothing, however large the score becomes")
  func shift() {
    let chain = Chain(labels: 4, steps: 5, seed: 9)
    let labels: [Int32] = [3, 0, 1, 1, 2]
    func evaluate(_ outputs: [Double]) -> (loss: Double, gradients: CRF.Gradients<Double>) {
      chain.crf.evaluate(Sequences([outputs], width: 4), labels: Sequences([labels]))
    }
    let shifted = chain.outputs.enumerated().map { $1 + [512.0, -1024, 0, 2048, 64][$0 / 4] }
    let (a, b) = (evaluate(chain.outputs), evaluate(shifted))
    // Numbers up to 2¹² have lost 12 bits.
    #expect(abs(a.loss - b.loss) < 1e-11)
    for (x, y) in zip(a.gradients.outputs, b.gradients.outputs) { #expect(abs(x - y) < 1e-11) }
    #expect(chain.crf.labels(shifted) == chain.crf.labels(chain.outputs))
  }

  /// Where the likeliest labels of two steps do not go together by thousands, sums of powers underflow.
  @Test("Scores far apart", arguments: [100.0, 1000, 20_000])
  func farApart(scale: Double) {
    for seed in 1...20 as ClosedRange<UInt64> {
      let chain = Chain(labels: 3, steps: 6, scale: scale, seed: seed)
      let labels = chain.paths[Int(seed) * 31]
      let result = chain.crf.evaluate(Sequences([chain.outputs], width: 3), labels: Sequences([labels]))
      let (scores, paths) = (chain.paths.map(chain.score), chain.paths)
      let most = scores.max() ?? 0
      let total = most + log(scores.reduce(0) { $0 + exp($1 - most) })
      let allowed = 14 * scale * 64 * 0x1p-53
      #expect(abs(result.loss * 6 - (total - chain.score(labels))) <= allowed)
      var pairs = [Double](repeating: 0, count: 9)
      for (path, score) in zip(paths, scores) {
        for step in 1..<6 { pairs[Int(path[step - 1]) * 3 + Int(path[step])] += exp(score - total) }
      }
      for step in 1..<6 { pairs[Int(labels[step - 1]) * 3 + Int(labels[step])] -= 1 }
      for (a, b) in zip(result.gradients.transitions, pairs) { #expect(abs(a * 6 - b) <= 10 * allowed) }
    }
  }

  @Test("Of equal scores the smallest labels win, from the last step on")
  func ties() {
    let zeros = CRF(transitions: [0, 0, 0, 0], starts: [0, 0], ends: [0, 0])
    #expect(zeros.labels([Double](repeating: 0, count: 6)) == [0, 0, 0])
    let alternating = CRF(transitions: [0, 1, 1, 0], starts: [0, 0], ends: [0, 0])
    #expect(alternating.labels([Double](repeating: 0, count: 6)) == [0, 1, 0])
  }

  @Test("No steps: no labels, log Z = 0, no loss and no gradient")
  func empty() {
    let chain = Chain(labels: 3, steps: 4, seed: 2)
    #expect(chain.crf.labels([Double]()) == [])
    #expect(chain.crf.logPartition([Double]()) == 0)
    #expect(chain.crf.marginals([Double]()) == [])
    let alone = chain.crf.evaluate(Sequences([chain.outputs], width: 3), labels: Sequences([[0, 1, 2, 0]]))
    let beside = chain.crf.evaluate(
      Sequences([[], chain.outputs, []], width: 3), labels: Sequences([[], [0, 1, 2, 0], []]))
    #expect(alone.loss == beside.loss)
    #expect(alone.gradients.transitions == beside.gradients.transitions)
    let nothing = chain.crf.evaluate(Sequences([[Double]()], width: 3), labels: Sequences([[]]))
    #expect(nothing.loss == 0 && nothing.gradients.transitions.allSatisfy { $0 == 0 })
  }

  @Test("Outputs that are no numbers make the loss none")
  func notFinite() {
    let chain = Chain(labels: 3, steps: 4, seed: 2)
    for value in [Double.nan, .infinity] {
      var outputs = chain.outputs
      outputs[4] = value
      let result = chain.crf.evaluate(Sequences([outputs], width: 3), labels: Sequences([[0, 1, 2, 0]]))
      #expect(!result.loss.isFinite)
    }
  }

  // MARK: Constraints

  private static let tags = ["O", "B-A", "I-A", "B-B", "I-B"]

  @Test("Labels of spans forbid what breaks them")
  func spans() {
    let constraints = CRFConstraints.spans(Self.tags)
    #expect(constraints.starts == [2, 4] && constraints.ends == [])
    let allowed: Set = [[1, 2], [2, 2], [3, 4], [4, 4]]
    let forbidden = (0..<5).flatMap { from in [2, 4].map { [from, $0] } }.filter { !allowed.contains($0) }
    #expect(Set(constraints.transitions.map { [$0.from, $0.to] }) == Set(forbidden))

    let closed = CRFConstraints.spans(["O", "B-A", "I-A", "E-A", "S-A"])
    #expect(closed.starts == [2, 3] && closed.ends == [1, 2])
    let open: Set = [
      [1, 2], [1, 3], [2, 2], [2, 3], [0, 0], [0, 1], [0, 4], [3, 0], [3, 1], [3, 4], [4, 0], [4, 1], [4, 4],
    ]
    for from in 0..<5 {
      for to in 0..<5 {
        let isForbidden = closed.transitions.contains { $0.from == from && $0.to == to }
        #expect(isForbidden == !open.contains([from, to]), "\(from) to \(to)")
      }
    }
    #expect(CRFConstraints.spans(["NOUN", "VERB", "I", "B"]).isEmpty)
  }

  @Test("What is forbidden is neither decoded nor probable", arguments: 1...20)
  func forbidden(seed: Int) {
    let chain = Chain(
      labels: 5, steps: 4, scale: 5, seed: UInt64(seed), constraints: .spans(Self.tags))
    let constraints = CRFConstraints.spans(Self.tags)
    func breaks(_ path: [Int32]) -> Bool {
      constraints.starts.contains(Int(path[0]))
        || zip(path, path.dropFirst()).contains { from, to in
          constraints.transitions.contains { $0.from == Int(from) && $0.to == Int(to) }
        }
    }
    let kept = chain.paths.filter { !breaks($0) }
    let best = kept.max { chain.score($0) < chain.score($1) }
    #expect(chain.crf.labels(chain.outputs) == best)
    // Of all probability what keeps the rules has everything but 5⁴·e^−9,900.
    let most = best.map(chain.score) ?? 0
    let total = most + log(kept.reduce(0) { $0 + exp(chain.score($1) - most) })
    #expect(abs(chain.crf.logPartition(chain.outputs) - total) < 1e-11)
    #expect(chain.crf.marginals(chain.outputs)[2] == 0)
    // A sequence that breaks them has a loss all the same, and a gradient.
    let broken = chain.crf.evaluate(Sequences([chain.outputs], width: 5), labels: Sequences([[2, 0, 0, 0]]))
    #expect(broken.loss > 2000 && broken.loss < 3000)
    #expect(broken.gradients.outputs[2] == -0.25)
  }
}
