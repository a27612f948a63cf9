import Foundation
import Kernels

/// Layer normalisation in plain numbers: y = gain·(x − mean)/√(variance + 10⁻⁵) + bias.
struct NaiveNorm {
  let deviations: [Double]
  /// 1/√(variance + 10⁻⁵)
  let scale: Double
  let gain: [Double]
  let bias: [Double]
  /// How much larger than the rounding errors of x, in units of max |x|, those of y are: s·max|gain|·max|x|.
  let magnification: Double

  init(_ x: [Double], gain: [Double], bias: [Double]) {
    let mean = x.reduce(0, +) / Double(x.count)
    deviations = x.map { $0 - mean }
    scale = 1 / (deviations.reduce(0) { $0 + $1 * $1 } / Double(x.count) + 1e-5).squareRoot()
    self.gain = gain
    self.bias = bias
    magnification = scale * (gain.map(abs).max() ?? 0) * (x.map(abs).max() ?? 0)
  }

  var result: [Double] { deviations.indices.map { gain[$0] * deviations[$0] * scale + bias[$0] } }

  /// From dL/dy: dL/dx, dL/d(gain); dL/d(bias) is dL/dy itself. By the whole Jacobian, ∂y_k/∂x_j =
  /// gain_k·s·(δ_kj − 1/n − d_k·d_j·s²/n).
  func derivative(_ dy: [Double]) -> (x: [Double], gain: [Double]) {
    let n = Double(deviations.count)
    let x = deviations.indices.map { j in
      deviations.indices.reduce(0.0) { sum, k in
        let jacobian = (k == j ? 1 : 0) - 1 / n - deviations[k] * deviations[j] * scale * scale / n
        return sum + dy[k] * gain[k] * scale * jacobian
      }
    }
    return (x, deviations.indices.map { dy[$0] * deviations[$0] * scale })
  }
}

/// One row in plain numbers, block by block.
struct NaiveRow {
  /// [block][unit]
  var gates, previous, next, saved, gradient, vectors, vectorGradient: [[Double]]
  /// How far rounding may take a result, in units of what CellCheck allows a cell without norms.
  var magnification = 1.0

  init<Element>(_ rows: CellRows<Element>, _ row: Int) {
    func blocks(_ operand: GuardedRow<Element>, _ row: Int) -> [[Double]] {
      stride(from: 0, to: operand.columns, by: rows.hidden).map { start in
        (start..<start + rows.hidden).map { Double(operand[row * operand.columns + $0]) }
      }
    }
    gates = blocks(rows.gates, row)
    previous = blocks(rows.previous, row)
    next = blocks(rows.next, row)
    saved = blocks(rows.saved, row)
    gradient = blocks(rows.gradient, row)
    vectors = blocks(rows.vectors, 0)
    vectorGradient = blocks(rows.vectorGradient, row)
  }

  var all: [[[Double]]] { [gates, previous, next, saved, gradient, vectors, vectorGradient] }

  /// The norm number `index` of x; gains come first, then biases.
  func norm(_ index: Int, _ x: [Double]) -> NaiveNorm {
    NaiveNorm(x, gain: vectors[index], bias: vectors[vectors.count / 2 + index])
  }

  /// Normalises block `index` of the gates in its place and keeps the deviations.
  mutating func normalize(_ index: Int, keeping: Bool = true) {
    let norm = norm(index, gates[index])
    if keeping { saved[index] = norm.deviations }
    gates[index] = norm.result
    magnification = max(magnification, norm.magnification)
  }

  /// Takes the derivative of the norm number `index` of x in `dy`'s place, and adds to the gradients of its vectors.
  mutating func differentiate(_ index: Int, _ x: [Double], _ dy: [Double]) -> [Double] {
    let norm = norm(index, x)
    let (dx, gain) = norm.derivative(dy)
    for j in dy.indices {
      vectorGradient[index][j] += gain[j]
      vectorGradient[vectors.count / 2 + index][j] += dy[j]
    }
    // Three terms, none beyond √n times the largest: |d·s| is at most √n, and its mean at most 1.
    let largest = zip(dy, norm.gain).map { abs($0 * $1) }.max() ?? 0
    magnification = magnification * max(1, norm.scale * max(largest, 1) * Double(dy.count).squareRoot())
    return dx
  }
}

/// The kernels of a cell with norms, and the naive formulas they stand for.
struct NormCellUnderTest<Element: KernelScalar>: Sendable {
  typealias Reference = @Sendable (inout NaiveRow) -> Void

  /// In the list of the kernels.
  let name: String
  let referenceForward: Reference
  let referenceBackward: Reference

  func rows(_ hidden: Int, count: Int, seed: Int) -> CellRows<Element> {
    CellRows(name, rows: count, hidden: hidden, within: 3, seed: seed)
  }
}

extension NormCellUnderTest {
  static var rnn: Self {
    Self(
      name: "rnn_norm",
      referenceForward: { u in
        let norm = u.norm(0, u.gates[0])
        u.normalize(0, keeping: false)
        u.next[0] = u.gates[0].map { tanh($0) }
        u.gates[0] = norm.deviations
      },
      referenceBackward: { u in
        let dy = zip(u.gradient[0], u.next[0]).map { $0 * slope(ofTanh: $1) }
        u.gates[0] = u.differentiate(0, u.gates[0], dy)
        u.gradient[0] = dy.map { _ in 0 }
      })
  }

  static var lstm: Self {
    Self(
      name: "lstm_norm",
      referenceForward: { u in
        for gate in 0..<4 {
          u.normalize(gate)
          u.gates[gate] = u.gates[gate].map { gate == 2 ? tanh($0) : sigmoid($0) }
        }
        for j in u.next[1].indices { u.next[1][j] = u.gates[1][j] * u.previous[1][j] + u.gates[0][j] * u.gates[2][j] }
        let norm = u.norm(4, u.next[1])
        u.saved[4] = norm.result.map { tanh($0) }
        for j in u.next[0].indices { u.next[0][j] = u.gates[3][j] * u.saved[4][j] }
        // The errors of c are magnified once more.
        u.magnification *= max(1, norm.magnification, norm.scale * 2)
      },
      referenceBackward: { u in
        let (i, f, g, o, t) = (u.gates[0], u.gates[1], u.gates[2], u.gates[3], u.saved[4])
        let units = t.indices
        let dh = u.gradient[0]
        let cell = u.norm(4, u.next[1])
        let through = u.differentiate(4, u.next[1], units.map { dh[$0] * o[$0] * slope(ofTanh: t[$0]) })
        u.magnification *= max(1, cell.magnification)
        let dc = units.map { u.gradient[1][$0] + through[$0] }
        u.gradient = [units.map { _ in 0 }, units.map { dc[$0] * f[$0] }]
        let slopes = [
          units.map { dc[$0] * g[$0] * slope(ofSigmoid: i[$0]) },
          units.map { dc[$0] * u.previous[1][$0] * slope(ofSigmoid: f[$0]) },
          units.map { dc[$0] * i[$0] * slope(ofTanh: g[$0]) },
          units.map { dh[$0] * t[$0] * slope(ofSigmoid: o[$0]) },
        ]
        // Each gate's errors are magnified by its own norm only.
        let common = u.magnification
        var largest = common
        for gate in 0..<4 {
          u.magnification = common
          u.gates[gate] = u.differentiate(gate, u.saved[gate], slopes[gate])
          largest = max(largest, u.magnification)
        }
        u.magnification = largest
      })
  }

  static var gru: Self {
    Self(
      name: "gru_norm",
      referenceForward: { u in
        for gate in 0..<4 { u.normalize(gate) }
        for j in u.next[0].indices {
          let (q, r, z) = (u.gates[0][j], sigmoid(u.gates[1][j]), sigmoid(u.gates[2][j]))
          let n = tanh(u.gates[3][j] + r * q)
          u.gates[1][j] = r
          u.gates[2][j] = z
          u.gates[3][j] = n
          u.next[0][j] = (1 - z) * n + z * u.previous[0][j]
        }
      },
      referenceBackward: { u in
        var slopes = u.gates
        for j in u.gradient[0].indices {
          let (q, r, z, n, dh) = (u.gates[0][j], u.gates[1][j], u.gates[2][j], u.gates[3][j], u.gradient[0][j])
          slopes[3][j] = dh * (1 - z) * slope(ofTanh: n)
          slopes[2][j] = dh * (u.previous[0][j] - n) * slope(ofSigmoid: z)
          slopes[1][j] = slopes[3][j] * q * slope(ofSigmoid: r)
          slopes[0][j] = slopes[3][j] * r
          u.gradient[0][j] = dh * z
        }
        var largest = 1.0
        for gate in 0..<4 {
          u.magnification = 1
          u.gates[gate] = u.differentiate(gate, u.saved[gate], slopes[gate])
          largest = max(largest, u.magnification)
        }
        u.magnification = largest
      })
  }
}
