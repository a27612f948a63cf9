import Recurrent

/// The training of a text as the user sees it: runs the loop, and says how it ended.
struct TrainingRun: ~Copyable {
  private var loop: TrainingLoop<Float>
  private let report: LoopReport
  private let path: String
  private let bestPath: String
  /// The best loss so far, where its model is gone: a checkpoint was moved without it.
  private let lostBest: TrainingProgress.Best?

  /// - Throws: `TrainingError.otherData`.
  init(
    _ training: consuming TextTraining, saveEvery: Int?, store: consuming CheckpointStore, log: consuming TrainingLog?
  ) throws(TrainingError) {
    let (progress, held) = (training.progress, training.data.held)
    var options = TrainingOptions(.steps(progress.totalSteps))
    options.patience = held == nil ? nil : progress.patience
    options.saveInterval = saveEvery
    options.notes = progress.notes
    (path, bestPath, lostBest) = (store.path, store.bestPath, training.lostBest)
    let data = TrainingData<Float>(training.data.training)
    let (loopProgress, best, file) = (training.loop, training.best, training.resumedFile)
    loop = try TrainingLoop(
      training.trainer, data, options, validation: held, store: store, progress: loopProgress, best: best, file: file)
    report = LoopReport(loop, path: path, unit: progress.unit == .byte ? "bytes" : "chars", log: log)
  }

  /// All steps that are left, one at least.
  /// - Throws: `Failure` where the loss is no longer finite, a signal came, or the model could not be saved.
  mutating func run() throws {
    let (result, signal): (TrainingResult, Int32?)
    do { (result, signal) = try report.run(&loop) } catch let error as TrainingError { throw failure(error) }
    guard let signal else {
      return Note.note("saved \(path)\(bestSaved)")
    }
    throw Failure(
      message: "stopped after step \(result.step) of \(loop.totalSteps), in epoch \(result.epoch); "
        + "saved \(path)\(bestSaved); 'rnn train --resume \(path)' goes on",
      status: .interrupted(signal))
  }

  private func failure(_ error: TrainingError) -> Failure {
    guard case .notFinite(let quantity, let value, let step, let savedStep) = error else { return Failure(error) }
    let kept = savedStep.map { "\(path) holds the model of step \($0)" } ?? "no model was saved"
    return Failure(
      message: "the \(quantity.rawValue) is not a finite number (\(value)) at step \(step); \(kept)\(bestSaved). "
        + Failure.advice,
      status: .notFinite)
  }

  private var bestSaved: String {
    guard let best = loop.progress.best, best != lostBest else { return "" }
    return ", and \(bestPath) (validation loss \(decimal(best.loss)), step \(best.step))"
  }
}

extension Failure {
  /// What may help where a training diverges.
  static let advice = "A lower --learning-rate or --clip-norm may help"

  init(_ error: TrainingError) {
    if case .notSaved = error {
      self.init(message: "the last checkpoint could not be saved")
    } else {
      self.init(message: error.description)
    }
  }
}
