import Kernels
import Testing

@Suite("Functions of spans")
struct VectorMathTests {
  @Test("A range is replaced by what the kernel gives, the rest stays", arguments: [0..<0, 0..<50, 3..<20, 49..<50])
  func ranges(range: Range<Int>) {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(4)
      let x: [Element] = random.numbers(50, within: 5)
      let part = Array(x[range])
      var (tanh, sigmoid) = (x, x)
      var tanhSpan = tanh.mutableSpan, sigmoidSpan = sigmoid.mutableSpan
      VectorMath.tanh(&tanhSpan, in: range)
      VectorMath.sigmoid(&sigmoidSpan, in: range)
      #expect(tanh == x[..<range.lowerBound] + ActivationScan.tanh(part) + x[range.upperBound...])
      #expect(sigmoid == x[..<range.lowerBound] + ActivationScan.sigmoid(part) + x[range.upperBound...])
    }
    check(Float.self)
    check(Double.self)
  }
}
