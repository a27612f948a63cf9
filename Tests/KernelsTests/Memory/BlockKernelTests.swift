import Foundation
import Kernels
import Testing

/// The norm by the root mean square and the gated product of residual blocks, against loops in `Double`.
@Suite("Kernels of residual blocks")
struct BlockKernelTests {
  @Test("The norm and its derivative") func norm() { Self.norms() }
  @Test("The gated product and its derivative") func gated() { Self.products() }

  private static let shapes = [(0, 3), (1, 1), (2, 7), (3, 16), (2, 17), (3, 33), (1, 100), (5, 131)]

  static func norms() {
    for (rows, columns) in shapes {
      BlockCase<Float>(rows, columns).norm()
      BlockCase<Double>(rows, columns).norm()
    }
  }

  static func products() {
    for (rows, columns) in shapes {
      BlockCase<Float>(rows, columns).product()
      BlockCase<Double>(rows, columns).product()
    }
  }
}

/// Three matrices with strides of their own.
private struct BlockCase<Element: KernelScalar> {
  let rows: Int, columns: Int
  let x: GuardedRow<Element>, y: GuardedRow<Element>, gradient: GuardedRow<Element>, gain: GuardedRow<Element>

  init(_ rows: Int, _ columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    var random = SplitMix64(rows * 1000 + columns)
    x = GuardedRow(random.numbers(rows * columns, within: 2), rows: rows, gap: 3)
    y = GuardedRow(random.numbers(rows * columns, within: 2), rows: rows, gap: 5)
    gradient = GuardedRow(random.numbers(rows * columns, within: 1), rows: rows, gap: 1)
    gain = GuardedRow(random.numbers(columns, within: 2))
  }

  /// All within so many roundings of numbers of about this size.
  private func expect(
    _ actual: GuardedRow<Element>, _ expected: [Double], of size: Double, roundings: Double, _ what: String
  ) {
    #expect(actual.isIntact, "\(what)")
    for (index, value) in expected.enumerated() {
      let bound = roundings * size * Double(Element.ulpOfOne) / 2
      #expect(abs(Double(actual[index]) - value) <= bound, "\(what) [\(rows), \(columns)] at \(index)")
    }
  }

  func norm() {
    func row(_ values: GuardedRow<Element>, _ row: Int) -> [Double] {
      (0..<columns).map { Double(values[row * columns + $0]) }
    }
    let gains = (0..<columns).map { Double(gain[$0]) }
    var (outputs, gradients, sums, terms): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    var largest = 1.0
    for index in 0..<rows {
      let (x, y, dy) = (row(x, index), row(y, index), row(gradient, index))
      let scale = 1 / (x.reduce(0) { $0 + $1 * $1 } / Double(columns) + 1e-6).squareRoot()
      largest = max(largest, scale)
      let tilt = (0..<columns).reduce(0) { $0 + gains[$1] * dy[$1] * x[$1] } * scale * scale / Double(columns)
      outputs += (0..<columns).map { gains[$0] * x[$0] * scale }
      let own = (0..<columns).map { scale * (gains[$0] * dy[$0] - x[$0] * tilt) }
      gradients += own
      sums += zip(y, own).map { $0 + $1 }
      terms += (0..<columns).map { dy[$0] * x[$0] * scale }
    }
    // x·s is at most √n, and a scale s at most the largest; few operations each, the sums being in double.
    let size = 2 * Double(columns).squareRoot() * largest + 2
    let (result, alone, added, own) = (
      copy(x), copy(gradient), copy(y), GuardedRow([Element](repeating: 0, count: rows * columns), rows: rows, gap: 2)
    )
    unsafe Element.kernels.rms_norm(rows, columns, x.input, x.stride, gain.input, result.output, result.stride)
    expect(result, outputs, of: size, roundings: 8, "norm")
    for (target, source, adds) in [(alone, alone, Int32(0)), (added, gradient, 1)] {
      unsafe Element.kernels.rms_norm_backward(
        rows, columns, x.input, x.stride, gain.input, source.input, source.stride, target.output, target.stride, adds,
        own.output, own.stride)
      expect(target, adds == 1 ? sums : gradients, of: 2 * size, roundings: 16, "norm's gradient")
      expect(own, terms, of: size, roundings: 8, "gain's terms")
    }
  }

  func product() {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    let (gates, ups, slopes) = (
      x.values.map { Double($0) }, y.values.map { Double($0) }, gradient.values.map { Double($0) }
    )
    let result = copy(gradient)
    unsafe Element.kernels.swiglu(
      rows, columns, x.input, x.stride, y.input, y.stride, result.output, result.stride)
    expect(result, zip(gates, ups).map { $0 * sigmoid($0) * $1 }, of: 4, roundings: 8, "gated product")
    let inPlace = copy(x)
    unsafe Element.kernels.swiglu(
      rows, columns, inPlace.input, inPlace.stride, y.input, y.stride, inPlace.output, inPlace.stride)
    #expect(inPlace.values == result.values)
    let (gate, up) = (copy(x), copy(y))
    unsafe Element.kernels.swiglu_backward(
      rows, columns, gradient.input, gradient.stride, gate.output, gate.stride, up.output, up.stride)
    let ofGate = gates.indices.map { index in
      let share = sigmoid(gates[index])
      return slopes[index] * ups[index] * (share + gates[index] * share * (1 - share))
    }
    expect(gate, ofGate, of: 4, roundings: 16, "gate's gradient")
    expect(
      up, gates.indices.map { slopes[$0] * gates[$0] * sigmoid(gates[$0]) }, of: 4, roundings: 8, "other's gradient")
  }

  private func copy(_ row: GuardedRow<Element>) -> GuardedRow<Element> {
    GuardedRow(row.values, rows: rows, gap: row.stride - columns)
  }
}
