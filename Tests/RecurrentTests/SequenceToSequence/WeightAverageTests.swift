import Recurrent
import Testing

@Suite("Averages of weights")
struct WeightAverageTests {
  /// By the definition, from the weights after each step.
  @Test func definition() throws {
    let problem = SequenceProblem(LSTMCell.lstm, bothWays: true, attention: .dot)
    let model = try problem.model()
    let decay = 0.6
    var trainer = try EncoderDecoderTrainer(
      model, batchSize: 4, sourceLength: 6, targetLength: 5, optimizer: .sgd(learningRate: 0.5), averageDecay: decay,
      threads: 1)
    var expected = model.allValues
    #expect(trainer.averagedModel().allValues == expected)
    for step in 1...30 {
      _ = problem.step(&trainer)
      let share = 1 - min(decay, (1 + Double(step)) / (10 + Double(step)))
      for (index, weight) in trainer.model().allValues.enumerated() {
        expected[index] += share * (weight - expected[index])
      }
      #expect(trainer.averagedModel().allValues == expected)
    }
    #expect(trainer.model().allValues != expected)
  }

  @Test("Without one the averaged model is the model") func none() throws {
    let problem = SequenceProblem(GRUCell.gru)
    var trainer = try problem.trainer(problem.model())
    _ = problem.step(&trainer)
    #expect(trainer.averagedModel().allValues == trainer.model().allValues)
  }

  @Test("A loop measures and keeps the average, and trains on without it") func loop() throws {
    let problem = SequenceProblem(GRUCell.gru)
    func run(_ decay: Double?) throws -> (losses: [Double], held: [Double], best: [Double], average: [Double]) {
      let trainer = try EncoderDecoderTrainer(
        problem.model(), batchSize: 4, sourceLength: 6, targetLength: 5, optimizer: .sgd(learningRate: 0.5),
        averageDecay: decay, threads: 1)
      let data = TrainingData<Double>(
        inputs: .tokens(problem.sourceTokens), targets: .classes(problem.targetTokens), batchSize: 4, seed: 1)
      let held = PairValidationData<Double>(
        inputs: .tokens(problem.sourceTokens), targets: .classes(problem.targetTokens))
      var loop = try EncoderDecoderLoop(trainer, data, epochs: 6, validation: held)
      var (losses, validations): ([Double], [Double]) = ([], [])
      try loop.run { event in
        if case .step(let step) = event { losses.append(step.report.loss) }
        if case .validated(let evaluation, _, _) = event { validations.append(evaluation.loss) }
      }
      return (losses, validations, loop.bestModel.allValues, loop.trainer.averagedModel().allValues)
    }
    let (plain, averaged) = (try run(nil), try run(0.7))
    #expect(plain.losses == averaged.losses)
    #expect(plain.held != averaged.held)
    // The validation falls all the time here: the last is the best.
    #expect(averaged.held == averaged.held.sorted(by: >) && averaged.best == averaged.average)
  }
}
