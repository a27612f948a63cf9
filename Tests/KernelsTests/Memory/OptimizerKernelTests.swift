import Kernels
import Testing

// The numbers that the kernels take stand in this order:
// sgd      scale, limit; rate, momentum, weight decay, Nesterov's
// rmsprop  scale, limit; rate, decay, 1 − decay, ε, weight decay
// adam     scale, limit; step, β₁, 1 − β₁, β₂, 1 − β₂, inverse root, ε, coupled and decoupled decay

@Suite("Optimizer kernels")
struct OptimizerKernelTests {
  /// Every length of a tail, with and without the clip of the norm and the clamp.
  private func each(_ check: (OptimizerCase<Float>) -> Void, _ checkDouble: (OptimizerCase<Double>) -> Void) {
    for count in Array(0...40) + [100] {
      for (scale, limit) in [(1, 0), (0.5, 0), (1, 0.25), (0.75, 0.5)] {
        check(OptimizerCase(count, scale: Float(scale), limit: Float(limit)))
        checkDouble(OptimizerCase(count, scale: scale, limit: limit))
      }
    }
  }

  @Test("SGD") func sgd() { each({ $0.sgd() }, { $0.sgd() }) }
  @Test("RMSprop") func rmsprop() { each({ $0.rmsprop() }, { $0.rmsprop() }) }
  @Test("Adam") func adam() { each({ $0.adam() }, { $0.adam() }) }

  /// Each is the given 1 − β times a power of the gradient: one rounding for a factor, two for a square.
  @Test("Moments after the first step")
  func firstMoments() {
    var random = SplitMix64(1)
    let gradients: [Float] = random.numbers(37, within: 1)
    let g = GuardedRow(gradients)
    let rows = (0..<4).map { _ in GuardedRow([Float](repeating: 0, count: g.count)) }
    let gain = (Float(1 - 0.9), Float(1 - 0.999))
    unsafe Float.kernels.adam(
      g.count, rows[0].output, g.input, rows[1].output, rows[2].output, 1, 0, 1, 0.9, Double(gain.0), 0.999,
      Double(gain.1), 1, 1, 0, 0)
    unsafe Float.kernels.rmsprop(g.count, rows[0].output, g.input, rows[3].output, 1, 0, 1, 0.999, Double(gain.1), 1, 0)
    for index in 0..<g.count {
      let (gradient, unit) = (Double(g[index]), Float.unitRoundoff)
      let (first, second) = (Double(gain.0) * gradient, Double(gain.1) * gradient * gradient)
      #expect(abs(Double(rows[1][index]) - first) <= unit * abs(first))
      #expect(abs(Double(rows[2][index]) - second) <= 2.01 * unit * second)
      #expect(abs(Double(rows[3][index]) - second) <= 2.01 * unit * second)
    }
  }

  @Test("NaN passes the clamp")
  func nan() {
    let p = GuardedRow<Float>([1, 1]), g = GuardedRow<Float>([.nan, 1]), buffer = GuardedRow<Float>([0, 0])
    unsafe Float.kernels.sgd(2, p.output, g.input, buffer.output, 1, 0.5, 1, 0, 0, 0)
    #expect(p[0].isNaN && p[1] == 0.5)
  }
}

/// One step of an optimizer on random numbers against the formulas in Double. A step is some eight roundings, of which
/// a quotient near 1 is the largest part.
private struct OptimizerCase<Element: KernelScalar> {
  let p, g, first, second: GuardedRow<Element>
  let before: [[Double]]
  let scale: Element, limit: Element
  var count: Int { p.count }
  private static var bound: Double { 12 }

  init(_ count: Int, scale: Element, limit: Element) {
    var random = SplitMix64(count)
    p = GuardedRow(random.numbers(count, within: 1))
    g = GuardedRow(random.numbers(count, within: 1))
    first = GuardedRow(random.numbers(count, within: 1))
    second = GuardedRow((random.numbers(count, within: 1) as [Element]).map { abs($0) + 0.01 })
    before = [p, g, first, second].map { $0.values.map { Double($0) } }
    self.scale = scale
    self.limit = limit
  }

  private func clipped(_ index: Int) -> Double {
    let scaled = Double(scale) * before[1][index], bound = Double(limit)
    return bound > 0 ? min(max(scaled, -bound), bound) : scaled
  }

  private func expect(_ row: GuardedRow<Element>, _ expected: (Int) -> Double) {
    var error = RoundingError<Element>()
    for index in 0..<count { error.add(row[index], expected(index)) }
    #expect(error.largest <= Self.bound)
    #expect(row.isIntact)
  }

  private func expectGradientUntouched() { #expect(g.values.map { Double($0) } == before[1]) }

  func sgd() {
    for nesterov in [false, true] {
      let p = GuardedRow(p.values), buffer = GuardedRow(first.values)
      let rate: Element = 0.125, momentum: Element = 0.75, decay: Element = 0.0625
      unsafe Element.kernels.sgd(
        count, p.output, g.input, buffer.output, Double(scale), Double(limit), Double(rate), Double(momentum),
        Double(decay), nesterov ? 1 : 0)
      let gradient = { (i: Int) in clipped(i) + 0.0625 * before[0][i] }
      let velocity = { (i: Int) in 0.75 * before[2][i] + gradient(i) }
      expect(buffer, velocity)
      expect(p) { i in before[0][i] - 0.125 * (nesterov ? gradient(i) + 0.75 * velocity(i) : velocity(i)) }
    }
    expectGradientUntouched()
  }

  func rmsprop() {
    unsafe Element.kernels.rmsprop(
      count, p.output, g.input, second.output, Double(scale), Double(limit), 0.125, 0.75, 0.25, 0.0625, 0.5)
    let gradient = { (i: Int) in clipped(i) + 0.5 * before[0][i] }
    let square = { (i: Int) in 0.75 * before[3][i] + 0.25 * gradient(i) * gradient(i) }
    expect(second, square)
    expect(p) { i in before[0][i] - 0.125 * gradient(i) / (square(i).squareRoot() + 0.0625) }
    expectGradientUntouched()
  }

  func adam() {
    unsafe Element.kernels.adam(
      count, p.output, g.input, first.output, second.output, Double(scale), Double(limit), 0.125, 0.5, 0.5, 0.75, 0.25,
      1.5, 0.0625, 0.25, 0.125)
    let gradient = { (i: Int) in clipped(i) + 0.25 * before[0][i] }
    let mean = { (i: Int) in 0.5 * before[2][i] + 0.5 * gradient(i) }
    let square = { (i: Int) in 0.75 * before[3][i] + 0.25 * gradient(i) * gradient(i) }
    expect(first, mean)
    expect(second, square)
    expect(p) { i in
      before[0][i] * (1 - 0.125) - 0.125 * mean(i) / (square(i).squareRoot() * 1.5 + 0.0625)
    }
    expectGradientUntouched()
  }
}
