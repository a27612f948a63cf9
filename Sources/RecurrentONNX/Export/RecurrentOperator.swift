package import Recurrent

/// How ONNX's RNN, LSTM or GRU computes one of our cells: the operator, its attributes, and which of our gates stands in
/// which of its blocks of rows.
package struct RecurrentOperator {
  /// What fills H rows of ONNX's weights.
  package enum Block: Hashable {
    /// One of our gates.
    case gate(Int)
    /// One of our gates with the other sign: σ(−a) = 1 − σ(a).
    case negated(Int)
    /// A gate without effect.
    case zero
  }

  /// What multiplies the state.
  package enum Recurrence: Hashable {
    /// Wₕ.
    case dense
    /// A diagonal: the cell's first vector.
    case diagonal
    /// Nothing.
    case none
  }

  package let type: String
  /// In the operator's order: LSTM i o f c, GRU z r h.
  package let blocks: [Block]
  package var recurrence = Recurrence.dense
  /// Our vectors in the order of the operator's peepholes, i o f; empty: there are none.
  package var peepholes: [Int] = []
  /// Of one direction; empty: the operator's own.
  package var activations: [String] = []
  /// Of one direction: the slopes and offsets of the activations that have them.
  package var alpha: [Float] = []
  package var beta: [Float] = []
  /// An attribute of the operator that is set to 1.
  package var flag: String?

  /// Whether the state has a second part, c.
  package var hasCellState: Bool { type == "LSTM" }

  /// - Throws: `ONNXError.inexpressible` where ONNX has no operator for the cell.
  package init(_ cell: any RecurrentCell) throws(ONNXError) {
    switch cell {
    case let cell as ElmanCell:
      self.init("RNN", [.gate(0)])
      activations = [cell.activation == .tanh ? "Tanh" : "Relu"]
    case is LSTMCell:
      self.init("LSTM", Self.lstm)
    case is PeepholeLSTMCell:
      self.init("LSTM", Self.lstm)
      peepholes = [0, 2, 1]
    case is CoupledLSTMCell:
      // f = 1 − i is σ(−aᵢ): right also where the attribute is ignored.
      self.init("LSTM", [.gate(0), .gate(2), .negated(0), .gate(1)])
      flag = "input_forget"
    case is GRUCell:
      self.init("GRU", Self.gru)
      flag = "linear_before_reset"
    case is ResetBeforeGRUCell:
      self.init("GRU", Self.gru)
    case is MinGRUCell:
      // ONNX's z keeps the old state, ours takes the new one; the candidate is not bent, and there is no reset.
      self.init("GRU", [.negated(0), .zero, .gate(1)])
      recurrence = .none
      activations = ["Sigmoid", "Affine"]
      (alpha, beta) = ([1], [0])
    case is IndRNNCell:
      self.init("RNN", [.gate(0)])
      recurrence = .diagonal
      activations = ["Relu"]
    case is LayerNormElmanCell, is LayerNormLSTMCell, is LayerNormGRUCell:
      throw .inexpressible(
        what: "cell \(cell.name)", reason: "ONNX's recurrent operators do not normalise the gates of a step")
    case is MinLSTMCell, is RGLRUCell, is SLSTMCell:
      throw .inexpressible(what: "cell \(cell.name)", reason: "ONNX's recurrent operators have no such gates")
    case is LeakyElmanCell:
      throw .inexpressible(what: "cell \(cell.name)", reason: "ONNX's recurrent operators have no units that leak")
    default:
      throw .inexpressible(
        what: "cell \(cell.name)",
        reason: "it is not a cell of this package, and ONNX has no operator for a function it does not know")
    }
  }

  private init(_ type: String, _ blocks: [Block]) { (self.type, self.blocks) = (type, blocks) }

  /// Ours are i f g o.
  private static let lstm: [Block] = [.gate(0), .gate(3), .gate(1), .gate(2)]
  /// Ours are r z n.
  private static let gru: [Block] = [.gate(1), .gate(0), .gate(2)]

  /// Rows of our gates in the operator's order.
  /// - Parameters:
  ///   - rows: [our gates, size], a gate's rows one after the other.
  ///   - size: scalars of a gate.
  package func arrange<S: Scalar>(_ rows: [S], size: Int) -> [S] {
    var arranged: [S] = []
    arranged.reserveCapacity(blocks.count * size)
    for block in blocks {
      switch block {
      case .gate(let gate): arranged += rows[gate * size..<(gate + 1) * size]
      case .negated(let gate): arranged += rows[gate * size..<(gate + 1) * size].map { -$0 }
      case .zero: arranged += repeatElement(0, count: size)
      }
    }
    return arranged
  }
}
