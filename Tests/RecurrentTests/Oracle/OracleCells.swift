import Recurrent

/// The built-in cells once more, as their papers and PyTorch's documentation have them: one unit of one sequence at a
/// time, in loops.
enum OracleCell: String, CaseIterable, Codable, Sendable {
  case rnn
  case rnnReLU = "rnn-relu"
  case lstm
  case gru
  case gruResetBefore = "gru-reset-before"
  case lstmPeephole = "lstm-peephole"
  case lstmCoupled = "lstm-coupled"
  case rnnNorm = "rnn-norm"
  case lstmNorm = "lstm-norm"
  case gruNorm = "gru-norm"
  case minGRU = "mingru"
  case indRNN = "indrnn"
  case minLSTM = "minlstm"
  case rgLRU = "rglru"
  case sLSTM = "slstm"
  case leaky

  /// The engine's cell of the same name.
  var cell: any RecurrentCell { BuiltInCells.named(rawValue)! }

  /// Whether the unroll treats it as it treats another one, apart from vectors and what is left out.
  var isVariant: Bool { ![.rnn, .rnnReLU, .lstm, .gru, .gruResetBefore].contains(self) }

  /// One of each kind that the unroll tells apart: merged product, apart gate, second stage, vectors, no product.
  static let kinds: [OracleCell] = [.rnn, .lstm, .gru, .gruResetBefore, .lstmNorm, .minGRU]

  var hasRecurrentProduct: Bool { cell.structure.recurrentProduct != .none }

  var hasNorms: Bool { [.rnnNorm, .lstmNorm, .gruNorm].contains(self) }

  /// State after a step, part by part, from the input and the state before it.
  func step(_ x: [Variable], _ state: [[Variable]], _ weights: OracleLayer) -> [[Variable]] {
    let h = state[0]
    let units = 0..<weights.hiddenSize
    /// Wᵢ·x + bᵢ + Wₕ·operand + bₕ for one unit of one gate.
    func sum(_ gate: Int, _ unit: Int, operand: [Variable]? = nil) -> Variable {
      weights.input(gate, unit, x) + weights.hidden(gate, unit, operand ?? h)
    }
    switch self {
    case .rnn:
      return [units.map { sum(0, $0).tanh }]
    case .rnnReLU:
      return [units.map { sum(0, $0).rectified }]
    case .lstm:
      let c = units.map { unit in
        sum(1, unit).sigmoid * state[1][unit] + sum(0, unit).sigmoid * sum(2, unit).tanh
      }
      return [units.map { sum(3, $0).sigmoid * c[$0].tanh }, c]
    case .gru:
      return [
        units.map { unit in
          let (r, z) = (sum(0, unit).sigmoid, sum(1, unit).sigmoid)
          let n = (weights.input(2, unit, x) + r * weights.hidden(2, unit, h)).tanh
          return (1 - z) * n + z * h[unit]
        }
      ]
    case .gruResetBefore:
      let reset = units.map { sum(0, $0).sigmoid * h[$0] }
      return [
        units.map { unit in
          let z = sum(1, unit).sigmoid
          return (1 - z) * sum(2, unit, operand: reset).tanh + z * h[unit]
        }
      ]
    case .lstmPeephole:
      let old = state[1]
      let p = { (peephole: Int, unit: Int) in weights.vector(peephole)[unit] }
      let c = units.map { unit in
        (sum(1, unit) + p(1, unit) * old[unit]).sigmoid * old[unit]
          + (sum(0, unit) + p(0, unit) * old[unit]).sigmoid * sum(2, unit).tanh
      }
      return [units.map { (sum(3, $0) + p(2, $0) * c[$0]).sigmoid * c[$0].tanh }, c]
    case .lstmCoupled:
      let c = units.map { unit in
        let i = sum(0, unit).sigmoid
        return (1 - i) * state[1][unit] + i * sum(1, unit).tanh
      }
      return [units.map { sum(2, $0).sigmoid * c[$0].tanh }, c]
    case .rnnNorm:
      return [weights.norm(0, units.map { sum(0, $0) }).map(\.tanh)]
    case .lstmNorm:
      let gates = (0..<4).map { gate in weights.norm(gate, units.map { sum(gate, $0) }) }
      let c = units.map { gates[1][$0].sigmoid * state[1][$0] + gates[0][$0].sigmoid * gates[2][$0].tanh }
      let squashed = weights.norm(4, c).map(\.tanh)
      return [units.map { gates[3][$0].sigmoid * squashed[$0] }, c]
    case .gruNorm:
      let q = weights.norm(0, units.map { weights.hidden(2, $0, h) })
      let r = weights.norm(1, units.map { sum(0, $0) }).map(\.sigmoid)
      let z = weights.norm(2, units.map { sum(1, $0) }).map(\.sigmoid)
      let a = weights.norm(3, units.map { weights.input(2, $0, x) })
      return [units.map { (1 - z[$0]) * (a[$0] + r[$0] * q[$0]).tanh + z[$0] * h[$0] }]
    case .minGRU:
      return [
        units.map { unit in
          let z = weights.input(0, unit, x).sigmoid
          return (1 - z) * h[unit] + z * weights.input(1, unit, x)
        }
      ]
    case .minLSTM:
      return [
        units.map { unit in
          let (f, i) = (weights.input(0, unit, x).sigmoid, weights.input(1, unit, x).sigmoid)
          let p = f * (f + i).reciprocal
          return p * h[unit] + (1 - p) * weights.input(2, unit, x)
        }
      ]
    case .rgLRU:
      return [
        units.map { unit in
          let rate = 8 * (weights.vector(0)[unit].softplus * weights.input(0, unit, x).sigmoid)
          let inlet = (2 * rate).complementOfDecay.squareRoot
          return rate.decay * h[unit] + inlet * weights.input(1, unit, x).sigmoid * weights.input(2, unit, x)
        }
      ]
    case .sLSTM:
      // The logarithms of what is left of all weights before, and of what is added to it.
      let kept = units.map { (-32 + state[2][$0]) - ((-1) * sum(1, $0)).softplus }
      let difference = units.map { kept[$0] - sum(0, $0) }
      let mean = units.map { unit in
        let p = difference[unit].sigmoid
        return p * state[1][unit] + (1 - p) * sum(2, unit).tanh
      }
      return [
        units.map { sum(3, $0).sigmoid * mean[$0] }, mean, units.map { 32 + (sum(0, $0) + difference[$0].softplus) },
      ]
    case .indRNN:
      return [units.map { (weights.input(0, $0, x) + weights.vector(0)[$0] * h[$0]).rectified }]
    case .leaky:
      return [
        units.map { unit in
          let rate = weights.vector(0)[unit]
          return (1 - rate) * h[unit] + rate * sum(0, unit).tanh
        }
      ]
    }
  }
}

/// The parameters of one direction of a layer, by PyTorch's layout.
struct OracleLayer {
  /// H, I
  let hiddenSize: Int
  let inputSize: Int
  /// [G·H, I], [G·H, H], [G·H], [G·H]
  let inputWeights: [Variable]
  let hiddenWeights: [Variable]
  let inputBias: [Variable]
  let hiddenBias: [Variable]
  /// [P, H]; empty without projection, with which the hidden weights are [G·H, P].
  let projection: [Variable]
  /// [K·H], the cell's own vectors.
  let vectors: [Variable]

  /// Wᵢ·x + bᵢ for one unit of one gate.
  func input(_ gate: Int, _ unit: Int, _ x: [Variable]) -> Variable {
    let row = gate * hiddenSize + unit
    return dot(inputWeights[row * inputSize..<(row + 1) * inputSize], x) + inputBias[row]
  }

  /// Wₕ·h + bₕ for one unit of one gate.
  func hidden(_ gate: Int, _ unit: Int, _ h: [Variable]) -> Variable {
    let row = gate * hiddenSize + unit
    return dot(hiddenWeights[row * h.count..<(row + 1) * h.count], h) + hiddenBias[row]
  }

  /// The cell's own vector number `index`.
  func vector(_ index: Int) -> [Variable] { Array(vectors[index * hiddenSize..<(index + 1) * hiddenSize]) }

  /// Layer norm number `index` of x: gain·(x − mean)/√(variance + 10⁻⁵) + bias. The gains come before the biases.
  func norm(_ index: Int, _ x: [Variable]) -> [Variable] {
    let (gain, bias) = (vector(index), vector(index + vectors.count / hiddenSize / 2))
    let normalized = normalized(x)
    return x.indices.map { gain[$0] * normalized[$0] + bias[$0] }
  }
}
