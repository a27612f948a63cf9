internal import Foundation
internal import Storage

/// Distribution functions, quantiles and the score of what came.
extension OutputDistribution {
  /// The probability of a value or less.
  public func probability(upTo value: Double) -> Double {
    switch self {
    case .gaussian(let mean, let deviation): return Self.normal((value - mean) / deviation)
    case .studentT(let location, let scale, let degrees): return Self.student((value - location) / scale, degrees)
    case .negativeBinomial(let mean, let dispersion):
      guard value >= 0 else { return value.isNaN ? .nan : 0 }
      guard mean > 0 else { return 1 }
      let count = value.rounded(.down)
      let t = dispersion * mean
      guard dispersion > Self.leastDispersion else { return Self.poisson(count, mean) }
      return BetaFunction.incomplete(1 / (1 + t), rest: t / (1 + t), 1 / dispersion, count + 1)
    }
  }

  /// The value below which others lie with a probability; of counts the least with that probability or more.
  /// - Precondition: `share` is above 0 and below 1.
  public func quantile(_ share: Double) -> Double {
    require(share > 0 && share < 1, "a quantile is above 0 and below 1, got \(share)")
    switch self {
    case .gaussian(let mean, let deviation): return mean + deviation * Self.root(share, Self.normal)
    case .studentT(let location, let scale, let degrees):
      return location + scale * Self.root(share) { Self.student($0, degrees) }
    case .negativeBinomial:
      guard mean.isFinite, variance.isFinite else { return .nan }
      var high = max(1, (mean + 2 * variance.squareRoot()).rounded(.up))
      while probability(upTo: high) < share, high < 1e300 { high *= 2 }
      var low = -1.0
      while high - low > max(1, high.ulp) {
        let middle = (low + (high - low) / 2).rounded(.down)
        if probability(upTo: middle) >= share { high = middle } else { low = middle }
      }
      return high
    }
  }

  /// The continuous ranked probability score of what came, 0 at best: ∫ (F(x) − [x ≥ value])² dx, in the value's unit. In closed form
  /// for the Gaussian (Gneiting et al. 2005) and Student's t (Jordan, Krüger & Lerch 2019); a sum over counts else.
  public func crps(of value: Double) -> Double {
    switch self {
    case .gaussian(let mean, let deviation):
      let z = (value - mean) / deviation
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      return deviation * (z * (2 * Self.normal(z) - 1) + 2 * density - 1 / Double.pi.squareRoot())
    case .studentT(let location, let scale, let degrees):
      guard degrees < 1e8 else {
        return OutputDistribution.gaussian(mean: location, deviation: scale).crps(of: value)
      }
      let z = (value - location) / scale
      let density =
        exp(-0.5 * (degrees + 1) * log1p(z * z / degrees) - BetaFunction.logBeta(0.5, degrees / 2))
        / degrees.squareRoot()
      let spread = exp(
        BetaFunction.logBeta(0.5, degrees - 0.5) - 2 * BetaFunction.logBeta(0.5, degrees / 2))
      return scale
        * (z * (2 * Self.student(z, degrees) - 1) + 2 * density * (degrees + z * z) / (degrees - 1)
          - 2 * degrees.squareRoot() / (degrees - 1) * spread)
    case .negativeBinomial:
      guard mean.isFinite, value.isFinite else { return .nan }
      let (low, high) = (quantile(1e-12), quantile(1 - 1e-12))
      // Where there are more counts than that, the function hardly changes from one to the next.
      let step = max(1, ((high - low) / 4096).rounded(.up))
      var sum = max(0, low - max(0, value)) + max(0, value - high) - min(0, value)
      var count = low
      while count < high {
        let part = min(step, high - count)
        let share = probability(upTo: count + ((part - 1) / 2).rounded(.down))
        // What lies below the value, and what above.
        let below = min(part, max(0, value - count))
        sum += below * share * share + (part - below) * (1 - share) * (1 - share)
        count += part
      }
      return sum
    }
  }

  // MARK: Functions

  /// Below it counts are Poisson's, for all that can be told.
  private static let leastDispersion = 1e-9

  private static func normal(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  private static func student(_ z: Double, _ degrees: Double) -> Double {
    guard degrees < 1e10 else { return normal(z) }
    let square = z * z
    if square.isInfinite { return z > 0 ? 1 : 0 }
    let tail =
      BetaFunction.incomplete(
        degrees / (degrees + square), rest: square / (degrees + square), degrees / 2, 0.5) / 2
    return z > 0 ? 1 - tail : tail
  }

  /// As a negative binomial of so little dispersion that it does not matter.
  private static func poisson(_ count: Double, _ mean: Double) -> Double {
    let t = leastDispersion * mean
    return BetaFunction.incomplete(1 / (1 + t), rest: t / (1 + t), 1 / leastDispersion, count + 1)
  }

  /// Where a distribution function that is symmetric about 0 has a value.
  private static func root(_ share: Double, _ function: (Double) -> Double) -> Double {
    // The lower tail keeps its digits.
    if share > 0.5 { return -root(1 - share, function) }
    if share == 0.5 { return 0 }
    var low = -1.0
    while function(low) > share, low > -1e300 { low *= 2 }
    var high = low == -1 ? 0 : low / 2
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high, high - low > -1e-15 * low else { return middle }
      if function(middle) < share { low = middle } else { high = middle }
    }
  }
}
