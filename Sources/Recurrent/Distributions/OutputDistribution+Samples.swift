internal import Foundation
internal import Storage

/// Random values, and the score of what came by them.
extension OutputDistribution {
  /// A random value.
  public func sample(using generator: inout SeededGenerator) -> Double {
    switch self {
    case .gaussian(let mean, let deviation): return mean + deviation * generator.normal()
    case .studentT(let location, let scale, let degrees):
      // Drawn in this order, whatever the degrees.
      let normal = generator.normal()
      return location + scale * normal / (2 * generator.gamma(degrees / 2) / degrees).squareRoot()
    case .negativeBinomial(let mean, let dispersion):
      // A Poisson count whose rate is random itself.
      let rate = dispersion > Self.leastRandomDispersion ? mean * dispersion * generator.gamma(1 / dispersion) : mean
      return generator.poisson(rate)
    }
  }

  private static let leastRandomDispersion = 1e-12

  /// The continuous ranked probability score of samples: their mean distance from what came less half their mean distance from each
  /// other (Gneiting & Raftery 2007).
  /// - Precondition: there is a sample.
  public static func crps(of value: Double, samples: [Double]) -> Double {
    require(!samples.isEmpty, "a score needs samples")
    let count = Double(samples.count)
    var (distance, spread) = (0.0, 0.0)
    for (rank, sample) in samples.sorted().enumerated() {
      distance += abs(sample - value)
      // Every pair once, by how many lie on either side.
      spread += sample * (2 * Double(rank) + 1 - count)
    }
    return distance / count - spread / count / count
  }
}

extension SeededGenerator {
  /// Of the gamma distribution with the scale 1 (Marsaglia & Tsang 2000).
  mutating func gamma(_ shape: Double) -> Double {
    guard shape.isFinite else { return shape }
    guard shape >= 1 else {
      let boost = pow(1 - uniform(), 1 / shape)
      return gamma(shape + 1) * boost
    }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }

  /// A count with a mean: by products of uniform numbers where it is small, else by Hörmann's transformed rejection (1993, PTRS).
  mutating func poisson(_ mean: Double) -> Double {
    guard mean > 0, mean < 1e15 else { return mean > 0 ? mean.rounded() : mean.isNaN ? .nan : 0 }
    guard mean >= 10 else {
      let limit = exp(-mean)
      var (product, count) = (uniform(), 0.0)
      while product > limit {
        product *= uniform()
        count += 1
      }
      return count
    }
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverse = 1.1239 + 1.1328 / (b - 3.4)
    let acceptance = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = uniform() - 0.5
      let v = 1 - uniform()
      let edge = 0.5 - abs(u)
      let count = ((2 * a / edge + b) * u + mean + 0.43).rounded(.down)
      if edge >= 0.07, v <= acceptance { return count }
      guard count >= 0, edge >= 0.013 || v <= edge else { continue }
      if log(v * inverse / (a / (edge * edge) + b))
        <= count * log(mean) - mean - GammaFunctions.logGamma(count + 1)
      {
        return count
      }
    }
  }
}
