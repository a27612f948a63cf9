import CKernels
import Foundation
import Kernels
import Testing

@Suite("Activations")
struct ActivationTests {
  @Test("tanh of Float: 3 ULP") func tanhOfFloat() { ActivationScan.tanhOfFloat() }
  @Test("sigmoid of Float: 2 ULP") func sigmoidOfFloat() { ActivationScan.sigmoidOfFloat() }
  @Test("tanh of Double: 3 ULP") func tanhOfDouble() { ActivationScan.tanhOfDouble() }
  @Test("sigmoid of Double: 2 ULP") func sigmoidOfDouble() { ActivationScan.sigmoidOfDouble() }

  @Test("Limits, zeros and NaN")
  func limits() {
    func check<Element: KernelScalar>(_: Element.Type) {
      let x: [Element] = [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
      let tanh: [Element] = [0, -0.0, 1, -1, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
      let sigmoid: [Element] = [0.5, 0.5, 1, 0, .nan, 0.5, 0.5]
      #expect(ActivationScan.tanh(x).isIdentical(to: tanh))
      #expect(ActivationScan.sigmoid(x).isIdentical(to: sigmoid))
      let large: [Element] = [100, .greatestFiniteMagnitude]
      #expect(ActivationScan.tanh(large) == [1, 1])
      #expect(ActivationScan.tanh(large.map { -$0 }) == [-1, -1])
      #expect(ActivationScan.sigmoid(large) == [1, 1])
      #expect(ActivationScan.sigmoid([-1000, -.greatestFiniteMagnitude] as [Element]) == [0, 0])
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("A result does not depend on its position or on the length of the row")
  func position() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(1)
      let x: [Element] = random.numbers(150, within: 12)
      let tanh = x.map { ActivationScan.tanh([$0])[0] }
      let sigmoid = x.map { ActivationScan.sigmoid([$0])[0] }
      for count in 0...x.count {
        #expect(ActivationScan.tanh(Array(x[..<count])).isIdentical(to: Array(tanh[..<count])))
        #expect(ActivationScan.sigmoid(Array(x[..<count])).isIdentical(to: Array(sigmoid[..<count])))
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("x and y may be the same, and add adds")
  func inPlace() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(2)
      let x: [Element] = random.numbers(77, within: 5)
      let row = GuardedRow(x), other = GuardedRow(x)
      unsafe Element.kernels.tanh(77, row.input, row.output)
      unsafe Element.kernels.add(77, row.input, other.output)
      #expect(row.values == ActivationScan.tanh(x))
      #expect(other.values == zip(x, row.values).map { $0 + $1 })
      #expect(row.isIntact && other.isIntact)
    }
    check(Float.self)
    check(Double.self)
  }
}
