import Foundation

/// A number in Double beside a bound on how far single precision, with the operations in any order, may be from it.
struct BoundedNumber {
  var value: Double
  var error = 0.0

  /// Unit roundoff of Float.
  static let unit = 0x1p-24

  /// Σ w·x, Σ |w·x| and Σ |w|·(error of x), the roundings of the sum itself left out.
  static func sum(of weights: ArraySlice<Float>, _ x: [BoundedNumber]) -> (
    value: Double, magnitude: Double, error: Double
  ) {
    var (value, magnitude, error) = (0.0, 0.0, 0.0)
    for (weight, number) in zip(weights, x) {
      let weight = Double(weight)
      value += weight * number.value
      magnitude += abs(weight * number.value)
      error += abs(weight) * number.error
    }
    return (value, magnitude, error)
  }

  static func + (a: Self, b: Self) -> Self {
    let sum = a.value + b.value
    return Self(value: sum, error: a.error + b.error + unit * abs(sum))
  }

  static func - (a: Double, b: Self) -> Self {
    Self(value: a - b.value, error: b.error + unit * abs(a - b.value))
  }

  static func * (a: Self, b: Self) -> Self {
    let product = a.value * b.value
    return Self(
      value: product, error: abs(a.value) * b.error + abs(b.value) * a.error + a.error * b.error + unit * abs(product))
  }

  static func * (a: Double, b: Self) -> Self { Self(value: a, error: 0) * b }
  static func * (a: Self, b: Double) -> Self { b * a }

  // To first order, with room for the second: what they are taken of is exact to some roundoffs.

  var reciprocal: Self { Self(value: 1 / value, error: 1.01 * error / (value * value) + Self.unit / abs(value)) }

  var squareRoot: Self {
    let result = value.squareRoot()
    return Self(value: result, error: 0.51 * error / result + Self.unit * result)
  }

  /// log(1 + e^x): the slope is at most 1; the kernel adds two numbers good to some units in the last place.
  var softplus: Self {
    let result = max(value, 0) + log1p(exp(-abs(value)))
    return Self(value: result, error: error + 6 * Self.unit * result)
  }

  /// e^−x for x ≥ 0.
  var decay: Self {
    let result = exp(-value)
    return Self(value: result, error: 1.01 * error * result + 4 * Self.unit * result)
  }

  /// 1 − e^−x for x ≥ 0.
  var complementOfDecay: Self {
    let result = -expm1(-value)
    return Self(value: result, error: 1.01 * error * exp(-value) + 4 * Self.unit * result)
  }

  /// The slope is at most ¼; the kernel is good to 2 units in the last place, 4 roundoffs.
  var sigmoid: Self {
    let result = 1 / (1 + exp(-value))
    return Self(value: result, error: error / 4 + 4 * Self.unit * result)
  }

  /// The slope is at most 1; the kernel is good to 2.5 units in the last place.
  var tanh: Self {
    let result = Foundation.tanh(value)
    return Self(value: result, error: error + 5 * Self.unit * abs(result))
  }

  /// (x − mean)/√(variance + 10⁻⁵). Errors pass by the Jacobian, s·(δ_kj − 1/n − y_k·y_j/n); the sums' own, in double,
  /// are nothing beside those of the mean, of the differences, of s and of the product.
  static func normalized(_ x: [Self]) -> [Self] {
    let n = Double(x.count)
    let mean = x.reduce(0) { $0 + $1.value } / n
    let deviations = x.map { $0.value - mean }
    let scale = 1 / (deviations.reduce(0) { $0 + $1 * $1 } / n + 1e-5).squareRoot()
    let y = deviations.map { $0 * scale }
    let roundings = deviations.map { unit * (abs(mean) + abs($0)) }
    let share = scale * zip(y, roundings).reduce(0) { $0 + abs($1.0) * $1.1 } / n
    return x.indices.map { k in
      let passed = x.indices.reduce(0.0) { sum, j in
        sum + abs((k == j ? 1 : 0) - 1 / n - y[k] * y[j] / n) * x[j].error
      }
      return Self(value: y[k], error: scale * (passed + roundings[k]) + abs(y[k]) * (share + 2 * unit))
    }
  }

  var rectified: Self { Self(value: max(value, 0), error: error) }
}
