import Kernels
import Testing

/// What is done to rows of states and their gradients between the cells: factors, masks, zoneout.
@Suite("Masks on states")
struct StateMaskKernelTests {
  static let counts = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 64, 100]

  @Test("Elementwise products and factors", arguments: counts)
  func products(count: Int) {
    RowsUnderMask<Float>(count).checkProducts()
    RowsUnderMask<Double>(count).checkProducts()
  }

  @Test("Zoneout keeps what dropout of the same numbers drops, and its gradient goes the same ways", arguments: counts)
  func zoneout(count: Int) {
    RowsUnderMask<Float>(count).checkZoneout()
    RowsUnderMask<Double>(count).checkZoneout()
  }

  @Test("The expectation of zoneout, and its gradient", arguments: counts)
  func mean(count: Int) {
    RowsUnderMask<Float>(count).checkMean()
    RowsUnderMask<Double>(count).checkMean()
  }
}

private struct RowsUnderMask<Element: KernelScalar> {
  let count: Int
  let x: [Element], y: [Element], z: [Element]

  init(_ count: Int) {
    self.count = count
    var random = SplitMix64(count)
    x = random.numbers(count, within: 1)
    y = random.numbers(count, within: 1)
    z = random.numbers(count, within: 1)
  }

  func checkProducts() {
    let (a, b, c) = (GuardedRow(x), GuardedRow(y), GuardedRow(z))
    unsafe Element.kernels.multiply_add(count, a.input, b.input, c.output)
    let fused = InstructionSet.isFused
    #expect(c.values == x.indices.map { fused ? z[$0].addingProduct(x[$0], y[$0]) : z[$0] + x[$0] * y[$0] })
    unsafe Element.kernels.multiply(count, a.input, b.input, c.output)
    #expect(c.values == zip(x, y).map { $0 * $1 })
    unsafe Element.kernels.scale(count, 0.3, a.input, b.output)
    #expect(b.values == x.map { 0.3 * $0 })
    // In place, as the engine does it.
    unsafe Element.kernels.multiply(count, c.input, a.input, c.output)
    #expect(c.values == zip(x, y).map { $0 * $1 * $0 })
    #expect(a.isIntact && b.isIntact && c.isIntact)
    #expect(a.values == x)
  }

  func checkZoneout() {
    let (seed, first, threshold): (UInt64, UInt64, UInt32) = (7, 0xffff_ffff - 20, 1 << 30)
    let mask = GuardedRow([Element](repeating: 1, count: count))
    unsafe Element.kernels.dropout(count, mask.input, mask.output, seed, first, threshold, 1)
    let renewed = mask.values.map { $0 != 0 }
    let (previous, state) = (GuardedRow(x), GuardedRow(y))
    unsafe Element.kernels.zoneout(count, previous.input, state.output, seed, first, threshold)
    #expect(state.values == x.indices.map { renewed[$0] ? y[$0] : x[$0] })
    #expect(count < 64 || (renewed.contains(true) && renewed.contains(false)))
    let (gradient, kept) = (GuardedRow(z), GuardedRow<Element>(count: count))
    unsafe Element.kernels.zoneout_gradient(count, gradient.output, kept.output, seed, first, threshold)
    #expect(gradient.values == x.indices.map { renewed[$0] ? z[$0] : 0 })
    #expect(kept.values == x.indices.map { renewed[$0] ? 0 : z[$0] })
    #expect(previous.isIntact && state.isIntact && gradient.isIntact && kept.isIntact)
  }

  func checkMean() {
    let rate: Element = 0.375
    let (previous, state) = (GuardedRow(x), GuardedRow(y))
    unsafe Element.kernels.zoneout_mean(count, previous.input, state.output, Double(rate))
    let fused = InstructionSet.isFused
    #expect(
      state.values
        == x.indices.map {
          fused ? y[$0].addingProduct(rate, x[$0] - y[$0]) : y[$0] + rate * (x[$0] - y[$0])
        })
    let (gradient, kept) = (GuardedRow(z), GuardedRow<Element>(count: count))
    unsafe Element.kernels.zoneout_mean_gradient(count, gradient.output, kept.output, Double(rate))
    #expect(kept.values == z.map { rate * $0 })
    #expect(gradient.values == z.map { (1 - rate) * $0 })
    #expect(previous.isIntact && state.isIntact && gradient.isIntact && kept.isIntact)
  }
}
