package import Recurrent
internal import Storage

/// An RNN, LSTM or GRU node whose attributes and weights have been checked: which cell of ours each direction is, and with
/// what weights.
package struct RecurrentLayer: Sendable {
  package enum Direction: String { case forward, reverse, bidirectional }

  package let node: Node
  package let direction: Direction
  /// Whether the batch comes before the steps (ONNX's `layout` 1).
  package let isBatchFirst: Bool
  /// I.
  package let inputSize: Int
  /// H.
  package let hiddenSize: Int
  /// One cell for each direction: their functions may differ.
  package let cells: [any RecurrentCell]
  package let isCoupled: Bool
  /// W [D, G·H, I], R [D, G·H, H], B [D, 2·G·H] and P [D, 3·H], in ONNX's order of gates.
  package let weights: ONNXTensor
  package let recurrence: ONNXTensor
  package let biases: ONNXTensor?
  package let peepholes: ONNXTensor?

  /// D.
  package var directionCount: Int { direction == .bidirectional ? 2 : 1 }

  /// Whether a direction runs from the last step to the first.
  package func isReverse(_ index: Int) -> Bool { direction == .reverse || index == 1 }

  package init(_ call: Call) throws(ONNXError) {
    let node = call.node
    self.node = node
    let directionName = try node.string("direction") ?? "forward"
    guard let direction = Direction(rawValue: directionName) else {
      throw node.invalid("direction", "expected forward, reverse or bidirectional, got \"\(directionName)\"")
    }
    self.direction = direction
    isBatchFirst = try node.flag("layout")
    let directions = direction == .bidirectional ? 2 : 1
    let gates = node.kind == .rnn ? 1 : node.kind == .gru ? 3 : 4

    let (w, r) = (try call.required(1), try call.required(2))
    guard w.type == .float || w.type == .double else { throw node.invalid("weights of type \(w.type)") }
    guard r.shape.count == 3, w.shape.count == 3, w.shape[2] >= 1, r.shape[2] >= 1 else {
      throw node.invalid("W and R must have 3 dimensions and none of size 0; they are \(w.shape) and \(r.shape)")
    }
    hiddenSize = r.shape[2]
    inputSize = w.shape[2]
    if let stated = try node.int("hidden_size"), stated != hiddenSize {
      throw node.invalid("hidden_size", "\(stated), but R is of shape \(r.shape)")
    }
    func check(_ tensor: ONNXTensor?, _ name: String, _ shape: [Int]) throws(ONNXError) {
      guard let tensor else { return }
      guard tensor.shape == shape, tensor.type == w.type else {
        throw node.invalid("\(name) must be \(w.type) \(shape); it is \(tensor.type) \(tensor.shape)")
      }
    }
    let (rows, overflow) = gates.multipliedReportingOverflow(by: hiddenSize)
    guard !overflow, rows <= Int.max / 2 else { throw node.invalid("\(hiddenSize) hidden units") }
    try check(w, "W", [directions, rows, inputSize])
    try check(r, "R", [directions, rows, hiddenSize])
    weights = w
    recurrence = r
    biases = call.optional(3)
    try check(biases, "B", [directions, 2 * rows])
    peepholes = node.kind == .lstm ? call.optional(7) : nil
    try check(peepholes, "P", [directions, 3 * hiddenSize])
    isCoupled = try node.flag("input_forget")
    cells = try Self.cells(of: node, directions: directions, hasPeepholes: peepholes != nil)
  }

  // MARK: Cells

  /// Built-in cells where they compute what the node asks for, else this module's.
  private static func cells(
    of node: Node, directions: Int, hasPeepholes: Bool
  ) throws(ONNXError) -> [any RecurrentCell] {
    let clip = try node.float("clip")
    if let clip, !(clip > 0) { throw node.invalid("clip", "expected a number above 0, got \(clip)") }
    let isCoupled = try node.flag("input_forget")
    let appliesResetAfter = try node.int("linear_before_reset") ?? 0 != 0
    let count = node.kind == .rnn ? 1 : node.kind == .gru ? 2 : 3
    let all = try activations(of: node, count: count, directions: directions)
    return (0..<directions).map { direction -> any RecurrentCell in
      let functions = Array(all[direction * count..<(direction + 1) * count])
      let kinds = functions.map(\.kind)
      switch node.kind {
      case .rnn:
        if clip == nil, kinds == [.tanh] { return .rnn }
        if clip == nil, kinds == [.relu] { return .rnnReLU }
        return ONNXElmanCell(activation: functions[0], clip: clip)
      case .gru:
        if clip == nil, kinds == [.sigmoid, .tanh] { return appliesResetAfter ? .gru : .gruResetBefore }
        return appliesResetAfter
          ? ONNXGRUCell(gate: functions[0], candidate: functions[1], clip: clip)
          : ONNXResetBeforeGRUCell(gate: functions[0], candidate: functions[1], clip: clip)
      default:
        if clip == nil, kinds == [.sigmoid, .tanh, .tanh], !(hasPeepholes && isCoupled) {
          return hasPeepholes ? .lstmPeephole : isCoupled ? .lstmCoupled : .lstm
        }
        return ONNXLSTMCell(
          gate: functions[0], candidate: functions[1], output: functions[2], clip: clip, isCoupled: isCoupled)
      }
    }
  }

  /// `count` functions for each direction. α and β are taken from their lists in turn, by those functions only that have
  /// one; a list may end early.
  private static func activations(of node: Node, count: Int, directions: Int) throws(ONNXError) -> [Activation] {
    let usual: [Activation.Kind] =
      node.kind == .rnn ? [.tanh] : node.kind == .gru ? [.sigmoid, .tanh] : [.sigmoid, .tanh, .tanh]
    var kinds = (0..<directions).flatMap { _ in usual }
    if let names = try node.strings("activations") {
      // The schema's own default for RNN has two names, also for one direction.
      let isSchemaDefault = node.kind == .rnn && names == ["Tanh", "Tanh"]
      guard names.count == count * directions || isSchemaDefault else {
        throw node.invalid("activations", "expected \(count * directions), got \(names.count)")
      }
      kinds = []
      for name in names.prefix(count * directions) {
        guard let kind = Activation.Kind.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
        else { throw node.invalid("activations", "\"\(name)\" is not supported") }
        kinds.append(kind)
      }
    }
    var alphas = try node.floats("activation_alpha")?[...] ?? []
    var betas = try node.floats("activation_beta")?[...] ?? []
    return kinds.map { kind in
      let alpha = kind.alpha == nil ? nil : alphas.popFirst()
      let beta = kind.beta == nil ? nil : betas.popFirst()
      return Activation(kind, alpha: alpha, beta: beta)
    }
  }

  // MARK: Weights

  /// From the place of a gate in ours to its place in ONNX's: ours are PyTorch's i f g o and r z n (coupled: i g o), ONNX's
  /// i o f c and z r h.
  package var gateOrder: [Int] {
    switch node.kind {
    case .rnn: [0]
    case .gru: [1, 0, 2]
    default: cells[0].structure.gateCount == 3 ? [0, 3, 1] : [0, 2, 3, 1]
    }
  }

  private func convert<S: Scalar>(_ tensor: ONNXTensor, to _: S.Type) -> [S] {
    switch tensor.values {
    case .float(let values): values as? [S] ?? values.map { S($0) }
    case .double(let values): values as? [S] ?? values.map { S($0) }
    default: stop("weights are floating-point numbers, got \(tensor.type)")
    }
  }

  /// The parameters of one direction under the names that a model of one layer has for them, without suffix.
  package func parameters<S: Scalar>(ofDirection direction: Int, _: S.Type) -> [(name: String, values: [S])] {
    let order = gateOrder
    /// Blocks of `size` values, one for each gate, from where a direction's begin.
    func gates(_ values: [S], from start: Int, _ size: Int) -> [S] {
      order.flatMap { values[start + $0 * size..<start + ($0 + 1) * size] }
    }
    let gateCount = node.kind == .rnn ? 1 : node.kind == .gru ? 3 : 4
    let rows = gateCount * hiddenSize
    let w = gates(convert(weights, to: S.self), from: direction * rows * inputSize, hiddenSize * inputSize)
    let r = gates(convert(recurrence, to: S.self), from: direction * rows * hiddenSize, hiddenSize * hiddenSize)
    let b = biases.map { convert($0, to: S.self) } ?? [S](repeating: 0, count: (direction + 1) * 2 * rows)
    var parameters = [
      ("weight_ih", w), ("weight_hh", r),
      ("bias_ih", gates(b, from: direction * 2 * rows, hiddenSize)),
      ("bias_hh", gates(b, from: direction * 2 * rows + rows, hiddenSize)),
    ]
    if cells[direction].structure.vectorCount > 0 {
      let p = peepholes.map { convert($0, to: S.self) } ?? [S](repeating: 0, count: (direction + 1) * 3 * hiddenSize)
      // i o f to i f o.
      let start = direction * 3 * hiddenSize
      parameters.append(
        ("vectors", [0, 2, 1].flatMap { p[start + $0 * hiddenSize..<start + ($0 + 1) * hiddenSize] }))
    }
    return parameters
  }
}
