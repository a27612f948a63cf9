internal import Foundation
internal import Storage

/// What the learning rate is multiplied by at each step. Trainers, and `factor(at:)`, stop where its numbers make no sense
/// together, such as a warm-up that is longer than the whole.
public enum LearningRateSchedule: Sendable, Hashable {
  /// Always 1.
  case constant
  /// `factor`, above 0, to the power of the number of whole periods of `every` steps since step `start`.
  case stepDecay(every: Int, factor: Double, start: Int = 0)
  /// Linear from 0 to 1 over `warmUp` steps, then half a cosine down to `minimum` at step `total` and constant after
  /// (Loshchilov & Hutter 2017).
  case cosine(warmUp: Int, total: Int, minimum: Double = 0)
  /// Half a cosine from `initial` up to 1 at step `rise`, then half a cosine down to `final` at step `total` and constant
  /// after (Smith & Topin 2018; PyTorch's `OneCycleLR` has a rise of 30 % of the total, and these ends).
  case oneCycle(total: Int, rise: Int, initial: Double = 1 / 25, final: Double = 1 / 250_000)

  /// What in it makes no sense; nil: nothing.
  var fault: String? {
    func share(_ value: Double, _ name: String) -> String? {
      value >= 0 && value <= 1 ? nil : "expected \(name) of 0 to 1, got \(value)"
    }
    func part(_ value: Int, of total: Int, _ name: String) -> String? {
      if total < 1 { return "expected a schedule of 1 step or more, got \(total)" }
      return value >= 0 && value <= total
        ? nil : "expected \(name) of 0 to \(total) steps, the schedule's total, got \(value)"
    }
    switch self {
    case .constant: return nil
    case .stepDecay(let every, let factor, let start):
      if every < 1 { return "expected 1 step or more between two decays, got \(every)" }
      if start < 0 { return "expected decays to start at step 0 or later, got \(start)" }
      return factor > 0 && factor.isFinite ? nil : "expected a finite decay factor above 0, got \(factor)"
    case .cosine(let warmUp, let total, let minimum):
      return part(warmUp, of: total, "a warm-up") ?? share(minimum, "a minimum")
    case .oneCycle(let total, let rise, let initial, let final):
      return part(rise, of: total, "a rise") ?? share(initial, "an initial factor") ?? share(final, "a final factor")
    }
  }

  /// The factor at `step`, counted from 0.
  public func factor(at step: Int) -> Double {
    if let fault { stop(fault) }
    require(step >= 0, "expected step 0 or later, got \(step)")
    switch self {
    case .constant: return 1
    case .stepDecay(let every, let factor, let start):
      return step < start ? 1 : pow(factor, Double((step - start) / every))
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
