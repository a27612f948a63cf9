import Recurrent
import TestSupport
import Testing

@Suite("Averages of a trainer's weights")
struct TrainerAverageTests {
  private static let tokens: [Int32] = (0..<40).map { Int32($0 * 5 % 7) }

  private func trainer(_ decay: Double?, shards: Int = 1, rate: Double = 0.5) throws -> Trainer<Double> {
    try Trainer(
      Model(
        ModelConfiguration(
          cell: .gru, input: .embedding(vocabularySize: 7, size: 3), hiddenSize: 5, outputSize: 7), seed: 2),
      batchSize: 4, sequenceLength: 5, optimizer: .sgd(learningRate: rate), shards: shards, averageDecay: decay,
      threads: 1)
  }

  private func values(_ model: Model<Double>) -> [Double] { model.table.entries.flatMap { model[parameter: $0.name] } }

  private func step(_ trainer: inout Trainer<Double>, _ number: Int) {
    let tokens = (0..<20).map { Self.tokens[($0 + number) % 40] }
    _ = trainer.step(.tokens(tokens), .classes(tokens.map { ($0 + 1) % 7 }))
  }

  @Test("By the definition, from the weights after each step", arguments: [1, 2]) func definition(shards: Int) throws {
    let decay = 0.6
    var trainer = try trainer(decay, shards: shards)
    var expected = values(trainer.model())
    for number in 1...20 {
      step(&trainer, number)
      let share = 1 - min(decay, (1 + Double(number)) / (10 + Double(number)))
      for (index, weight) in values(trainer.model()).enumerated() {
        expected[index] += share * (weight - expected[index])
      }
      #expect(values(trainer.averagedModel()) == expected)
    }
    #expect(values(trainer.model()) != expected)
  }

  @Test("The average is measured, and the training goes on without it") func evaluation() throws {
    var averaged = try trainer(0.8)
    var plain = try trainer(nil)
    let streams = try TokenStreams(Self.tokens, batchSize: 4, sequenceLength: 5)
    let (inputs, targets) = (Self.tokens.dropLast(20).map { $0 }, Self.tokens.dropFirst(20).map { $0 })
    for number in 1...12 {
      step(&averaged, number)
      step(&plain, number)
      #expect(values(averaged.model()) == values(plain.model()))
      let model = averaged.averagedModel()
      var own = try Trainer(model, batchSize: 4, sequenceLength: 5, threads: 1)
      #expect(averaged.evaluate(streams) == own.evaluate(streams))
      #expect(
        try averaged.evaluate(.tokens(inputs), .classes(targets)) == own.evaluate(.tokens(inputs), .classes(targets)))
      #expect(try averaged.predict(.tokens(inputs)) == own.predict(.tokens(inputs)))
    }
    #expect(averaged.evaluate(streams) != plain.evaluate(streams))
    #expect(values(plain.averagedModel()) == values(plain.model()))
  }

  @Test("A loop keeps the best average, and a checkpoint goes on with it") func loop() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("run.safetensors")
    let streams = try TokenStreams(Self.tokens, batchSize: 4, sequenceLength: 5)
    var loop = try TrainingLoop(
      trainer(0.9), TrainingData(streams), epochs: 8, validation: ValidationData(streams), checkpoint: path)
    _ = try loop.run()
    #expect(values(loop.bestModel) == values(loop.trainer.averagedModel()))
    var resumed = try Trainer(TrainingCheckpoint<Double>(contentsOf: path), threads: 1)
    #expect(values(resumed.averagedModel()) == values(loop.trainer.averagedModel()))
    #expect(resumed.evaluate(streams) == loop.trainer.evaluate(streams))
  }
}
