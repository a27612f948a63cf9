import Foundation
import Kernels
import Testing

@Suite("Losses")
struct LossKernelTests {
  /// Loss and gradient in Double. The target's gradient is minus the sum of the others', which does not cancel.
  private func softmax(_ logits: [Double], _ target: Int, _ scale: Double) -> (Double, [Double]) {
    let most = logits.max()!
    let powers = logits.map { exp($0 - most) }
    let sum = powers.reduce(0, +)
    var gradient = powers.map { scale * $0 / sum }
    gradient[target] -= scale
    if powers[target] > 0.5 * sum {
      gradient[target] = -powers.indices.filter { $0 != target }.map { scale * powers[$0] / sum }.reduce(0, +)
    }
    return (log(sum) + (most - logits[target]), gradient)
  }

  private func check<Element: KernelScalar>(
    _ logits: [Element], target: Int, scale: Element = 0.25, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let row = GuardedRow(logits)
    let loss = unsafe Element.kernels.softmax_cross_entropy(row.count, row.output, target, Double(scale))
    let (expected, gradient) = softmax(logits.map { Double($0) }, target, Double(scale))
    // The difference to the maximum is rounded once; an error of a rounding of d in e^-d is d roundings, and d e^-d
    // is below 1/e. So a few roundings each, relative to the scale, and the loss averages them.
    var lossError = RoundingError<Element>(), gradientError = RoundingError<Element>()
    lossError.add(Element(loss), expected)
    for (actual, exact) in zip(row.values, gradient) { gradientError.add(actual, exact, scale: Double(scale)) }
    #expect(lossError.largest <= 4, sourceLocation: sourceLocation)
    #expect(gradientError.largest <= 8, sourceLocation: sourceLocation)
    #expect(row.isIntact, sourceLocation: sourceLocation)
  }

  @Test("Softmax and cross-entropy of random logits")
  func random() {
    var random = SplitMix64(7)
    for count in Array(1...40) + [100, 1000] {
      for bound in [0.1, 5, 50, 1e4] {
        check(random.numbers(count, within: bound) as [Float], target: count / 2)
        check(random.numbers(count, within: bound) as [Double], target: count / 2)
      }
    }
  }

  @Test("Huge, equal and impossible logits")
  func extremes() {
    check([1e4, -1e4, 0] as [Float], target: 0)
    check([1e4, -1e4, 0] as [Float], target: 1)
    check([-1e4, -1e4] as [Double], target: 1)
    check([Float](repeating: 1e4, count: 33), target: 32)
    let row = GuardedRow<Float>([1, -.infinity, 1])
    let loss = unsafe Float.kernels.softmax_cross_entropy(3, row.output, 0, 1)
    #expect(abs(loss - log(2)) < 1e-7)
    #expect(row.values == [-0.5, 0, 0.5])
  }

  @Test("What is certain costs nothing but keeps the gradient of the rest")
  func confident() {
    let row = GuardedRow<Float>([40, 0])
    let loss = unsafe Float.kernels.softmax_cross_entropy(2, row.output, 0, 1)
    #expect(loss >= 0 && loss < 1e-15)
    #expect(abs(row[1] / Float(exp(-40.0)) - 1) < 1e-6)
  }

  @Test("NaN gives a loss of NaN")
  func nan() {
    for index in 0..<19 {
      var logits = [Float](repeating: 1, count: 19)
      logits[index] = .nan
      let row = GuardedRow(logits)
      #expect(unsafe Float.kernels.softmax_cross_entropy(19, row.output, 3, 1).isNaN)
    }
  }

  @Test("Squared error and sum of squares")
  func squares() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(8)
      for count in Array(0...40) + [100, 1001] {
        let target: [Element] = random.numbers(count, within: 3)
        let before: [Element] = random.numbers(count, within: 3)
        let output = GuardedRow(before), other = GuardedRow(target)
        let loss = unsafe Element.kernels.squared_error(count, output.output, other.input, 0.5)
        let differences = zip(before, target).map { $0 - $1 }
        let sum = differences.map { Double($0) * Double($0) }.reduce(0, +)
        // Sums in double, in another order: at most one rounding for each addition.
        #expect(abs(loss - sum) <= Double(count) * 0x1p-53 * sum)
        #expect(output.values == differences)
        #expect(output.isIntact && other.isIntact)
        let squares = unsafe Element.kernels.sum_of_squares(count, output.input)
        #expect(squares == loss)
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("Softmax and its normalizer")
  func softmax() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(9)
      for count in Array(1...40) + [100, 1000] {
        for bound in [0.1, 5, 50] {
          let logits: [Element] = random.numbers(count, within: bound)
          let row = GuardedRow(logits)
          let normalizer = unsafe Element.kernels.softmax(count, row.output, 0.25)
          let most = Double(logits.max()!)
          let powers = logits.map { exp(Double($0) - most) }
          let sum = powers.reduce(0, +)
          // As the cross-entropy's, and a sum in double precision on either side.
          let sums = 2 * 0x1p-53 * (abs(most) + log(sum))
          #expect(abs(normalizer - (most + log(sum))) <= 4 * Element.unitRoundoff * max(1, log(sum)) + sums)
          var error = RoundingError<Element>()
          for (actual, power) in zip(row.values, powers) { error.add(actual, 0.25 * power / sum, scale: 0.25) }
          #expect(error.largest <= 8)
          #expect(row.isIntact)
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("Cross-entropy with a target spread over the classes")
  func spread() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(10)
      for count in Array(1...40) + [100, 1000] {
        for bound in [0.1, 5, 50] {
          let logits: [Element] = random.numbers(count, within: bound)
          let shares = (random.numbers(count, within: 0.1) as [Element]).map { abs($0) }
          let (target, own, scale) = (count / 3, 0.75, Element(0.25))
          let row = GuardedRow(logits), others = GuardedRow(shares)
          let weight = own + shares.reduce(0) { $0 + Double($1) }
          let loss = unsafe Element.kernels.spread_cross_entropy(
            count, row.output, target, own, others.input, weight, Double(scale))
          let most = Double(logits.max()!)
          let powers = logits.map { exp(Double($0) - most) }
          let sum = powers.reduce(0, +)
          var expected = 0.0
          var error = RoundingError<Element>()
          for index in 0..<count {
            let share = Double(shares[index]) + (index == target ? own : 0)
            expected += share * (log(sum) + most - Double(logits[index]))
            error.add(row[index], 0.25 * (weight * powers[index] / sum - share), scale: 0.25 * max(1, weight))
          }
          // Like the plain one's gradient, with one more product and difference.
          #expect(error.largest <= 12)
          // The logarithm's error counts `weight` times; the other sums are in double precision.
          let sums = Double(2 * count + 8) * 0x1p-53 * weight * (2 * bound + log(Double(count)))
          #expect(abs(loss - expected) <= 4 * Element.unitRoundoff * weight * max(1, log(sum)) + sums)
          #expect(row.isIntact && others.isIntact)
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("Binary cross-entropy")
  func binary() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(11)
      for count in Array(0...40) + [63, 64, 65, 100, 1001] {
        for bound in [1e-6, 0.5, 5, 50] {
          let logits: [Element] = random.numbers(count, within: bound)
          let targets = (random.numbers(count, within: 1) as [Element]).map { abs($0) }
          let weights = (random.numbers(count, within: 4) as [Element]).map { abs($0) }
          let row = GuardedRow(logits), target = GuardedRow(targets), weight = GuardedRow(weights)
          let loss = unsafe Element.kernels.binary_cross_entropy(count, row.output, target.input, weight.input, 0.5)
          var (expected, allowed) = (0.0, 0.0)
          for index in 0..<count {
            let (x, t, w) = (Double(logits[index]), Double(targets[index]), Double(weights[index]))
            let (up, down) = (max(x, 0) + log1p(exp(-abs(x))), max(-x, 0) + log1p(exp(-abs(x))))
            let term = (1 - t) * up + w * t * down
            expected += term
            // No term cancels: exponential and logarithm are off by 6 roundoffs together, the seven operations around
            // them by one each; the sums in double precision by one for each addition.
            allowed += term * (16 * Element.unitRoundoff + Double(count) * 0x1p-53)
            let (p, q) = (1 / (1 + exp(-x)), 1 / (1 + exp(x)))
            let gradient = 0.5 * ((1 - t) * p - w * t * q)
            let size = 0.5 * ((1 - t) * p + w * t * q)
            #expect(abs(Double(row[index]) - gradient) <= 16 * Element.unitRoundoff * size)
          }
          #expect(abs(loss - expected) <= allowed)
          #expect(row.isIntact && target.isIntact && weight.isIntact)
        }
      }
      let row = GuardedRow<Element>([.nan, 1]), target = GuardedRow<Element>([0, 1]),
        ones = GuardedRow<Element>([1, 1])
      let loss = unsafe Element.kernels.binary_cross_entropy(2, row.output, target.input, ones.input, 1)
      #expect(loss.isNaN && row[0].isNaN && !row[1].isNaN)
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("Absolute and Huber errors")
  func absolute() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(12)
      for count in Array(0...40) + [100, 1001] {
        var target: [Element] = random.numbers(count, within: 3)
        let before: [Element] = random.numbers(count, within: 3)
        if count > 5 { target[count / 2] = before[count / 2] }
        let differences = zip(before, target).map { $0 - $1 }
        let other = GuardedRow(target)
        let row = GuardedRow(before)
        let sum = differences.reduce(0) { $0 + abs(Double($1)) }
        let loss = unsafe Element.kernels.absolute_error(count, row.output, other.input, 0.3)
        // Sums in double, in another order: at most one rounding for each addition.
        #expect(abs(loss - sum) <= Double(count) * 0x1p-53 * sum)
        #expect(row.values == differences.map { $0 == 0 ? 0 : $0 > 0 ? 0.3 : -0.3 })

        let huber = GuardedRow(before)
        let delta: Element = 1.25
        let expected = differences.reduce(0.0) { sum, difference in
          let size = abs(Double(difference))
          return sum + (size <= 1.25 ? size * size / 2 : 1.25 * (size - 0.625))
        }
        let error = unsafe Element.kernels.huber_error(count, huber.output, other.input, Double(delta), 0.5)
        #expect(abs(error - expected) <= Double(count + 3) * 0x1p-53 * expected)
        #expect(huber.values == differences.map { 0.5 * min(max($0, -delta), delta) })
        #expect(row.isIntact && huber.isIntact && other.isIntact)
      }
      let row = GuardedRow<Element>([.nan, 1]), zeros = GuardedRow<Element>([0, 0])
      #expect(unsafe Element.kernels.absolute_error(2, row.output, zeros.input, 1).isNaN)
      #expect(row[0].isNaN && row[1] == 1)
      #expect(unsafe Element.kernels.huber_error(2, row.output, zeros.input, 1, 1).isNaN)
      #expect(row[0].isNaN && row[1] == 1)
    }
    check(Float.self)
    check(Double.self)
  }
}
