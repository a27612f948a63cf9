import Foundation
import Recurrent
import Testing

@Suite("Weights of samples")
struct WeightedLossTests {
  private static let steps = 4
  private static let batchSize = 3

  private func configuration(_ head: ModelConfiguration.Head, outputSize: Int) -> ModelConfiguration {
    ModelConfiguration(
      cell: .gru, input: .vectors(size: 2), hiddenSize: 5, outputSize: outputSize, head: head)
  }

  private static func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.uniform(-1, 1) }
  }

  /// One step of gradient descent with a rate of 1.
  private func step(
    _ loss: Loss, _ head: ModelConfiguration.Head, _ input: ModelInput<Double>, _ target: ModelTarget<Double>,
    batchSize: Int, isRagged: Bool = false
  ) throws -> (loss: Double, weights: [Double]) {
    var trainer = try Trainer(
      Model<Double>(configuration(head, outputSize: 2), seed: 1), batchSize: batchSize, sequenceLength: Self.steps,
      loss: loss, optimizer: .sgd(learningRate: 1), isRagged: isRagged)
    let report = trainer.step(input, target)
    let model = trainer.model()
    return (report.loss, model.table.entries.flatMap { model[parameter: $0.name] })
  }

  /// Sums of a few hundred products in another order.
  private func expectEqual(
    _ left: (loss: Double, weights: [Double]), _ right: (loss: Double, weights: [Double]),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bound = 1000 * Double.ulpOfOne
    #expect(abs(left.loss - right.loss) <= bound, sourceLocation: sourceLocation)
    for (a, b) in zip(left.weights, right.weights) {
      #expect(abs(a - b) <= bound, sourceLocation: sourceLocation)
    }
  }

  /// A whole weight is that sequence as many times.
  @Test(
    "A weight of 2 is the sequence twice, a weight of 0 none",
    arguments: [ModelConfiguration.Head.everyStep, .lastStep],
    [Loss.crossEntropy, .meanSquaredError, .gaussian, .negativeBinomial, .huber()])
  func repeated(head: ModelConfiguration.Head, loss: Loss) throws {
    let (steps, count) = (Self.steps, Self.batchSize)
    let inputs = (0..<count).map { Self.numbers(steps * 2, seed: UInt64($0)) }
    let targetsOfSequence = head == .everyStep ? steps : 1
    let width = loss == .gaussian || loss == .negativeBinomial ? 1 : 2
    let values = (0..<count).map { sequence in
      Self.numbers(targetsOfSequence * width, seed: 10 + UInt64(sequence)).map {
        loss == .negativeBinomial ? (abs($0) * 5).rounded() : $0
      }
    }
    let classes = (0..<count).map { sequence in (0..<targetsOfSequence).map { Int32(($0 + sequence) % 2) } }
    func target(_ order: [Int], _ weights: [Double]?) -> ModelTarget<Double> {
      loss.targets == .classes
        ? .classes(order.map { classes[$0] }, weights: weights) : .values(order.map { values[$0] }, weights: weights)
    }
    let weighted = try step(
      loss.weighted, head, .vectors(inputs), target([0, 1, 2], [1, 2, 0]), batchSize: count)
    let repeated = try step(
      loss, head, .vectors([0, 1, 1].map { inputs[$0] }), target([0, 1, 1], nil), batchSize: count)
    expectEqual(weighted, repeated)
    // Of different lengths, and fewer.
    let ragged = try step(
      loss.weighted, head, .vectors([Array(inputs[0].prefix(2 * steps)), inputs[1]]), target([0, 1], [1, 2]),
      batchSize: count, isRagged: true)
    expectEqual(ragged, repeated)
  }

  @Test("A weight for each output")
  func rows() throws {
    let (steps, count) = (Self.steps, Self.batchSize)
    let inputs = Self.numbers(steps * count * 2, seed: 3)
    let classes = (0..<steps * count).map { Int32($0 % 2) }
    // Of the first step alone: a batch of one step.
    let weights = (0..<steps * count).map { $0 < count ? 3.0 : 0 }
    let weighted = try step(
      Loss.crossEntropy.weighted, .everyStep, .vectors(inputs), .classes(classes, weights: weights), batchSize: count)
    let first = try step(
      .crossEntropy, .everyStep, .vectors(Array(inputs.prefix(count * 2))), .classes(Array(classes.prefix(count))),
      batchSize: count)
    expectEqual(weighted, first)
  }

  @Test("Labels: a sequence of weight 0 has no part, whatever its loss")
  func labels() throws {
    let inputs = (0..<2).map { Self.numbers(8, seed: 20 + $0) }
    let weighted = try step(
      Loss.ctc().weighted, .everyStep, .vectors(inputs), .labels([[1], [1, 1, 1, 1, 1]], weights: [2, 0]), batchSize: 2)
    let alone = try step(.ctc(), .everyStep, .vectors([inputs[0]]), .labels([[1]]), batchSize: 1)
    expectEqual(weighted, alone)
  }

  @Test("Weights of 1 are no weights, to the bit, and all 0 is a loss of 0 without gradient")
  func neutral() throws {
    let inputs = Self.numbers(24, seed: 5)
    let values = Self.numbers(24, seed: 6)
    for loss in [Loss.meanSquaredError, .meanAbsoluteError, .huber(delta: 0.3)] {
      let plain = try step(loss, .everyStep, .vectors(inputs), .values(values), batchSize: 3)
      let ones = try step(
        loss.weighted, .everyStep, .vectors(inputs), .values(values, weights: [1, 1, 1]), batchSize: 3)
      #expect(plain == ones)
      let none = try step(
        loss.weighted, .everyStep, .vectors(inputs), .values(values, weights: [0, 0, 0]), batchSize: 3)
      let model = try Model<Double>(configuration(.everyStep, outputSize: 2), seed: 1)
      #expect(none.loss == 0 && none.weights == model.table.entries.flatMap { model[parameter: $0.name] })
    }
  }

  @Test("Pinball: the least loss is at the quantile")
  func pinball() {
    let values: [Double] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    func loss(_ output: Double, _ quantile: Double) -> Double {
      Loss.pinball(quantiles: [quantile]).evaluate(
        [Double](repeating: output, count: 10), outputSize: 1, values: values
      ).loss
    }
    for (quantile, least) in [(0.25, 3.0), (0.5, 5.5), (0.95, 10)] {
      for other in stride(from: 0.25, to: 11, by: 0.5) { #expect(loss(least, quantile) <= loss(other, quantile)) }
    }
    // By hand: q·e above, (q − 1)·e below, for two quantiles of one value.
    let (value, gradient) = Loss.pinball(quantiles: [0.1, 0.9]).evaluate(
      [1, 4] as [Double], outputSize: 2, values: [3])
    #expect(abs(value - (0.1 * 2 + 0.1 * 1) / 2) < 1e-15)
    #expect(gradient == [-0.05, (1 - 0.9) / 2])
  }

  @Test("Gaussian: by hand, for the means 0.5 and −1 of the value 1, and the variances 1 and e")
  func gaussian() {
    let (value, gradient) = Loss.gaussian.evaluate([0.5, -1, 0, 1] as [Double], outputSize: 4, values: [1, 1])
    let expected = 0.5 * (0.5 * (0 + 0.25) + 0.5 * (1 + 4 / exp(1)))
    #expect(abs(value - expected) < 1e-15)
    for (own, right) in zip(gradient, [-0.25, -1 / exp(1), 0.1875, 0.25 * (1 - 4 / exp(1))]) {
      #expect(abs(own - right) < 1e-15)
    }
  }
}
