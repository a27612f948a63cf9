import Foundation
import Recurrent
import TestSupport
import Testing

/// A training that was stopped and goes on ends with the same bytes as one that was not.
@Suite("Resuming a training loop")
struct TrainingLoopResumeTests {
  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// The last file, and the best if it is a file of its own.
  private func files(_ path: String) throws -> [Data] {
    let best = CheckpointStore.bestPath(of: path)
    return try [bytes(path)] + (FileManager.default.fileExists(atPath: best) ? [bytes(best)] : [])
  }

  @Test("To the same bytes, wherever it was stopped", arguments: LoopTask.allCases, [false, true])
  func sameBytes(task: LoopTask, isOneFile: Bool) throws {
    let place = try ScratchDirectory()
    func change(_ options: inout TrainingOptions) {
      options.bestPlace = isOneFile ? .checkpoint : .ownFile
      options.notes = ["mine": "kept"]
    }
    let wholePath = place.file("whole.safetensors")
    var losses: [Double] = []
    var total = 0
    do {
      var loop = try TrainingLoop<Float>.of(task, path: wholePath, change)
      total = loop.totalSteps
      let result = try loop.run { event in if case .step(let step) = event { losses.append(step.report.loss) } }
      #expect(result.reason == .completed && result.step == total && result.epoch == 4)
      #expect(losses.count == total)
      #expect(result.best?.loss == loop.progress.best?.loss)
    }
    let whole = try files(wholePath)
    #expect(whole.count == (isOneFile ? 1 : 2))
    for stop in [1, total / 4, total / 4 + 1, total / 2 + 1, total - 1] {
      let path = place.file("part\(stop).safetensors")
      var parts: [Double] = []
      do {
        var loop = try TrainingLoop<Float>.of(task, path: path, change)
        let result = try loop.run { event in
          guard case .step(let step) = event else { return }
          parts.append(step.report.loss)
          if step.report.step == stop { throw CancellationError() }
        }
        #expect(result.reason == .stopped && result.step == stop)
      }
      #expect(try TrainingCheckpoint<Float>(contentsOf: path).notes["mine"] == "kept")
      var loop = try TrainingLoop<Float>.of(task, path: path, resuming: true, change)
      #expect(loop.trainer.stepCount == stop)
      try loop.run { event in if case .step(let step) = event { parts.append(step.report.loss) } }
      #expect(parts == losses, "stopped after step \(stop)")
      #expect(try files(path) == whole, "stopped after step \(stop)")
    }
  }

  @Test("The best model of a resumed training is the one from before, if none is better")
  func bestModel() throws {
    for place in [TrainingOptions.BestPlace.ownFile, .checkpoint] {
      let scratch = try ScratchDirectory()
      let path = scratch.file("model.safetensors")
      var best: [Float] = []
      do {
        var loop = try TrainingLoop<Float>.of(.sequences, path: path) { $0.bestPlace = place }
        try loop.run()
        best = loop.bestModel[parameter: "linear.weight"]
      }
      var loop = try TrainingLoop<Float>.of(.sequences, path: path, resuming: true) { $0.bestPlace = place }
      let result = try loop.run()
      #expect(result.reason == .completed && loop.bestModel[parameter: "linear.weight"] == best)
      if place == .checkpoint {
        #expect(try Model<Float>(contentsOf: path)[parameter: "linear.weight"] == best)
        #expect(try TrainingCheckpoint<Float>(contentsOf: path).best?[parameter: "linear.weight"] == best)
      }
    }
  }

  @Test("Patience and plateau go on where they were")
  func waiting() throws {
    let scratch = try ScratchDirectory()
    // Validation losses by the number of the step: the lowest at step 2.
    func loop(_ path: String, resuming: Bool) throws -> TrainingLoop<Float> {
      let parts = try LoopTask.closure.parts(epochs: 10)
      var options = parts.options
      options.validationInterval = 2
      options.patience = 5
      options.plateau = ReduceOnPlateau(factor: 0.5, patience: 2)
      let data = parts.data
      let held = ValidationData<Float> { trainer in trainer.stepCount == 2 ? 1 : 2 }
      return try TrainingLoop(parts.trainer, data, options, validation: held, checkpoint: path, resuming: resuming)
    }
    var rates: [Double] = []
    func note(_ event: TrainingEvent) {
      if case .reducedLearningRate(let rate, let step) = event { rates += [Double(step), rate] }
    }
    let path = scratch.file("model.safetensors")
    for stop in [3, 5, 7, 9, 100] {
      var loop = try loop(path, resuming: true)
      let result = try loop.run { event in
        note(event)
        if case .step(let step) = event, step.report.step == stop { throw CancellationError() }
      }
      #expect(result.reason == (stop == 100 ? .noProgress : .stopped))
      #expect(result.step == min(stop, 12) && result.best?.step == 2)
    }
    #expect(rates == [6, 0.01, 10, 0.005])
  }

  @Test("Data with another number of batches, another model and foreign checkpoints are refused")
  func refusals() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("model.safetensors")
    do {
      var loop = try TrainingLoop<Float>.of(.sequences, path: path)
      try loop.run()
      #expect(throws: CheckpointError.self) { _ = try TrainingLoop<Float>.of(.sequences, path: path) }
    }
    do {
      _ = try TrainingLoop<Float>.of(.closure, path: path, resuming: true)
      Issue.record("went on with other data")
    } catch TrainingError.otherData(_, let expected, let actual) {
      #expect(expected == 7 && actual == 5)
    }
    do {
      _ = try TrainingLoop<Float>.of(.ownLoss, path: path, resuming: true)
      Issue.record("went on with another model")
    } catch TrainingError.invalidProgress(_, let reason) {
      #expect(reason.contains("another model"))
    }
    let foreign = scratch.file("foreign.safetensors")
    let parts = try LoopTask.sequences.parts()
    let absurd =
      #"{"first_step": 0, "epoch": 0, "batch": 0, "epoch_loss": 0.5, "epoch_count": 9223372036854775807, "#
      + #""evaluations_without_progress": 0, "plateau_evaluations": 0}"#
    for note in [[:], ["loop": "{}"], ["loop": "x"], ["loop": absurd]] {
      try parts.trainer.checkpoint(notes: note).save(to: foreign)
      #expect(throws: TrainingError.self) {
        _ = try TrainingLoop<Float>.of(.sequences, path: foreign, resuming: true)
      }
    }
    try scratch.makeFile("damaged.safetensors", "no tensors")
    #expect(throws: CheckpointError.self) {
      _ = try TrainingLoop<Float>.of(.sequences, path: scratch.file("damaged.safetensors"), resuming: true)
    }
  }
}
