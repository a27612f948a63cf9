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
    _ training: consuming TextTraining, saveEvery: Int?, path: String, store: consuming CheckpointStore?,
    log: consuming TrainingLog?, page: TrainingPage?
  ) throws(TrainingError) {
    let (progress, held) = (training.progress, training.data.held)
    var options = TrainingOptions(.steps(progress.totalSteps))
    options.patience = held == nil ? nil : progress.patience
    options.saveInterval = saveEvery
    options.notes = progress.notes
    (self.path, bestPath, lostBest) = (path, CheckpointStore.bestPath(of: path), training.lostBest)
    let data = TrainingData<Float>(training.data.training)
    let (loopProgress, best, file) = (training.loop, training.best, training.resumedFile)
    loop = try TrainingLoop(
      training.trainer, data, options, validation: held, store: store, progress: loopProgress, best: best, file: file)
    let unit = training.text.vocabulary.tokenName
    let bitsPerNat = training.text.bitsPerNat
    report = LoopReport(loop, path: path, unit: unit == "character" ? "chars" : unit + "s", log: log, page: page)
    report.samplesText = true
    report.bitsPerNat = bitsPerNat
  }

  /// All steps that are left, one at least.
  /// - Throws: `Failure` where the loss is no longer finite, a signal came, or the model could not be saved.
  mutating func run() throws {
    let (result, signal): (TrainingResult, Int32?)
    do { (result, signal) = try report.run(&loop) } catch let error as TrainingError {
      throw Failure(error) { kept(savedStep: $0) }
    }
    guard let signal else {
      return Note.note("saved \(path)\(bestSaved)")
    }
    throw Failure(
      message: "stopped after step \(result.step) of \(loop.totalSteps), in epoch \(result.epoch); "
        + "saved \(path)\(bestSaved); 'rnn train --resume \(path)' goes on",
      status: .interrupted(signal))
  }

  /// What a training that diverged leaves.
  private func kept(savedStep: Int?) -> String? {
    if let savedStep { return "\(path) holds the model of step \(savedStep)\(bestSaved)" }
    return newBest.map { "\(bestPath) holds the model of step \($0.step) (validation loss \(lossText($0.loss)))" }
  }

  /// The best model where it is on disk.
  private var newBest: TrainingProgress.Best? { loop.progress.best == lostBest ? nil : loop.progress.best }

  private var bestSaved: String {
    newBest.map { ", and \(bestPath) (validation loss \(lossText($0.loss)), step \($0.step))" } ?? ""
  }
}
