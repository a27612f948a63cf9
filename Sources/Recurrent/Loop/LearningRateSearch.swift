internal import Foundation
internal import Storage

/// What `Trainer.findLearningRate` has measured.
public struct LearningRateSearch: Sendable, Hashable {
  /// A step.
  public struct Point: Sendable, Hashable {
    /// η of the step.
    public let rate: Double
    /// Of the batch, before the update.
    public let loss: Double
  }

  /// The steps in their order, up to the one where the loss had risen to four times its lowest or was not finite.
  public let points: [Point]
  /// A tenth of the rate at which the loss, smoothed, was lowest: fast, and well below where training breaks. nil where no
  /// loss was finite.
  public let suggestion: Double?
}

extension Trainer {
  /// A range test (Smith 2017): trains a copy with a rate that rises exponentially from step to step, until the loss breaks.
  /// The trainer stays as it is.
  /// - Parameters:
  ///   - data: their batches in order, epoch after epoch.
  ///   - lowest: the first rate.
  ///   - highest: the last.
  ///   - steps: from one to the other.
  /// - Throws: `PlanError` where the memory does not suffice for a copy; `TokenFileError` where data cannot be read.
  public mutating func findLearningRate(
    on data: TrainingData<S>, from lowest: Double = 1e-6, to highest: Double = 10, steps: Int = 100
  ) throws -> LearningRateSearch {
    require(
      lowest > 0 && highest > lowest && highest.isFinite,
      "expected rates 0 < lowest < highest, got \(lowest), \(highest)")
    require(steps >= 2, "expected 2 steps or more, got \(steps)")
    data.check(plan.configuration, settings)
    var data = data
    var copy = try Trainer(checkpoint(), threads: engine.pool.count, over: communicator)
    copy.settings.schedule = .constant
    var points: [LearningRateSearch.Point] = []
    var (mean, weight) = (0.0, 0.0)
    var (lowestMean, best): (Double, Double?) = (.infinity, nil)
    for step in 0..<steps {
      let rate = lowest * pow(highest / lowest, Double(step) / Double(steps - 1))
      let batch = step % data.batchCount
      if batch == 0, copy.settings.carriesState { copy.resetState() }
      copy.settings.optimizer.learningRate = rate
      let report = copy.step(on: try data.batch(epoch: step / data.batchCount, batch))
      points.append(LearningRateSearch.Point(rate: rate, loss: report.loss))
      guard report.isFinite else { break }
      // A mean of the last few losses without the bias of its start, as Adam's.
      (mean, weight) = (mean * 0.9 + report.loss * 0.1, weight * 0.9 + 0.1)
      let smooth = mean / weight
      if smooth < lowestMean { (lowestMean, best) = (smooth, rate) }
      // Losses may be below 0: then there is no telling by a multiple.
      if lowestMean > 0, smooth > 4 * lowestMean { break }
    }
    return LearningRateSearch(points: points, suggestion: best.map { $0 / 10 })
  }
}
