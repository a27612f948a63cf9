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
    let loss = unsafe Element._Kernels.softmaxCrossEntropy(row.count, row.output, target: target, scale: scale)
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
    let loss = unsafe Float._Kernels.softmaxCrossEntropy(3, row.output, target: 0, scale: 1)
    #expect(abs(loss - log(2)) < 1e-7)
    #expect(row.values == [-0.5, 0, 0.5])
  }

  @Test("What is certain costs nothing but keeps the gradient of the rest")
  func confident() {
    let row = GuardedRow<Float>([40, 0])
    let loss = unsafe Float._Kernels.softmaxCrossEntropy(2, row.output, target: 0, scale: 1)
    #expect(loss >= 0 && loss < 1e-15)
    #expect(abs(row[1] / Float(exp(-40.0)) - 1) < 1e-6)
  }

  @Test("NaN gives a loss of NaN")
  func nan() {
    for index in 0..<19 {
      var logits = [Float](repeating: 1, count: 19)
      logits[index] = .nan
      let row = GuardedRow(logits)
      #expect(unsafe Float._Kernels.softmaxCrossEntropy(19, row.output, target: 3, scale: 1).isNaN)
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
        let loss = unsafe Element._Kernels.squaredError(count, output.output, other.input, scale: 0.5)
        let differences = zip(before, target).map { $0 - $1 }
        let sum = differences.map { Double($0) * Double($0) }.reduce(0, +)
        // Sums in double, in another order: at most one rounding for each addition.
        #expect(abs(loss - sum) <= Double(count) * 0x1p-53 * sum)
        #expect(output.values == differences)
        #expect(output.isIntact && other.isIntact)
        let squares = unsafe Element._Kernels.sumOfSquares(count, output.input)
        #expect(squares == loss)
      }
    }
    check(Float.self)
    check(Double.self)
  }
}
