import Foundation
import Kernels

/// The rows of one cell at one step, each number by number of a unit: element j of part p is at p · hidden + j.
struct CellRows<Element: KernelScalar> {
  let hidden: Int
  let gates, previous, next, saved, gradient, operand, vectors, vectorGradient: GuardedRow<Element>

  var all: [GuardedRow<Element>] {
    [gates, previous, next, saved, gradient, operand, vectors, vectorGradient]
  }

  /// What belongs to unit `j`.
  func unit(_ j: Int) -> CellUnit {
    func parts(_ row: GuardedRow<Element>) -> [Double] {
      stride(from: j, to: row.count, by: hidden).map { Double(row[$0]) }
    }
    return CellUnit(
      gates: parts(gates), previous: parts(previous), next: parts(next), saved: parts(saved),
      gradient: parts(gradient), operand: parts(operand), vectors: parts(vectors),
      vectorGradient: parts(vectorGradient))
  }
}

/// One unit of a cell in plain numbers; the reference works on it.
struct CellUnit {
  var gates, previous, next, saved, gradient, operand, vectors, vectorGradient: [Double]

  var all: [[Double]] { [gates, previous, next, saved, gradient, operand, vectors, vectorGradient] }
}

/// A kernel pair with the naive formulas it stands for.
struct CellUnderTest<Element: KernelScalar>: Sendable {
  typealias Kernel = @Sendable (CellRows<Element>) -> Void
  typealias Reference = @Sendable (inout CellUnit) -> Void

  let gates: Int, states: Int
  var vectors = 0
  let forward: Kernel, referenceForward: Reference
  let backward: Kernel, referenceBackward: Reference

  /// Random rows; `operand` is what only the GRU that resets before the product reads.
  func rows(_ hidden: Int, seed: Int) -> CellRows<Element> {
    var random = SplitMix64(seed)
    return CellRows(
      hidden: hidden, gates: GuardedRow(random.numbers(gates * hidden, within: 6)),
      previous: GuardedRow(random.numbers(states * hidden, within: 2)),
      next: GuardedRow([Element](repeating: 0, count: states * hidden)),
      saved: GuardedRow([Element](repeating: 0, count: hidden)),
      gradient: GuardedRow(random.numbers(states * hidden, within: 2)),
      operand: GuardedRow(random.numbers(hidden, within: 2)),
      vectors: GuardedRow(random.numbers(vectors * hidden, within: 2)),
      // What the rows before have left: this row's part is added to it.
      vectorGradient: GuardedRow(random.numbers(vectors * hidden, within: 2)))
  }
}

func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
func slope(ofSigmoid y: Double) -> Double { y * (1 - y) }
func slope(ofTanh y: Double) -> Double { 1 - y * y }

extension CellUnderTest {
  static var elmanTanh: Self {
    Self(
      gates: 1, states: 1,
      forward: { r in unsafe Element._Kernels.elmanTanhForward(r.hidden, r.gates.output, r.next.output) },
      referenceForward: { u in u.next[0] = tanh(u.gates[0]) },
      backward: { r in
        unsafe Element._Kernels.elmanTanhBackward(r.hidden, r.gates.output, r.next.input, r.gradient.output)
      },
      referenceBackward: { u in
        u.gates[0] = u.gradient[0] * slope(ofTanh: u.next[0])
        u.gradient[0] = 0
      })
  }

  static var elmanReLU: Self {
    Self(
      gates: 1, states: 1,
      forward: { r in unsafe Element._Kernels.elmanReLUForward(r.hidden, r.gates.output, r.next.output) },
      referenceForward: { u in u.next[0] = max(u.gates[0], 0) },
      backward: { r in
        unsafe Element._Kernels.elmanReLUBackward(r.hidden, r.gates.output, r.next.input, r.gradient.output)
      },
      referenceBackward: { u in
        u.gates[0] = u.next[0] > 0 ? u.gradient[0] : 0
        u.gradient[0] = 0
      })
  }

  static var lstm: Self {
    Self(
      gates: 4, states: 2,
      forward: { r in
        unsafe Element._Kernels.lstmForward(
          r.hidden, r.gates.output, r.previous.input, r.next.output, r.saved.output)
      },
      referenceForward: { u in
        let (i, f, g, o) = (sigmoid(u.gates[0]), sigmoid(u.gates[1]), tanh(u.gates[2]), sigmoid(u.gates[3]))
        let c = f * u.previous[1] + i * g
        u.gates = [i, f, g, o]
        u.saved = [tanh(c)]
        u.next = [o * tanh(c), c]
      },
      backward: { r in
        unsafe Element._Kernels.lstmBackward(
          r.hidden, r.gates.output, r.previous.input, r.saved.input, r.gradient.output)
      },
      referenceBackward: { u in
        let (i, f, g, o) = (u.gates[0], u.gates[1], u.gates[2], u.gates[3])
        let dc = u.gradient[1] + u.gradient[0] * o * slope(ofTanh: u.saved[0])
        u.gates = [
          dc * g * slope(ofSigmoid: i), dc * u.previous[1] * slope(ofSigmoid: f),
          dc * i * slope(ofTanh: g), u.gradient[0] * u.saved[0] * slope(ofSigmoid: o),
        ]
        u.gradient = [0, dc * f]
      })
  }

  static var gru: Self {
    Self(
      gates: 4, states: 1,
      forward: { r in
        unsafe Element._Kernels.gruForward(r.hidden, r.gates.output, r.previous.input, r.next.output)
      },
      referenceForward: { u in
        let (q, r, z) = (u.gates[0], sigmoid(u.gates[1]), sigmoid(u.gates[2]))
        let n = tanh(u.gates[3] + r * q)
        u.gates = [q, r, z, n]
        u.next = [(1 - z) * n + z * u.previous[0]]
      },
      backward: { r in
        unsafe Element._Kernels.gruBackward(r.hidden, r.gates.output, r.previous.input, r.gradient.output)
      },
      referenceBackward: { u in
        let (q, r, z, n, dh) = (u.gates[0], u.gates[1], u.gates[2], u.gates[3], u.gradient[0])
        let dn = dh * (1 - z) * slope(ofTanh: n)
        let dz = dh * (u.previous[0] - n) * slope(ofSigmoid: z)
        u.gates = [dn * r, dn * q * slope(ofSigmoid: r), dz, dn]
        u.gradient = [dh * z]
      })
  }

  static var gruBefore: Self {
    Self(
      gates: 3, states: 1,
      forward: { r in
        unsafe Element._Kernels.gruBeforeForward1(r.hidden, r.gates.output, r.previous.input, r.saved.output)
        unsafe Element._Kernels.gruBeforeForward2(r.hidden, r.gates.output, r.previous.input, r.next.output)
      },
      referenceForward: { u in
        let (r, z, n) = (sigmoid(u.gates[0]), sigmoid(u.gates[1]), tanh(u.gates[2]))
        u.gates = [r, z, n]
        u.saved = [r * u.previous[0]]
        u.next = [(1 - z) * n + z * u.previous[0]]
      },
      backward: { r in
        unsafe Element._Kernels.gruBeforeBackward2(
          r.hidden, r.gates.output, r.previous.input, r.gradient.output)
        unsafe Element._Kernels.gruBeforeBackward1(
          r.hidden, r.gates.output, r.previous.input, r.operand.input, r.gradient.output)
      },
      referenceBackward: { u in
        let (r, z, n, dh) = (u.gates[0], u.gates[1], u.gates[2], u.gradient[0])
        u.gates = [
          u.operand[0] * u.previous[0] * slope(ofSigmoid: r),
          dh * (u.previous[0] - n) * slope(ofSigmoid: z), dh * (1 - z) * slope(ofTanh: n),
        ]
        u.gradient = [z * dh + r * u.operand[0]]
      })
  }
}
