import Foundation
import Kernels

/// The kernels of a cell with the naive formulas they stand for.
struct CellUnderTest<Element: KernelScalar>: Sendable {
  typealias Reference = @Sendable (inout CellUnit) -> Void

  /// In the list of the kernels.
  let name: String
  let referenceForward: Reference
  let referenceBackward: Reference
  /// How many times larger than those of other cells the terms are that a result is the sum of.
  var magnification = 1.0

  func rows(_ hidden: Int, count: Int, seed: Int) -> CellRows<Element> {
    CellRows(name, rows: count, hidden: hidden, within: 6, seed: seed)
  }
}

func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
func slope(ofSigmoid y: Double) -> Double { y * (1 - y) }
func slope(ofTanh y: Double) -> Double { 1 - y * y }

extension CellUnderTest {
  static var elmanTanh: Self {
    Self(
      name: "elman_tanh",
      referenceForward: { u in u.next[0] = tanh(u.gates[0]) },
      referenceBackward: { u in
        u.gates[0] = u.gradient[0] * slope(ofTanh: u.next[0])
        u.gradient[0] = 0
      })
  }

  static var elmanReLU: Self {
    Self(
      name: "elman_relu",
      referenceForward: { u in u.next[0] = max(u.gates[0], 0) },
      referenceBackward: { u in
        u.gates[0] = u.next[0] > 0 ? u.gradient[0] : 0
        u.gradient[0] = 0
      })
  }

  static var lstm: Self {
    Self(
      name: "lstm",
      referenceForward: { u in
        let (i, f, g, o) = (sigmoid(u.gates[0]), sigmoid(u.gates[1]), tanh(u.gates[2]), sigmoid(u.gates[3]))
        let c = f * u.previous[1] + i * g
        u.gates = [i, f, g, o]
        u.saved = [tanh(c)]
        u.next = [o * tanh(c), c]
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
      name: "gru",
      referenceForward: { u in
        let (q, r, z) = (u.gates[0], sigmoid(u.gates[1]), sigmoid(u.gates[2]))
        let n = tanh(u.gates[3] + r * q)
        u.gates = [q, r, z, n]
        u.next = [(1 - z) * n + z * u.previous[0]]
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
      name: "gru_before",
      referenceForward: { u in
        let (r, z, n) = (sigmoid(u.gates[0]), sigmoid(u.gates[1]), tanh(u.gates[2]))
        u.gates = [r, z, n]
        u.saved = [r * u.previous[0]]
        u.next = [(1 - z) * n + z * u.previous[0]]
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
