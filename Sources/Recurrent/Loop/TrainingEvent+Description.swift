internal import Foundation

// A line for each thing that a loop reports, to be printed as it is.

extension TrainingEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .resumed(let resumption): "\(resumption)"
    case .step(let step): "\(step)"
    case .validated(let evaluation, let step, let isBest):
      "validation after step \(step): \(evaluation)" + (isBest ? ", the best so far" : "")
    case .reducedLearningRate(let rate, let step): "the learning rate is \(number(rate)) after step \(step)"
    case .epoch(let epoch): "\(epoch)"
    case .saved(let step, let path): "saved step \(step) as \(path)"
    case .saveFailed(let step, let error, let isLast):
      "step \(step) could not be saved: \(error)" + (isLast ? "" : "; the training goes on")
    case .ending(let reason, let step): "\(reason.text) after step \(step)"
    }
  }
}

extension TrainingResumption: CustomStringConvertible {
  public var description: String {
    let others =
      otherSettings.isEmpty
      ? "" : "; the checkpoint's settings count, not the trainer's, in \(otherSettings.joined(separator: ", "))"
    return "going on from \(file), after step \(step)\(others)"
  }
}

extension StepReport: CustomStringConvertible {
  public var description: String {
    "step \(step): loss \(number(loss)), gradient norm \(number(gradientNorm)), learning rate \(number(learningRate))"
  }
}

extension TrainingStep: CustomStringConvertible {
  public var description: String { "epoch \(epoch), \(report)" + (evaluation.map { "; validation \($0)" } ?? "") }
}

extension TrainingEpoch: CustomStringConvertible {
  public var description: String {
    "epoch \(epoch), step \(step): training loss \(number(trainingLoss))"
      + (evaluation.map { ", validation \($0)" } ?? "")
  }
}

extension TrainingResult.Reason {
  fileprivate var text: String {
    switch self {
    case .completed: "completed"
    case .noProgress: "stopped for want of progress"
    case .stopped: "stopped on demand"
    }
  }
}

extension TrainingResult: CustomStringConvertible {
  public var description: String {
    "\(reason.text) after step \(step), in epoch \(epoch)"
      + (best.map { "; lowest validation loss \(number($0.loss)), at step \($0.step)" } ?? "")
  }
}

private func number(_ value: Double) -> String { String(format: "%.4g", value) }
