internal import Foundation

/// Logarithms of the gamma function, its derivative, and differences of them that keep their digits where the terms are huge.
/// Asymptotic expansions after a shift to arguments that are large enough: NIST Digital Library of Mathematical Functions
/// (dlmf.nist.gov) 5.5.1, 5.11.1, 5.11.2, 5.11.13. Arguments are above 0; NaN stays NaN.
package enum GammaFunctions {
  /// Where expansions of six terms are exact in double precision.
  static let large = 14.0

  private static let logRootTwoPi = 0.918_938_533_204_672_7

  /// log Γ(x).
  package static func logGamma(_ x: Double) -> Double {
    var (x, product) = (x, 1.0)
    while x < large {
      product *= x
      x += 1
    }
    return (x - 0.5) * log(x) - x + logRootTwoPi + stirling(x) - log(product)
  }

  /// What Stirling's formula leaves: log Γ(x) − (x − ½)·log x + x − ½·log 2π, of a large x.
  package static func stirling(_ x: Double) -> Double {
    let inverse = 1 / x
    let s = inverse * inverse
    return inverse
      * (1 / 12 + s * (-1 / 360 + s * (1 / 1260 + s * (-1 / 1680 + s * (1 / 1188 - s * 691 / 360_360)))))
  }

  /// ψ(x), the derivative of log Γ(x).
  package static func digamma(_ x: Double) -> Double {
    var (x, sum) = (x, 0.0)
    while x < large {
      sum += 1 / x
      x += 1
    }
    return log(x) - 0.5 / x - digammaRest(x) / x / x - sum
  }

  /// x²·(log x − 1/(2x) − ψ(x)), of a large x.
  package static func digammaRest(_ x: Double) -> Double {
    let s = 1 / x / x
    return 1 / 12 + s * (-1 / 120 + s * (1 / 252 + s * (-1 / 240 + s * (1 / 132 - s * 691 / 32_760))))
  }

  /// ½·log x − log(Γ(x + ½)/Γ(x)), and its derivative: what is left of two logarithms that may be huge.
  package static func halfStep(_ x: Double) -> (value: Double, slope: Double) {
    var (shifted, ratio, slope) = (x, 1.0, 0.0)
    while shifted < large {
      ratio *= 1 + 0.5 / shifted
      slope -= 0.5 / (shifted * (shifted + 0.5))
      shifted += 1
    }
    let inverse = 1 / shifted
    let s = inverse * inverse
    let rest =
      inverse
      * (1 / 8 + s * (-1 / 192 + s * (1 / 640 + s * (-17 / 14_336 + s * (31 / 18_432 - s * 691 / 180_224)))))
    let restSlope =
      -s * (1 / 8 + s * (-1 / 64 + s * (1 / 128 + s * (-17 / 2048 + s * (31 / 2048 - s * 691 / 16_384)))))
    guard shifted > x else { return (rest, restSlope) }
    return (
      rest + 0.5 * log(x / shifted) + log(ratio), restSlope + 0.5 / x - 0.5 / shifted + slope
    )
  }

  /// log(1 + t)/t.
  package static func logRatio(_ t: Double) -> Double { t == 0 ? 1 : log1p(t) / t }

  /// (log(1 + t) − t)/t² and (t/(1 + t) − log(1 + t))/t², for t ≥ 0.
  package static func logRests(_ t: Double) -> (log: Double, slope: Double) {
    guard t < 0.04 else {
      let own = log1p(t)
      return ((own - t) / t / t, (t / (1 + t) - own) / t / t)
    }
    var (rest, slope, power) = (0.0, 0.0, -1.0)
    for k in 2..<14 {
      rest += power / Double(k)
      slope += power * Double(k - 1) / Double(k)
      power *= -t
    }
    return (rest, slope)
  }
}
