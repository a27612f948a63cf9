internal import Foundation

/// What the learning rate is multiplied by at each step.
public enum LearningRateSchedule: Sendable, Hashable {
  /// Always 1.
  case constant
  /// `factor` to the power of the number of whole periods of `every` steps since step `start`.
  case stepDecay(every: Int, factor: Double, start: Int = 0)
  /// Linear from 0 to 1 over `warmUp` steps, then half a cosine down to `minimum` at step `total` and constant after
  /// (Loshchilov & Hutter 2017).
  case cosine(warmUp: Int, total: Int, minimum: Double = 0)
  /// Half a cosine from `initial` up to 1 at step `rise`, then half a cosine down to `final` at step `total` and constant
  /// after (Smith & Topin 2018; PyTorch's `OneCycleLR` has a rise of 30 % of the total, and these ends).
  case oneCycle(total: Int, rise: Int, initial: Double = 1 / 25, final: Double = 1 / 250_000)

  /// The factor at `step`, counted from 0.
  public func factor(at step: Int) -> Double {
    switch self {
    case .constant: return 1
    case .stepDecay(let every, let factor, let start):
      return step < start ? 1 : pow(factor, Double((step - start) / max(1, every)))
    case .cosine(let warmUp, let total, let minimum):
      if step < warmUp { return Double(step + 1) / Double(warmUp) }
      if step >= total { return minimum }
      let progress = Double(step - warmUp) / Double(max(1, total - warmUp))
      return minimum + (1 - minimum) * 0.5 * (1 + cos(.pi * progress))
    case .oneCycle(let total, let rise, let initial, let final):
      if step < rise { return Self.cosine(from: initial, to: 1, Double(step) / Double(rise)) }
      if step >= total { return final }
      return Self.cosine(from: 1, to: final, Double(step - rise) / Double(max(1, total - rise)))
    }
  }

  /// Half a cosine; `progress` is in 0...1.
  private static func cosine(from start: Double, to end: Double, _ progress: Double) -> Double {
    end + (start - end) * 0.5 * (1 + cos(.pi * progress))
  }
}
