internal import Foundation

/// What the methods work on instead of the values: z = (f(y) − center) / scale, f being the logarithm or nothing. So neither a large
/// offset nor a tiny unit costs digits, and multiplicative seasons and growth become additive.
package struct ValueTransform: Sendable, Hashable, Codable {
  package let isLogarithmic: Bool
  /// A power of two that keeps huge and tiny values within reach.
  let unit: Double
  let center: Double
  let scale: Double
  /// Forecasts of values that never were negative are not, either.
  let isNonNegative: Bool

  init(isLogarithmic: Bool, unit: Double, center: Double, scale: Double, isNonNegative: Bool) {
    (self.isLogarithmic, self.unit, self.center, self.scale) = (isLogarithmic, unit, center, scale)
    self.isNonNegative = isNonNegative
  }

  /// Logarithms where all values are above 0 and either differ by more than a factor of 3, or have a season and differ by enough
  /// that it matters.
  package init(fitting series: ObservedSeries, isSeasonal: Bool) {
    let known = zip(series.values, series.isKnown).filter(\.1).map(\.0)
    let (low, high) = (known.min() ?? 0, known.max() ?? 0)
    let size = max(abs(low), abs(high))
    unit =
      size == 0 || (1e-100...1e100).contains(size) ? 1 : Double(sign: .plus, exponent: size.exponent, significand: 1)
    isNonNegative = low >= 0
    isLogarithmic = low > 0 && (high / low > 3 || (isSeasonal && high / low > 1.2))
    let (own, isLogarithmic) = (unit, isLogarithmic)
    let raw = known.map { isLogarithmic ? log($0 / own) : $0 / own }
    // Of the last value on, so that an offset cancels exactly.
    let first = raw.first ?? 0
    let mean = raw.reduce(0) { $0 + ($1 - first) } / Double(max(1, raw.count))
    center = first + mean
    let square = raw.reduce(0) { $0 + ($1 - first - mean) * ($1 - first - mean) } / Double(max(1, raw.count))
    let deviation = square.squareRoot()
    scale = deviation > 0 && deviation.isFinite ? deviation : 1
  }

  func apply(_ value: Double) -> Double {
    ((isLogarithmic ? log(max(value / unit, .leastNormalMagnitude)) : value / unit) - center) / scale
  }

  func undo(_ z: Double) -> Double {
    let raw = z * scale + center
    let value = (isLogarithmic ? exp(min(max(raw, -700), 700)) : raw) * unit
    let finite = min(max(value, -Double.greatestFiniteMagnitude), Double.greatestFiniteMagnitude)
    return isNonNegative ? max(0, finite) : finite
  }

  func apply(_ values: [Double]) -> [Double] { values.map(apply) }

  func undo(_ values: [Double]) -> [Double] { values.map(undo) }
}
