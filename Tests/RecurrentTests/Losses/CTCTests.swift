import Foundation
import Recurrent
import Testing

@Suite("Connectionist temporal classification")
struct CTCTests {
  /// Loss and gradient of one sequence by its definition: every alignment by itself.
  private func enumerate(
    _ logits: [Double], _ classCount: Int, _ labels: [Int32], blank: Int
  ) -> (loss: Double, gradient: [Double]) {
    let steps = logits.count / classCount
    let probabilities = (0..<steps).flatMap { step in
      let powers = logits[step * classCount..<(step + 1) * classCount].map { exp($0) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    var total = 0.0
    var uses = [Double](repeating: 0, count: logits.count)
    for number in 0..<Int(pow(Double(classCount), Double(steps))) {
      var rest = number
      let path = (0..<steps).map { _ in
        defer { rest /= classCount }
        return rest % classCount
      }
      var spelt: [Int32] = []
      for (step, class_) in path.enumerated() where class_ != blank && (step == 0 || path[step - 1] != class_) {
        spelt.append(Int32(class_))
      }
      guard spelt == labels else { continue }
      let probability = path.indices.reduce(1) { $0 * probabilities[$1 * classCount + path[$1]] }
      total += probability
      for (step, class_) in path.enumerated() { uses[step * classCount + class_] += probability }
    }
    let share = 1 / Double(max(labels.count, 1))
    return (-log(total) * share, probabilities.indices.map { share * (probabilities[$0] - uses[$0] / total) })
  }

  @Test("The sum over all alignments, one by one", arguments: [0, 1, 2])
  func alignments(blank: Int) throws {
    var generator = SeededGenerator(seed: UInt64(blank) + 1)
    let others = (0..<3).filter { $0 != blank }.map { Int32($0) }
    let (a, b) = (others[0], others[1])
    let lists: [[Int32]] = [[], [a], [b], [a, b], [a, a], [a, b, a], [b, b, a], [a, b, a, b], [a, a, a]]
    for steps in 1...5 {
      for labels in lists {
        let repeats = zip(labels, labels.dropFirst()).count { $0 == $1 }
        let logits = (0..<steps * 3).map { _ in generator.uniform(-2, 2) }
        let actual = Loss.ctc(blank: blank).evaluate(logits, outputSize: 3, labels: [labels])
        guard labels.count + repeats <= steps else {
          #expect(actual.loss == .infinity, "\(labels) in \(steps) steps")
          continue
        }
        let expected = enumerate(logits, 3, labels, blank: blank)
        // At most 3⁵ = 243 alignments of 5 factors are summed there; here 5 steps of 24 roundoffs on logarithms below
        // 5·(4 + log 3) < 26, thrice. Both sides are relative to terms below that.
        let allowed = Double(243 + 5 + 3 * 5 * 24) * 26 * 0x1p-53
        #expect(abs(actual.loss - expected.loss) <= allowed, "\(labels) in \(steps) steps")
        for (x, y) in zip(actual.gradient, expected.gradient) { #expect(abs(x - y) <= allowed) }
      }
    }
  }

  @Test("Long sequences of confident outputs neither under- nor overflow")
  func long() throws {
    let (steps, classCount) = (2000, 4)
    let labels = (0..<300).map { Int32(1 + $0 % 3) }
    // Certain of a label that is wrong nearly everywhere.
    var logits = [Float](repeating: 0, count: steps * classCount)
    for step in 0..<steps { logits[step * classCount + 2] = 50 }
    let (loss, gradient) = Loss.ctc().evaluate(logits, outputSize: classCount, labels: [labels])
    // 200 labels are not the likely one and cost 50 each; where they stand among 2000 steps makes less than a tenth up.
    #expect(loss < 200 * 50.0 / 300 && loss > 0.9 * 200 * 50.0 / 300, "\(loss)")
    for step in 0..<steps {
      // Softmax and shares of the labels both sum to 1, over 300; each of the four is rounded thrice in single precision.
      let sum = gradient[step * classCount..<(step + 1) * classCount].reduce(0) { $0 + Double($1) }
      #expect(abs(sum) <= 12 * 0x1p-24 / 300, "step \(step): \(sum)")
    }
  }

  private func trainer<S: Scalar>(threads: Int, rate: Double = 0.05, _: S.Type) throws -> Trainer<S> {
    let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 4), hiddenSize: 24, outputSize: 5)
    return try Trainer<S>(
      Model(configuration, seed: 1), batchSize: 5, sequenceLength: 18, loss: .ctc(maximumLabels: 6),
      optimizer: .adam(learningRate: rate), threads: threads)
  }

  /// Each label is a feature that is up for 1 to 3 steps, somewhere.
  private func data() -> (vectors: [Float], labels: [[Int32]]) {
    var generator = SeededGenerator(seed: 3)
    let (steps, sequences) = (18, 5)
    var vectors = [Float](repeating: 0, count: steps * sequences * 4)
    var labels = [[Int32]](repeating: [], count: sequences)
    for sequence in 0..<sequences {
      var step = Int(generator.uniform() * 3)
      while step < steps - 3, labels[sequence].count < sequence + 2 {
        let label = Int(generator.uniform() * 4)
        for _ in 0...Int(generator.uniform() * 3) where step < steps {
          vectors[(step * sequences + sequence) * 4 + label] = 1
          step += 1
        }
        labels[sequence].append(Int32(label + 1))
        step += 1
      }
    }
    return (vectors, labels)
  }

  @Test("The trainer's loss is that of its outputs, and the same bits at any number of workers")
  func training() throws {
    let (vectors, labels) = data()
    var results: [[Float]] = []
    for threads in 1...3 {
      var trainer = try trainer(threads: threads, Float.self)
      var pass = try RecurrentPass(trainer.model(), steps: 18, batchSize: 5, threads: threads)
      pass.forward(vectors: vectors.span)
      let expected = Loss.ctc().evaluate(pass.outputs, outputSize: 5, labels: labels).loss
      var losses: [Float] = []
      for step in 0..<5 {
        let report = trainer.step(.vectors(vectors), .labels(labels))
        #expect(report.isFinite)
        if step == 0 { #expect(report.loss == expected) }
        losses.append(Float(report.loss))
      }
      let model = trainer.model()
      results.append(losses + model.table.entries.flatMap { model[parameter: $0.name] })
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test("A network learns to spell")
  func learning() throws {
    let (vectors, labels) = data()
    var trainer = try trainer(threads: 1, Float.self)
    for _ in 0..<150 { _ = trainer.step(.vectors(vectors), .labels(labels)) }
    var pass = try InferencePass(trainer.model(), steps: 18, batchSize: 5)
    pass.run(vectors: vectors.span, continuing: true)
    #expect(CTC.bestPaths(pass.outputs, batchSize: 5, outputSize: 5) == labels)
  }

  @Test("Labels that do not fit change nothing, or count as 0")
  func infeasible() throws {
    let labels: [[Int32]] = [[1, 1, 2], [1]]
    let configuration = ModelConfiguration(cell: .rnn, input: .oneHot(vocabularySize: 3), hiddenSize: 4, outputSize: 3)
    let tokens: [Int32] = [0, 1, 2, 0, 1, 2]
    for zeroInfinity in [false, true] {
      let model = try Model<Float>(configuration, seed: 1)
      var trainer = try Trainer(
        model, batchSize: 2, sequenceLength: 3, loss: .ctc(zeroInfinity: zeroInfinity))
      let report = trainer.step(.tokens(tokens), .labels(labels))
      #expect(report.isFinite == zeroInfinity)
      #expect(report.loss.isFinite == zeroInfinity)
      let changed = trainer.model()[parameter: "linear.bias"] != model[parameter: "linear.bias"]
      #expect(changed == zeroInfinity)
    }
  }
}
