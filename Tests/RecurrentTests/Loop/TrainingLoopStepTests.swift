import Foundation
import Recurrent
import Testing

@Suite("Steps of a training loop")
struct TrainingLoopStepTests {
  /// Four batches of 2 sequences against one of 8, by plain gradient descent: the same mean, summed up in another order.
  @Test("Accumulated batches are one large batch")
  func accumulation() throws {
    let steps = 6
    var generator = SeededGenerator(seed: 2)
    let inputs = (0..<8).map { _ in (0..<steps * 3).map { _ in generator.normal() } }
    let targets = (0..<8).map { _ in (0..<steps * 2).map { _ in generator.normal() } }
    var models: [Model<Double>] = []
    var losses: [Double] = []
    for (size, count) in [(8, 1), (2, 4)] {
      let configuration = ModelConfiguration(cell: GRUCell.gru, input: .vectors(size: 3), hiddenSize: 5, outputSize: 2)
      let trainer = try Trainer(
        Model<Double>(configuration, seed: 1), batchSize: size, sequenceLength: steps, loss: .meanSquaredError,
        optimizer: .sgd(learningRate: 0.1), accumulatesGradients: true, threads: 1)
      let data = TrainingData<Double>(batchesPerEpoch: count) { _, batch in
        let part = batch * size..<(batch + 1) * size
        return (.vectors(Array(inputs[part])), .values(Array(targets[part])))
      }
      var options = TrainingOptions(.epochs(1))
      options.batchesPerStep = count
      var loop = try TrainingLoop(trainer, data, options)
      try loop.run { event in if case .step(let step) = event { losses.append(step.report.loss) } }
      #expect(loop.trainer.stepCount == 1)
      models.append(loop.model)
    }
    // Each sum has at most 8·6 rows of 2 outputs, each the end of 6 steps of sums of 3 + 5 products and of functions good to
    // a few roundings (32), forward and back; values and gradients are below 8.
    let bound = 8 * Double(8 * steps * 2 + 2 * steps * (3 + 5 + 32)) * 0x1p-53
    #expect(abs(losses[0] - losses[1]) <= bound)
    for entry in models[0].table.entries {
      for (one, many) in zip(models[0][parameter: entry.name], models[1][parameter: entry.name]) {
        #expect(abs(one - many) <= bound, "\(entry.name)")
      }
    }
  }

  @Test("The last step of an epoch has the batches that are left")
  func rest() throws {
    var counts: [Int] = []
    var loop = try TrainingLoop<Float>.of(.accumulated, epochs: 2)
    #expect(loop.stepsPerEpoch == 3)
    var loads: [Int] = []
    try loop.run { event in
      if case .step(let step) = event {
        counts.append(step.epoch)
        loads.append(step.count)
      }
    }
    #expect(counts == [1, 1, 1, 2, 2, 2])
    #expect(loads[..<3].reduce(0, +) == loads[3...].reduce(0, +))
  }

  @Test("The learning rate falls when the loss has not, and not below its least")
  func plateau() {
    var plateau = ReduceOnPlateau(factor: 0.1, patience: 2, minimumRate: 0.005)
    var rate = 1.0
    let rates = [5, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3.5, 4].map { loss in
      rate = plateau.rate(after: loss, rate: rate)
      return rate
    }
    let expected = [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005, 0.005]
    for (rate, expected) in zip(rates, expected) { #expect(abs(rate - expected) < 1e-12) }
    // A rate below the least is not raised.
    #expect(plateau.rate(after: 9, rate: 0.001) == 0.001 && plateau.rate(after: 9, rate: 0.001) == 0.001)
  }

  @Test("The rate finder rises until the loss breaks, and leaves the trainer alone")
  func finder() throws {
    for task in [LoopTask.sequences, .streams, .closureWithLoss] {
      var parts = try task.parts()
      let before = parts.trainer.checkpoint()
      let search = try parts.trainer.findLearningRate(on: parts.data, from: 1e-5, to: 100, steps: 60)
      let rates = search.points.map(\.rate)
      #expect(rates.count > 20 && abs(rates[0] - 1e-5) < 1e-15)
      for (rate, next) in zip(rates, rates.dropFirst()) { #expect(abs(next / rate - pow(1e7, 1 / 59.0)) < 1e-9) }
      let suggestion = try #require(search.suggestion)
      #expect(suggestion > 1e-5 && suggestion < 1)
      let after = parts.trainer.checkpoint()
      #expect(after.stepCount == 0 && after.settings == before.settings)
      #expect(after.model[parameter: "linear.weight"] == before.model[parameter: "linear.weight"])
      // It is good for something.
      parts.trainer.settings.optimizer.learningRate = suggestion
      let data = parts.data
      var loop = try TrainingLoop(parts.trainer, data, epochs: 3)
      var losses: [Double] = []
      try loop.run { event in if case .epoch(let epoch) = event { losses.append(epoch.trainingLoss) } }
      #expect(losses[2] < losses[0], "\(task)")
    }
  }
}
