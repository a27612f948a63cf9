internal import Kernels

/// Everything that a training is after a step. `Trainer(checkpoint)` goes on from it as if it had never stopped.
///
///     var checkpoint = trainer.checkpoint(notes: ["epoch": "3"])
///     try checkpoint.save(to: "run.safetensors")
///     …
///     let checkpoint = try TrainingCheckpoint<Float>(contentsOf: "run.safetensors")
///     var trainer = try Trainer(checkpoint)
///
/// What only the program knows it keeps in `notes`: its place in the data (`BucketingLoader` needs the number of the
/// epoch and of the batch), the losses so far (`EarlyStopping`), the `state` of its own `SeededGenerator`s.
public struct TrainingCheckpoint<S: Scalar>: Sendable {
  /// The model as it was after the step.
  public var model: Model<S>
  /// The best model so far, where it is kept in the same file: who reads that file as a model gets this one.
  public var best: Model<S>?
  /// May be changed before training goes on, where exactness is not wanted: a new schedule, another batch size, which starts without state.
  public var settings: TrainingSettings
  /// Steps done.
  public let stepCount: Int
  /// The optimizer's, each laid out as the model's block.
  let moments: [[S]]
  /// Of the weights, where they are averaged.
  let average: WeightAverage<S>?
  /// The state before the next step, of each sequence.
  let state: RecurrentState<S>
  /// [N], whether a sequence starts anew.
  let isFresh: [Bool]
  /// Of dropout and zoneout.
  let dropoutSeeds: SeededGenerator
  /// Of the training that the checkpoint was taken of.
  public let fingerprint: Fingerprint
  /// What a program keeps, texts by name.
  public var notes: [String: String]
}

extension Engine {
  /// The optimizer's moment `index`, counted from 1, laid out as the parameters.
  func moment(_ index: Int) -> [S] { memory.array(momentPlace(index)) }

  func setMoment(_ index: Int, _ values: [S]) { memory.write(values.span, at: momentPlace(index).offset) }

  private func momentPlace(_ index: Int) -> Region {
    Region(offset: (index + 1) * plan.update.shift, rows: 1, columns: plan.table.blockCount)
  }
}
