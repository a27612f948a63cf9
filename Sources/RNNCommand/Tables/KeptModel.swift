import Recurrent

/// What is said of the file that a training in epochs leaves, and of the model in it.
struct KeptModel {
  let path: String
  let stepsPerEpoch: Int
  let best: TrainingProgress.Best?

  private var ofBest: String? {
    best.map { "the model of epoch \(($0.step - 1) / stepsPerEpoch + 1)" }
  }

  /// Tells that it is saved.
  /// - Parameter measured: what was best, in words.
  func announce(_ measured: (Double) -> String) {
    let which = ofBest.map { text in text + (best.map { " (\(measured($0.loss)))" } ?? "") }
    Note.note("saved \(path), \(which ?? "the model")")
  }

  /// A training that a signal stopped.
  /// - Parameters:
  ///   - step: that it came to.
  ///   - data: the files that it was on.
  func stopped(by signal: Int32, step: Int, epoch: Int, of note: TableNote, on data: String) -> Failure {
    // Without a step there was nothing to save.
    let saved = step > 0 ? "saved \(path), \(ofBest ?? "the model of step \(step)")" : "nothing was done"
    return Failure(
      message: "stopped in epoch \(epoch) of \(note.epochs); \(saved); "
        + "'rnn \(note.command) train \(data) --resume \(path)' goes on",
      status: .interrupted(signal))
  }

  /// What a training that diverged leaves; nil: nothing was saved.
  func text(savedStep: Int?) -> String? {
    savedStep.map { "\(path) holds \(ofBest ?? "the model of step \($0)")" }
  }
}
