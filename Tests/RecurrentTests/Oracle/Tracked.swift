import Foundation

/// A number and how far rounding can drive a computation of it from the truth: running error analysis (Higham 2002,
/// §3.3), to first order.
///
/// Where every operation rounds once to a relative error of at most u, the computed value lies within u·`error` of
/// `value`. The bound holds for any order of summation and for any way of fusing, so it holds for an engine that
/// shares nothing but the formula.
struct Tracked {
  var value: Double
  /// In unit roundoffs u: 2⁻²⁴ in single, 2⁻⁵³ in double precision.
  var error: Double

  /// A number that was given, and not computed.
  /// - Parameter isRounded: whether the one who computes has only its nearest neighbour in his precision.
  init(_ value: Double, isRounded: Bool = false) {
    self.init(value, error: isRounded ? abs(value) : 0)
  }

  init(_ value: Double, error: Double) {
    self.value = value
    self.error = error
  }

  static func + (a: Tracked, b: Tracked) -> Tracked {
    let sum = a.value + b.value
    return Tracked(sum, error: a.error + b.error + abs(sum))
  }

  static func - (a: Tracked, b: Tracked) -> Tracked {
    let difference = a.value - b.value
    return Tracked(difference, error: a.error + b.error + abs(difference))
  }

  static func * (a: Tracked, b: Tracked) -> Tracked {
    let product = a.value * b.value
    return Tracked(product, error: abs(a.value) * b.error + abs(b.value) * a.error + abs(product))
  }

  /// f(x) with its derivative there, for an f that is computed to `units` unit roundoffs.
  func mapped(_ value: Double, slope: Double, units: Double) -> Tracked {
    Tracked(value, error: abs(slope) * error + units * abs(value))
  }

  /// The engine promises 3 units in the last place, each at most two unit roundoffs.
  var tanh: Tracked {
    let y = Foundation.tanh(value)
    return mapped(y, slope: 1 - y * y, units: 6)
  }

  /// The engine promises 2 units in the last place.
  var sigmoid: Tracked {
    let y = 1 / (1 + Foundation.exp(-value))
    return mapped(y, slope: y * (1 - y), units: 4)
  }

  /// log(1 + e^x): two numbers good to some units in the last place are added.
  var softplus: Tracked {
    let y = max(value, 0) + log1p(exp(-abs(value)))
    return mapped(y, slope: 1 / (1 + exp(-value)), units: 8)
  }

  /// e^−x and 1 − e^−x, for x ≥ 0, as `tanh`.
  var decay: Tracked {
    let y = exp(-value)
    return mapped(y, slope: y, units: 6)
  }
  var complementOfDecay: Tracked { mapped(-expm1(-value), slope: exp(-value), units: 6) }

  /// As `tanh`, for the loss.
  var exponential: Tracked {
    let y = Foundation.exp(value)
    return mapped(y, slope: y, units: 6)
  }

  var logarithm: Tracked { mapped(Foundation.log(value), slope: 1 / value, units: 2) }

  var reciprocal: Tracked { mapped(1 / value, slope: 1 / (value * value), units: 1) }

  var squareRoot: Tracked {
    let y = value.squareRoot()
    return mapped(y, slope: y > 0 ? 0.5 / y : 0, units: 1)
  }
}

/// A sum of many terms: n of them, added in whatever order, are off by n·u times the sum of their magnitudes.
struct TrackedSum {
  private var value = 0.0
  private var errors = 0.0
  private var magnitude = 0.0
  private var count = 0.0

  mutating func add(_ term: Tracked) {
    guard term.value != 0 || term.error != 0 else { return }
    value += term.value
    errors += term.error
    magnitude += abs(term.value)
    count += 1
  }

  var result: Tracked { Tracked(value, error: errors + count * magnitude) }
}
