internal import Foundation
internal import Kernels

/// How often a decoder in training is fed its own output of the step before and not the target's (Bengio, Vinyals, Jaitly &
/// Shazeer 2015), as it will be when there is no target.
public struct ScheduledSampling: Sendable, Hashable {
  /// The probability of that over the steps of the training. (The paper's ε is 1 minus it.)
  public enum Schedule: Sendable, Hashable {
    /// The same at every step.
    case constant(Double)
    /// From one probability to another over so many steps, and constant after.
    case linear(from: Double = 0, to: Double, steps: Int)
    /// 1 − k/(k + e^(i/k)) at step i: slowly from about 0, ½ at step k·ln k, and on to 1.
    case inverseSigmoid(k: Double)
  }

  /// The probability over the steps of the training.
  public let schedule: Schedule
  /// How the own output is drawn where it is a token.
  public let draw: SamplingOptions

  /// - Precondition: probabilities in 0...1; at least one step; k at least 1.
  public init(_ schedule: Schedule, draw: SamplingOptions = .greedy) {
    switch schedule {
    case .constant(let probability): Self.check(probability)
    case .linear(let first, let last, let steps):
      Self.check(first)
      Self.check(last)
      require(steps >= 1, "a linear schedule needs 1 step or more, got \(steps)")
    case .inverseSigmoid(let k): require(k >= 1 && k.isFinite, "k must be finite and at least 1, got \(k)")
    }
    self.schedule = schedule
    self.draw = draw
  }

  private static func check(_ probability: Double) {
    require(probability >= 0 && probability <= 1, "a probability must be in 0...1, got \(probability)")
  }

  /// The probability at `step`, counted from 0.
  public func probability(at step: Int) -> Double {
    switch schedule {
    case .constant(let probability): probability
    case .linear(let first, let last, let steps): first + (last - first) * min(1, Double(step) / Double(steps))
    // k/(k + e^x) as 1/(1 + e^x/k): an e^x that overflows gives 0.
    case .inverseSigmoid(let k): 1 - 1 / (1 + exp(Double(step) / k) / k)
    }
  }
}
