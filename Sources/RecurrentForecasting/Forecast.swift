internal import Foundation
internal import Recurrent
internal import Storage

/// What a forecaster says about the steps ahead.
public struct Forecast: Sendable {
  /// Between what lower and upper bound a value comes to lie, with a probability.
  public struct Interval: Sendable, Hashable {
    /// In percent, above 0 and below 100.
    public let level: Double
    /// One for each step.
    public let lower: [Double]
    /// One for each step.
    public let upper: [Double]
  }

  /// One for each step: the median of the methods that count.
  public let values: [Double]
  let transformed: [Double]
  let transform: ValueTransform
  let errors: IntervalErrors

  /// The first steps of it.
  package func prefix(_ steps: Int) -> Forecast {
    Forecast(
      values: Array(values.prefix(steps)), transformed: Array(transformed.prefix(steps)), transform: transform,
      errors: errors)
  }

  /// - Parameter level: in percent, above 0 and below 100.
  public func interval(level: Double) -> Interval {
    require(level > 0 && level < 100, "a level is above 0 and below 100 percent, got \(level)")
    let widths = errors.widths(level: level / 100)
    return Interval(
      level: level, lower: zip(transformed, widths).map { transform.undo($0 - $1) },
      upper: zip(transformed, widths).map { transform.undo($0 + $1) })
  }

  /// What a value lies below with a probability, one for each step.
  /// - Parameter share: the probability, above 0 and below 1.
  public func quantile(_ share: Double) -> [Double] {
    require(share > 0 && share < 1, "a quantile is above 0 and below 1, got \(share)")
    let widths = errors.widths(level: abs(2 * share - 1))
    return zip(transformed, widths).map { transform.undo(share < 0.5 ? $0 - $1 : $0 + $1) }
  }

  /// Ways that the values might take: the forecast with the errors of an earlier origin each, so that neighbouring steps err alike.
  /// - Returns: [count][horizon].
  public func paths(_ count: Int, seed: UInt64 = 0) -> [[Double]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let errors = errors.paths[Int(generator.next() % UInt64(self.errors.paths.count))]
      let sign = generator.uniform() < 0.5 ? -1.0 : 1
      return transformed.indices.map {
        transform.undo(transformed[$0] + sign * errors[$0] * self.errors.scales[$0])
      }
    }
  }
}
