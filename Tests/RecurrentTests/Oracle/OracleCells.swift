import Recurrent

/// The built-in cells once more, as their papers and PyTorch's documentation have them: one unit of one sequence at a
/// time, in loops.
enum OracleCell: String, CaseIterable, Codable, Sendable {
  case rnn
  case rnnReLU = "rnn-relu"
  case lstm
  case gru
  case gruResetBefore = "gru-reset-before"

  /// The engine's cell of the same name.
  var cell: any RecurrentCell { BuiltInCells.named(rawValue)! }

  /// State after a step, part by part, from the input and the state before it.
  func step(_ x: [Variable], _ state: [[Variable]], _ weights: OracleLayer) -> [[Variable]] {
    let h = state[0]
    let units = h.indices
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
    }
  }
}

/// The parameters of one layer, by PyTorch's layout.
struct OracleLayer {
  /// H, I
  let hiddenSize: Int
  let inputSize: Int
  /// [G·H, I], [G·H, H], [G·H], [G·H]
  let inputWeights: [Variable]
  let hiddenWeights: [Variable]
  let inputBias: [Variable]
  let hiddenBias: [Variable]

  /// Wᵢ·x + bᵢ for one unit of one gate.
  func input(_ gate: Int, _ unit: Int, _ x: [Variable]) -> Variable {
    let row = gate * hiddenSize + unit
    return dot(inputWeights[row * inputSize..<(row + 1) * inputSize], x) + inputBias[row]
  }

  /// Wₕ·h + bₕ for one unit of one gate.
  func hidden(_ gate: Int, _ unit: Int, _ h: [Variable]) -> Variable {
    let row = gate * hiddenSize + unit
    return dot(hiddenWeights[row * hiddenSize..<(row + 1) * hiddenSize], h) + hiddenBias[row]
  }
}
