import Foundation
import Recurrent
import Testing

@Suite("Evaluation")
struct EvaluationTests {
  /// 512 tokens are a segment: none, one, a whole number of them, and a rest.
  @Test("The mean loss of a text, the state carried", arguments: OracleCell.allCases, [2, 513, 1200])
  func text(cell: OracleCell, count: Int) throws {
    let input: InputKind = count == 513 ? .embedding : .oneHot
    var problem = try Problem.random(
      cell, Shape(steps: count - 1, inputSize: input == .oneHot ? 5 : 2, hiddenSize: 3, seed: 6), input: input,
      outputSize: 5)
    problem.initialState = problem.initialState.map { _ in 0 }
    let tokens = problem.tokens + [2]
    problem.classes = Array(tokens.dropFirst())
    let loss = problem.solve().loss
    for threads in 1...2 {
      let double = try problem.model(Double.self).evaluate(tokens, threads: threads)
      expectWithinBounds([double.loss], [loss], "loss", problem.cell)
      #expect(double.count == count - 1)
      #expect(double.bits == double.loss / log(2))
      #expect(double.perplexity == exp(double.loss))
      let single = try problem.model(Float.self).evaluate(tokens, threads: threads)
      expectWithinBounds([Float(single.loss)], [loss], "loss", problem.cell)
    }
  }

  @Test("The mean loss of streams, the state carried, and the training state as before", arguments: OracleCell.allCases)
  func streams(cell: OracleCell) throws {
    let (windows, steps, batchSize) = (4, 3, 2)
    var problem = try Problem.random(
      cell, Shape(steps: windows * steps, batchSize: batchSize, inputSize: 5, hiddenSize: 4, seed: 7),
      input: .oneHot, outputSize: 5)
    let text = problem.tokens + [1, 3]
    let streamLength = windows * steps
    problem.tokens = (0..<streamLength * batchSize).map { text[$0 % batchSize * streamLength + $0 / batchSize] }
    problem.classes = (0..<streamLength * batchSize).map { text[$0 % batchSize * streamLength + $0 / batchSize + 1] }
    let training = problem.state(Double.self)
    problem.initialState = problem.initialState.map { _ in 0 }

    let streams = try TokenStreams(text, batchSize: batchSize, sequenceLength: steps)
    try #require(streams.windowCount == windows)
    var trainer = try Trainer<Double>(
      problem.model(), batchSize: batchSize, sequenceLength: steps, carriesState: true)
    trainer.state = training
    expectWithinBounds([trainer.evaluate(streams).loss], [problem.solve().loss], "loss", problem.cell)
    #expect(trainer.state == training)

    // A step on window 1 is a step on its tokens.
    let report = trainer.step(streams.input(1), streams.target(1))
    var alone = problem.piece(steps, steps)
    alone.initialState = training.values
    expectWithinBounds([report.loss], [alone.solve().loss], "loss of a window", problem.cell)
  }

  /// Weights are packed once an update: an evaluation after a step must not see those of before.
  @Test("What is evaluated is the model as it is now", arguments: OracleCell.allCases)
  func current(cell: OracleCell) throws {
    var generator = SeededGenerator(seed: 4)
    let tokens = (0..<25).map { _ in Int32(generator.uniform() * 4) }
    let configuration = ModelConfiguration(
      cell: cell.cell, input: .oneHot(vocabularySize: 4), hiddenSize: 5, layerCount: 2, outputSize: 4)
    let streams = try TokenStreams(tokens, batchSize: 2, sequenceLength: 6)
    var trainer = try Trainer<Double>(
      Model(configuration, seed: 1), batchSize: 2, sequenceLength: 6, optimizer: .sgd(learningRate: 1))
    var pass = try RecurrentPass(trainer.model(), steps: 6, batchSize: 2)
    pass.forward(tokens: tokens.span.extracting(0..<12))
    let before = (trainer.evaluate(streams), pass.outputs)

    _ = trainer.step(streams.input(0), streams.target(0))
    let after = trainer.model()
    var fresh = try Trainer(after, batchSize: 2, sequenceLength: 6)
    let loss = trainer.evaluate(streams)
    #expect(loss != before.0)
    #expect(loss == fresh.evaluate(streams))

    pass.load(after)
    pass.forward(tokens: tokens.span.extracting(0..<12))
    var freshPass = try RecurrentPass(after, steps: 6, batchSize: 2)
    freshPass.forward(tokens: tokens.span.extracting(0..<12))
    #expect(pass.outputs != before.1)
    #expect(pass.outputs == freshPass.outputs)
  }
}
