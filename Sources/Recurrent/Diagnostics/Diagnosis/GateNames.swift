/// What the gates of the cells of this package are called, and what their values mean.
struct GateNames {
  /// A gate of a cell: a block of H rows in its weights.
  struct Gate {
    let name: String
    let kind: GateUse.Kind
    /// Whether an open gate keeps the old state.
    var keepsState = false
    /// Block of a row of gates in which the cell leaves the gate's value; nil: it is the output itself.
    let block: Int?
  }

  /// In the order of the weights.
  let gates: [Gate]

  init(_ cell: any RecurrentCell) {
    let structure = cell.structure
    func sigmoid(_ name: String, _ block: Int, keeps: Bool = false) -> Gate {
      Gate(name: name, kind: .sigmoid, keepsState: keeps, block: block)
    }
    func tanh(_ name: String, _ block: Int?) -> Gate { Gate(name: name, kind: .tanh, block: block) }
    switch cell.name {
    case _ where !(cell is any KernelCell): gates = Self.unknown(structure)
    case "rnn", "rnn-norm", "leaky": gates = [tanh("h", nil)]
    case "lstm", "lstm-peephole", "lstm-norm":
      gates = [sigmoid("i", 0), sigmoid("f", 1, keeps: true), tanh("g", 2), sigmoid("o", 3)]
    case "lstm-coupled": gates = [sigmoid("i", 0), tanh("g", 1), sigmoid("o", 2)]
    case "gru", "gru-norm":
      // The candidate's recurrent part stands before the gates.
      gates = [sigmoid("r", 1), sigmoid("z", 2, keeps: true), tanh("n", 3)]
    case "gru-reset-before": gates = [sigmoid("r", 0), sigmoid("z", 1, keeps: true), tanh("n", 2)]
    case "slstm":
      // The cell leaves there what the gates come to: the share of the state that is kept, and 1 − f.
      gates = [
        Gate(name: "i", kind: .other, block: 0), Gate(name: "f", kind: .other, keepsState: true, block: 1),
        tanh("z", 2), sigmoid("o", 3),
      ]
    case "minlstm": gates = [sigmoid("f", 0, keeps: true), sigmoid("i", 1), Gate(name: "h", kind: .other, block: 2)]
    case "rglru": gates = [sigmoid("r", 0), sigmoid("i", 1), Gate(name: "x", kind: .other, block: 2)]
    case "mingru": gates = [sigmoid("z", 0), Gate(name: "h", kind: .other, block: 1)]
    default: gates = Self.unknown(structure)
    }
  }

  /// Of cells of which nothing is known.
  private static func unknown(_ structure: CellStructure) -> [Gate] {
    (0..<structure.gateCount).map {
      Gate(name: String($0), kind: .other, keepsState: $0 == structure.forgetGate, block: $0 + structure.apartCount)
    }
  }
}

extension GateUse {
  /// - Parameters:
  ///   - values: of all units and steps; nil where their meaning is not known.
  ///   - sensitivities: as many as there were steps and units; empty where they are not known.
  init(_ gate: GateNames.Gate, values: [Double]?, sensitivities: [Double]) {
    (name, kind, keepsState) = (gate.name, gate.kind, gate.keepsState)
    if kind != .other, let values, !values.isEmpty {
      let (low, high) = kind == .sigmoid ? (0.1, 0.9) : (-0.95, 0.95)
      let count = Double(values.count)
      mean = values.reduce(0, +) / count
      self.low = Double(values.count { $0 < low }) / count
      self.high = Double(values.count { $0 > high }) / count
    }
    if !sensitivities.isEmpty {
      let count = Double(sensitivities.count)
      sensitivity = sensitivities.reduce(0, +) / count
      insensitive = Double(sensitivities.count { $0 < 0.01 }) / count
    }
  }
}
