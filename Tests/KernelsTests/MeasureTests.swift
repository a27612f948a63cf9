import Kernels
import Testing

@Suite("Measures of the machine")
struct MeasureTests {
  @Test("A sum of whole numbers is exact, whatever the count")
  func readSum() {
    for count in [0, 1, 7, 95, 96, 97, 383, 384, 1000] {
      check(count, Float.self)
      check(count, Double.self)
    }
  }

  private func check<Element: KernelScalar>(_ count: Int, _ scalar: Element.Type) {
    let arena = Arena<Element>(count: count + 2, filledWith: 1000)
    for index in 0..<count { arena.memory[1 + index] = Element(index % 17) }
    let expected = (0..<count).reduce(0) { $0 + $1 % 17 }
    #expect(arena.memory.readSum(1, count: count) == Element(expected), "\(count)")
  }

  /// x = ½·x + ¼ has the fixed point ½, two operations being done for each x.
  @Test("As many multiply-adds are done as are counted")
  func multiplyAdd() {
    #expect(Processor.multiplyAdd(iterations: 200, Float.self) == Float(Processor.flops(Float.self)) / 4)
    #expect(Processor.multiplyAdd(iterations: 200, Double.self) == Double(Processor.flops(Double.self)) / 4)
    #expect(Processor.flops(Float.self) == 2 * Processor.flops(Double.self))
    // Before the first iteration the numbers are not yet those.
    #expect(Processor.multiplyAdd(iterations: 0, Float.self) != Float(Processor.flops(Float.self)) / 4)
  }
}
