internal import Foundation

/// The one source of randomness: SplitMix64 (Steele, Lea & Flood 2014). The same seed gives the same numbers
/// everywhere; its whole state is one word.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable {
  /// All that the next numbers depend on: `SeededGenerator(seed: state)` goes on from here.
  public private(set) var state: UInt64

  /// A generator that begins at a seed.
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in [lower, upper).
  public mutating func uniform(_ lower: Double, _ upper: Double) -> Double {
    lower + (upper - lower) * uniform()
  }

  /// Standard normal (Box & Muller 1958).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
