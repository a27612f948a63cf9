import Recurrent
import Tasks
import Testing

/// Tasks of the literature, short; `rnn-bench tasks` learns them at their published size. In the optimised build only:
/// there they take seconds.
@Suite("Published tasks", .enabled(if: isOptimized, "an optimised build"))
struct PublishedTaskTests {
  /// 0.167 without memory; half the steps of the published size.
  @Test("The adding problem", arguments: [OracleCell.lstm, .gru, .gruResetBefore])
  func adding(cell: OracleCell) throws {
    var course = Course(
      AddingProblem(steps: 50), cell: cell.cell, hiddenSize: 48, batchSize: 32, updates: 4000,
      optimizer: .adam(learningRate: 0.003))
    course.goal = 0.01
    let outcome = try course.run()
    #expect(outcome.error < 0.01, "after \(outcome.updates) updates")
  }

  /// Two numbers that the network cannot know give it no better than 0.167: that the test can fail.
  @Test("Without its state a network does not learn the adding problem")
  func memoryless() throws {
    var course = Course(
      AddingProblem(steps: 50), cell: ForgetfulCell(), hiddenSize: 48, batchSize: 32, updates: 1000,
      optimizer: .adam(learningRate: 0.003))
    course.goal = 0.15
    let outcome = try course.run()
    #expect(outcome.error >= 0.15)
  }

  /// Half the error that is left to a model without memory; at a tenth of the published delay.
  @Test("Copying memory", arguments: [OracleCell.lstm, .gru])
  func copying(cell: OracleCell) throws {
    let task = CopyMemory(delay: 10)
    var course = Course(
      task, cell: cell.cell, hiddenSize: 64, batchSize: 32, updates: 4000, optimizer: .adam(learningRate: 0.01))
    // Without it the LSTM forgets what it cannot yet use, and learns ten times as slowly.
    if cell == .lstm { course.initialization.forgetGateBias = 5 }
    course.goal = task.baseline / 2
    let outcome = try course.run()
    #expect(outcome.error < task.baseline / 2, "after \(outcome.updates) updates")
  }

  /// KANN's first example, with its model and optimizer; like KANN's it is right on numbers longer than any it has seen.
  @Test("Addition, bit by bit", arguments: 1...3)
  func addition(seed: UInt64) throws {
    let task = BinaryArithmetic(.addition, seed: seed)
    var course = Course(
      task, cell: .gruResetBefore, hiddenSize: 64, batchSize: 64, updates: 5 * BinaryArithmetic.sampleCount / 64,
      optimizer: .rmsprop(learningRate: 0.01, decay: 0.9))
    course.goal = 1e-6
    course.seed = seed
    let outcome = try course.run()
    #expect(outcome.error == 0)
    #expect(try task.result(400_958, 737_471, by: outcome.model) == 1_138_429)
  }

  // MARK: The tasks themselves

  @Test("The best answers without memory have the errors that the tasks name")
  func baselines() {
    var generator = SeededGenerator(seed: 1)
    let adding = AddingProblem(steps: 20)
    let batch = adding.testBatch(20_000, using: &generator)
    // Of 20,000 squares with a standard deviation of 0.17 each.
    #expect(abs(adding.error(of: [Float](repeating: 1, count: 20_000), on: batch) - adding.baseline) < 0.006)
    #expect(adding.error(of: batch.values, on: batch) == 0)

    let copying = CopyMemory(delay: 5)
    let copies = copying.testBatch(3, using: &generator)
    let sure: Float = 40
    let guesses = (0..<copying.steps * 3).flatMap { row in
      (0..<9).map { kind -> Float in row < 15 * 3 ? (kind == 8 ? sure : 0) : (kind < 8 ? sure : 0) }
    }
    #expect(abs(copying.error(of: guesses, on: copies) - copying.baseline) < 1e-9)

    let arithmetic = BinaryArithmetic(.multiplication, seed: 1)
    let products = arithmetic.testBatch(100, using: &generator)
    let right = products.classes.flatMap { $0 == 1 ? [Float(0), 1] : [1, 0] }
    #expect(arithmetic.error(of: right, on: products) == 0)
    #expect(arithmetic.error(of: right.map { -$0 }, on: products) == 1)
    #expect(arithmetic.baseline > 0.3 && arithmetic.baseline < 0.5)
  }

  @Test("Batches are what the tasks say")
  func batches() {
    var generator = SeededGenerator(seed: 2)
    let adding = AddingProblem(steps: 7).testBatch(4, using: &generator)
    for sequence in 0..<4 {
      let marks = (0..<7).filter { adding.vectors[($0 * 4 + sequence) * 2 + 1] == 1 }
      #expect(marks.count == 2 && marks[0] < 3 && marks[1] >= 3)
      #expect(adding.values[sequence] == marks.reduce(Float(0)) { $0 + adding.vectors[($1 * 4 + sequence) * 2] })
    }
    let copying = CopyMemory(delay: 3).testBatch(2, using: &generator)
    for sequence in 0..<2 {
      let tokens = (0..<23).map { copying.tokens[$0 * 2 + sequence] }
      let classes = (0..<23).map { copying.classes[$0 * 2 + sequence] }
      #expect(tokens[10...] == [8, 8, 9, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8])
      #expect(classes[..<13].allSatisfy { $0 == 8 } && Array(classes[13...]) == Array(tokens[..<10]))
      #expect(tokens[..<10].allSatisfy { (0..<8).contains($0) })
    }
  }
}

/// h = tanh(a), but nothing of h goes on to the next step: W·h' is there and its state is not.
private struct ForgetfulCell: RecurrentCell {
  let name = "forgetful"
  let structure = CellStructure(gateCount: 2, recurrentProduct: .lastGateApart)

  /// The row: the second gate's recurrent part, then both gates. The first gate is left alone.
  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    VectorMath.tanh(&gates, in: 2 * hidden..<3 * hidden)
    for j in 0..<hidden { next[j] = gates[2 * hidden + j] }
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      gates[2 * hidden + j] = gradient[j] * (1 - next[j] * next[j])
      (gates[j], gates[hidden + j], gradient[j]) = (0, 0, 0)
    }
  }
}
