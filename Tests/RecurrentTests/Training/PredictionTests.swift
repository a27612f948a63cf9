import Foundation
import Recurrent
import Testing

@Suite("Evaluate and predict")
struct PredictionTests {
  private func numbers(_ count: Int, _ seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.uniform(-1, 1) }
  }

  private func configuration(
    _ head: ModelConfiguration.Head, _ directions: Directions = .forward
  ) -> ModelConfiguration {
    ModelConfiguration(
      cell: .lstm, input: .vectors(size: 2), hiddenSize: 4, layerCount: 2, directions: directions, outputSize: 3,
      head: head)
  }

  /// Sequences longer than a trainer's T, one longer than a piece, and more of them than its N: each gives what it gives
  /// alone, to the bit where the rows of a batch do not decide each other's rounding.
  @Test(
    "Data of any size", arguments: [ModelConfiguration.Head.everyStep, .lastStep, .maxOverSteps],
    [Directions.forward, .both(merge: .concatenate)])
  func anySize(head: ModelConfiguration.Head, directions: Directions) throws {
    let model = try Model<Double>(configuration(head, directions), seed: 1)
    let lengths = [5, 1, 700, 3, 2, 9, 4]
    let inputs = lengths.enumerated().map { numbers($1 * 2, UInt64($0)) }
    var trainer = try Trainer(model, batchSize: 3, sequenceLength: 4, carriesState: directions == .forward)
    _ = trainer.step(.vectors(numbers(24, 9)), .classes([Int32](repeating: 1, count: head == .everyStep ? 12 : 3)))
    let state = trainer.state
    let predicted = try trainer.predict(.vectors(inputs))
    #expect(trainer.state == state)
    let now = trainer.model()
    #expect(predicted.lengths == (head == .everyStep ? lengths : lengths.map { _ in 1 }))
    #expect(predicted.width == 3)
    for (index, input) in inputs.enumerated() {
      var pass = try InferencePass(now, steps: lengths[index], batchSize: 1)
      pass.run(.vectors(input))
      let bound = RoundingBound(steps: lengths[index], layers: 2, terms: 8)
      bound.expect(Array(predicted[index]), pass.outputs, toTheBit: pass.plan.keepsRows, "sequence \(index)")
      // Of a model the same, one sequence as a flat array.
      let single = try now.predict(.vectors(input)).values
      bound.expect(single, pass.outputs, toTheBit: pass.plan.keepsRows, "sequence \(index) alone")
    }
    // The loss of all is that of all outputs.
    let classes = predicted.lengths.map { count in (0..<count).map { Int32($0 % 3) } }
    let evaluation = try trainer.evaluate(.vectors(inputs), .classes(classes))
    let (loss, _) = Loss.crossEntropy.evaluate(predicted.values, outputSize: 3, classes: classes.flatMap { $0 })
    #expect(abs(evaluation.loss - loss) < 1e-13)
    #expect(evaluation.count == predicted.stepCount)
    #expect(evaluation.accuracy == Metrics.accuracy(predicted.greatest.values, classes.flatMap { $0 }))
    #expect(try now.evaluate(.vectors(inputs), .classes(classes)).accuracy == evaluation.accuracy)
  }

  @Test("Flat arrays are time-major, of the trainer's batch size")
  func flat() throws {
    let model = try Model<Double>(configuration(.everyStep), seed: 1)
    var trainer = try Trainer(model, batchSize: 3, sequenceLength: 4, loss: .meanSquaredError)
    // Seven steps, more than T.
    let inputs = numbers(7 * 3 * 2, 1)
    let values = numbers(7 * 3 * 3, 2)
    var pass = try InferencePass(model, steps: 7, batchSize: 3)
    pass.run(.vectors(inputs))
    let evaluation = try trainer.evaluate(.vectors(inputs), .values(values))
    let errors: [Double] = zip(pass.outputs, values).map { $0 - $1 }
    let squares: Double = errors.reduce(0) { $0 + $1 * $1 }
    #expect(abs(evaluation.loss - squares / 63) < 1e-14)
    let distance: Double = errors.reduce(0) { $0 + abs($1) }
    #expect(abs(evaluation.meanAbsoluteError! - distance / 63) < 1e-14)
    #expect(abs(evaluation.rootMeanSquaredError! - evaluation.loss.squareRoot()) < 1e-14)
    let predicted = try trainer.predict(.vectors(inputs))
    for sequence in 0..<3 {
      let outputs = pass.outputs
      let own = (0..<7).flatMap { step -> [Double] in
        let start = (step * 3 + sequence) * 3
        return Array(outputs[start..<start + 3])
      }
      #expect(Array(predicted[sequence]) == own)
    }
  }

  @Test("Ignored classes, weights, labels")
  func figures() throws {
    let model = try Model<Double>(configuration(.everyStep), seed: 1)
    let inputs = [numbers(8, 1), numbers(6, 2)]
    var ignoring = try Trainer(model, batchSize: 1, sequenceLength: 4, loss: .crossEntropy(ignoring: -1))
    let partial = try ignoring.evaluate(.vectors(inputs), .classes([[0, -1, 1, 2], [-1, -1, 0]]))
    #expect(partial.count == 4)
    let outputs = try ignoring.predict(.vectors(inputs)).values
    let (loss, _) = Loss.crossEntropy(ignoring: -1).evaluate(
      outputs, outputSize: 3, classes: [0, -1, 1, 2, -1, -1, 0])
    #expect(abs(partial.loss - loss) < 1e-14)

    var weighted = try Trainer(model, batchSize: 1, sequenceLength: 4, loss: Loss.crossEntropy.weighted)
    let classes: [[Int32]] = [[0, 1, 1, 2], [2, 1, 0]]
    let first = try weighted.evaluate(.vectors([inputs[0]]), .classes([classes[0]], weights: [1])).loss
    let second = try weighted.evaluate(.vectors([inputs[1]]), .classes([classes[1]], weights: [1])).loss
    let both = try weighted.evaluate(.vectors(inputs), .classes(classes, weights: [1, 3])).loss
    #expect(abs(both - (first * 4 + second * 9) / 13) < 1e-14)

    var spelling = try Trainer(model, batchSize: 2, sequenceLength: 4, loss: .ctc(), isRagged: true)
    let spelt = try spelling.predict(.vectors(inputs))
    let best = (0..<2).map { CTC.bestPath(Array(spelt[$0]), outputSize: 3) }
    #expect(try spelling.evaluate(.vectors(inputs), .labels(best)).labelErrorRate == 0)
    #expect(try spelling.evaluate(.vectors(inputs), .labels(best)).accuracy == 1)
    let wrong = best.map { $0 + [1] }
    let rate = try spelling.evaluate(.vectors(inputs), .labels(wrong)).labelErrorRate
    #expect(rate == Metrics.errorRate(best, wrong))
  }

  @Test("A run starts anew, unless it continues or was given a state")
  func anew() throws {
    let model = try Model<Double>(configuration(.everyStep), seed: 1)
    var pass = try InferencePass(model, steps: 4, batchSize: 1)
    let input = ModelInput<Double>.vectors(numbers(8, 1))
    pass.run(input)
    let (first, state) = (pass.outputs, pass.state)
    pass.run(input)
    #expect(pass.outputs == first)
    pass.run(input, continuing: true)
    let second = pass.outputs
    #expect(second != first)
    pass.state = state
    pass.run(input)
    #expect(pass.outputs == second)
    pass.run(input)
    #expect(pass.outputs == first)
    pass.state = state
    pass.resetState()
    pass.run(input, continuing: true)
    #expect(pass.outputs == first)
  }

  @Test("Equal lengths need no plan for different ones, and give time-major outputs")
  func equalLengths() throws {
    let model = try Model<Double>(configuration(.everyStep), seed: 1)
    let rows = [numbers(8, 1), numbers(8, 2)]
    let flat = (0..<4).flatMap { step in rows.flatMap { $0[step * 2..<step * 2 + 2] } }
    let classes: [[Int32]] = [[0, 1, 2, 0], [1, 1, 0, 2]]
    let flatClasses = (0..<4).flatMap { step in classes.map { $0[step] } }
    var lists = try Trainer(model, batchSize: 2, sequenceLength: 4)
    var arrays = try Trainer(model, batchSize: 2, sequenceLength: 4)
    let (a, b) = (
      lists.step(.vectors(rows), .classes(classes)), arrays.step(.vectors(flat), .classes(flatClasses))
    )
    #expect(a == b)
    var pass = try InferencePass(model, steps: 4, batchSize: 2)
    pass.run(.vectors(rows))
    let outputs = pass.outputs
    pass.run(.vectors(flat))
    #expect(outputs == pass.outputs)
  }
}
