import Foundation
import Recurrent
import TestSupport
import Testing

@Suite("Training loop")
struct TrainingLoopTests {
  @Test("Events come in their order, with the figures of the validation")
  func events() throws {
    let scratch = try ScratchDirectory()
    var loop = try TrainingLoop<Float>.of(.sequences, path: scratch.file("m.safetensors"), epochs: 2)
    #expect(loop.stepsPerEpoch == 7 && loop.totalSteps == 14)
    var names: [String] = []
    let result = try loop.run { event in
      switch event {
      case .step(let step):
        names.append("step \(step.report.step) \(step.epoch)")
        #expect((step.evaluation == nil) == !step.report.step.isMultiple(of: 7) && step.count > 0)
      case .validated(let evaluation, let step, _):
        names.append("validated \(step)")
        #expect(evaluation.accuracy != nil)
      case .epoch(let epoch):
        names.append("epoch \(epoch.epoch)")
        #expect(epoch.trainingLoss > 0 && epoch.evaluation != nil)
      case .saved(let step, _): names.append("saved \(step)")
      case .ending(let reason, _): names.append("\(reason)")
      default: Issue.record("unexpected \(event)")
      }
    }
    let first = (1...7).map { "step \($0) 1" } + ["validated 7", "epoch 1", "saved 7"]
    let second = (8...14).map { "step \($0) 2" } + ["validated 14", "epoch 2", "saved 14", "completed"]
    #expect(names == first + second)
    #expect(result.evaluation?.accuracy != nil)
  }

  @Test("Every epoch has every sequence once, in another order")
  func shuffling() throws {
    let inputs = (0..<10).map { [Int32($0)] }
    var orders: [[Int]] = []
    for seed in [1, 1, 2] as [UInt64] {
      var order: [Int] = []
      let data = TrainingData<Float>(inputs: .tokens(inputs), batchSize: 4, seed: seed) { sequences in
        order += sequences
        return { outputs, _ in Double(outputs[0]) * 0 }
      }
      let configuration = ModelConfiguration(
        cell: GRUCell.gru, input: .oneHot(vocabularySize: 10), hiddenSize: 2, outputSize: 1)
      let trainer = try Trainer(
        Model<Float>(configuration, seed: 1), batchSize: 4, sequenceLength: 1, loss: .custom, isRagged: true, threads: 1
      )
      var loop = try TrainingLoop(trainer, data, epochs: 2)
      try loop.run()
      #expect(order[..<10].sorted() == Array(0..<10) && order[10...].sorted() == Array(0..<10))
      #expect(Array(order[..<10]) != Array(order[10...]))
      orders.append(order)
    }
    #expect(orders[0] == orders[1] && orders[0] != orders[2])
  }

  @Test("Ends when the validation loss has not fallen for long")
  func patience() throws {
    let losses = [3, 2, 2.5, 1, 1, 2, 0.5]
    let parts = try LoopTask.closure.parts(epochs: 7)
    let data = parts.data
    let held = ValidationData<Float> { trainer in losses[trainer.stepCount / 5 - 1] }
    var loop = try TrainingLoop(parts.trainer, data, epochs: 7, validation: held, patience: 2)
    let result = try loop.run()
    #expect(result.reason == .noProgress && result.step == 30 && result.epoch == 6)
    #expect(result.best == TrainingProgress.Best(loss: 1, step: 20))
    // The model of step 20, as another training gives it.
    var other = try TrainingLoop<Float>.of(.closure, epochs: 4)
    try other.run()
    #expect(loop.bestModel[parameter: "linear.weight"] == other.model[parameter: "linear.weight"])
    // Nothing is left to do.
    #expect(try loop.run().reason == .noProgress)
  }

  @Test("Steps instead of epochs; validation every few steps, and after the last")
  func steps() throws {
    var validated: [Int] = []
    var loop = try TrainingLoop<Float>.of(.closure) { options in
      options.length = .steps(8)
      options.validationInterval = 3
    }
    try loop.run { event in if case .validated(_, let step, _) = event { validated.append(step) } }
    #expect(validated == [3, 6, 8] && loop.trainer.stepCount == 8)
    #expect(loop.progress.epoch == 1 && loop.progress.batch == 3)
  }

  @Test("A cancelled task stops between two steps, and another run goes on")
  func cancellation() async throws {
    let task = Task {
      var loop = try TrainingLoop<Float>.of(.closure)
      var results = [
        try loop.run { event in
          if case .step(let step) = event, step.report.step == 3 {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
          }
        }
      ]
      results.append(try loop.run())
      return results
    }
    let results = try await task.value
    #expect(results.map(\.reason) == [.stopped, .stopped] && results.map(\.step) == [3, 3])
    var loop = try TrainingLoop<Float>.of(.closure)
    var count = 0
    func isOver() -> Bool {
      count += 1
      return count > 6
    }
    let result = try loop.run(until: isOver) { _ in }
    #expect(result.reason == .stopped && result.step == 6)
    #expect(try loop.run().step == 20)
  }

  @Test("Frozen parameters stay")
  func frozen() throws {
    let parts = try LoopTask.sequences.parts()
    let data = parts.data
    var loop = try TrainingLoop(parts.trainer, data, epochs: 1)
    loop.trainer.settings.frozenParameters = ["linear.weight"]
    let before = loop.model
    try loop.run()
    #expect(loop.model[parameter: "linear.weight"] == before[parameter: "linear.weight"])
    #expect(loop.model[parameter: "linear.bias"] != before[parameter: "linear.bias"])
  }

  @Test("A loss that is not finite ends the training, and what was good is kept")
  func notFinite() throws {
    for place in [TrainingOptions.BestPlace.ownFile, .checkpoint] {
      let scratch = try ScratchDirectory()
      let path = scratch.file("model.safetensors")
      let parts = try LoopTask.closureWithLoss.parts()
      let data = TrainingData<Float>(
        batchesPerEpoch: 3,
        withLoss: { epoch, batch in
          let tokens = [Int32](repeating: 1, count: 32)
          return (
            .tokens(tokens),
            { outputs, gradient in
              gradient[0] = 1
              return epoch == 1 && batch == 1 ? .nan : Double(outputs[0])
            }
          )
        })
      var options = parts.options
      options.bestPlace = place
      var loop = try TrainingLoop(
        parts.trainer, data, options, validation: ValidationData { _ in 1 }, checkpoint: path)
      do {
        try loop.run()
        Issue.record("went on")
      } catch TrainingError.notFinite(let quantity, let value, let step, let savedStep) {
        #expect(quantity == .trainingLoss && value.isNaN, "\(quantity) \(value)")
        #expect(step == 5 && savedStep == 3)
      }
      let kept = try TrainingCheckpoint<Float>(contentsOf: path)
      #expect(kept.stepCount == 3)
      #expect(loop.bestModel[parameter: "linear.bias"] == kept.model[parameter: "linear.bias"])
    }
    // A validation that is not finite, and parameters that no longer are.
    let parts = try LoopTask.closure.parts()
    let data = parts.data
    var loop = try TrainingLoop(
      parts.trainer, data, epochs: 1, validation: ValidationData { _ in .infinity })
    #expect(throws: TrainingError.notFinite(.validationLoss, value: .infinity, step: 5, savedStep: nil)) {
      try loop.run()
    }
  }

  @Test("A save that fails lets the training go on, but not end well")
  func failedSave() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("model.safetensors")
    var loop = try TrainingLoop<Float>.of(.closure, path: path, epochs: 2)
    // A directory in the place of the file.
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    var failures: [Bool] = []
    #expect(throws: TrainingError.self) {
      try loop.run { event in if case .saveFailed(_, _, let isLast) = event { failures.append(isLast) } }
    }
    #expect(failures.last == true && loop.trainer.stepCount == 10)
  }
}
