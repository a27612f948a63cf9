internal import Foundation

/// The incomplete beta function: what distribution functions of Student's t and of counts are made of.
enum BetaFunction {
  /// log B(a, b).
  static func logBeta(_ a: Double, _ b: Double) -> Double {
    let (small, large) = (min(a, b), max(a, b))
    guard large > 1e4, small < large / 100 else {
      return GammaFunctions.logGamma(a) + GammaFunctions.logGamma(b) - GammaFunctions.logGamma(a + b)
    }
    // Γ(b)/Γ(a + b) by Stirling's formula, whose huge terms cancel.
    let ratio = small / large
    return GammaFunctions.logGamma(small) + GammaFunctions.stirling(large) - GammaFunctions.stirling(a + b)
      - (a + b - 0.5) * log1p(ratio) - small * log(large) + small
  }

  /// Iₓ(a, b), by its continued fraction (dlmf.nist.gov 8.17.22, Lentz's method) on the side where that converges fast.
  /// - Parameters:
  ///   - x: in 0...1.
  ///   - rest: 1 − x, which may be too small to be its difference.
  static func incomplete(_ x: Double, rest: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return x.isNaN ? .nan : 0 }
    guard rest > 0 else { return 1 }
    guard x <= (a + 1) / (a + b + 2) else { return 1 - incomplete(rest, rest: x, b, a) }
    // The logarithm of what is nearly 1 has its digits in the other.
    let (logX, logRest) = (x > 0.5 ? log1p(-rest) : log(x), rest > 0.5 ? log1p(-x) : log(rest))
    let factor = exp(a * logX + b * logRest - logBeta(a, b)) / a
    let tiny = 1e-300
    var (c, d) = (1.0, 1 - (a + b) * x / (a + 1))
    d = 1 / (abs(d) < tiny ? tiny : d)
    var fraction = d
    /// - Returns: what the fraction was multiplied by.
    func extend(_ numerator: Double) -> Double {
      d = 1 + numerator * d
      c = 1 + numerator / c
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = abs(c) < tiny ? tiny : c
      fraction *= c * d
      return c * d
    }
    for step in 1...20_000 {
      let m = Double(step)
      _ = extend(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)))
      let change = extend(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)))
      if abs(change - 1) < 1e-16 { break }
    }
    return min(1, max(0, factor * fraction))
  }
}
