internal import Recurrent

/// The recurrent layers.
extension ModelExporter {
  /// The state of each direction of a layer after each sequence's last step, as this package has it: [D, N, H or P] and, of
  /// an LSTM, [D, N, H]; nil where nothing reads them.
  package struct FinalStates {
    package var hidden: Value?
    package var cell: Value?
  }

  /// - Returns: the layer's output [T, N, U], nil where nothing reads it, and its final states.
  package mutating func addLayer(_ layer: Int, reading input: Value) -> (output: Value?, final: FinalStates) {
    let isTop = layer == configuration.layerCount - 1
    let wantsFinal = options.states || (isTop && configuration.head == .lastStep)
    let wantsOutput = !(isTop && configuration.head == .lastStep)
    let name = "rnn_l\(layer)"
    let projection = addProjection(layer)
    let start = initialStates(layer)
    let weights = weights(layer, projection)
    var (read, inputWeights, startHidden) = (input, weights.input, start.hidden ?? .absent)
    if let projection, let hidden = start.hidden {
      (read, inputWeights) = addStart(hidden, projection, to: input, weights.input, layer)
      startHidden = .absent
    }

    var inputs = [read, inputWeights, weights.hidden, weights.bias, lengths ?? .absent, startHidden]
    if cell.hasCellState { inputs += [start.cell ?? .absent, weights.peepholes ?? .absent] }
    var wanted: [String?] = [wantsOutput ? ".Y" : nil, wantsFinal ? ".Y_h" : nil]
    if cell.hasCellState { wanted.append(options.states ? ".Y_c" : nil) }
    let outputs = addOperator(inputs, name: name, hidden: configuration.hiddenSize(ofLayer: layer), outputs: wanted)

    var final = FinalStates()
    if wantsFinal {
      let last = project(outputs[1], projection, name: name + ".projected_h")
      final.hidden = addFinal(last, from: start.hidden, name: name + ".final_h")
    }
    if cell.hasCellState, options.states {
      final.cell = addFinal(outputs[2], from: start.cell, name: name + ".final_c")
    }
    guard wantsOutput else { return (nil, final) }
    var output = merge(project(outputs[0], projection, name: name + ".projected"), axis: 1, name: name)
    if addsInput(layer) { output = builder.node("Add", output, input, name: name + ".residual") }
    let width = configuration.outputSize(ofLayer: layer)
    builder.describe(
      output, type, [.named("T"), .named("N"), .size(width)], "[T, N, \(width)] outputs of layer \(layer)")
    return (output, final)
  }

  /// Whether a layer adds what it reads to its output.
  package func addsInput(_ layer: Int) -> Bool {
    if layer == 0, case .oneHot = configuration.input { return false }
    return configuration.isResidual
      && configuration.inputSize(ofLayer: layer) == configuration.outputSize(ofLayer: layer)
  }

  private mutating func addOperator(
    _ inputs: [Value], name: String, hidden: Int, outputs: [String?]
  ) -> [Value] {
    func repeated<Element>(_ list: [Element]) -> [Element] { (0..<directions).flatMap { _ in list } }
    var attributes: [(key: String, value: GraphBuilder.Attribute)] = [
      ("hidden_size", .int(hidden)), ("direction", .string(directions == 1 ? "forward" : "bidirectional")),
    ]
    if let flag = cell.flag { attributes.append((flag, .int(1))) }
    if !cell.activations.isEmpty { attributes.append(("activations", .strings(repeated(cell.activations)))) }
    if !cell.alpha.isEmpty { attributes.append(("activation_alpha", .floats(repeated(cell.alpha)))) }
    if !cell.beta.isEmpty { attributes.append(("activation_beta", .floats(repeated(cell.beta)))) }
    return builder.node(cell.type, inputs, name: name, attributes: attributes, outputs: outputs)
  }

  /// A sequence without steps ends where it began; ONNX leaves open what the operators give then.
  private mutating func addFinal(_ state: Value, from start: Value?, name: String) -> Value {
    guard lengths != nil, let start else { return state }
    let hasSteps = hasSteps()
    return builder.node("Where", hasSteps, state, start, name: name)
  }

  // MARK: Directions

  /// The outputs of the directions as one.
  /// - Parameters:
  ///   - states: [T, D, N, H] or [D, N, H].
  ///   - axis: of D.
  package mutating func merge(_ states: Value, axis: Int, name: String) -> Value {
    guard let merge = configuration.directions.merge else {
      return builder.squeeze(states, axis: axis, name: name + ".output")
    }
    if merge == .concatenate {
      let order = axis == 1 ? [0, 2, 1, 3] : [1, 0, 2]
      let sideBySide = builder.transpose(states, order, name: name + ".side_by_side")
      let shape = builder.constant(axis == 1 ? [0, 0, -1] : [0, -1], axis == 1 ? "joined_steps" : "joined_states")
      return builder.node("Reshape", sideBySide, shape, name: name + ".concatenated")
    }
    let forward = builder.element(0, of: states, axis: axis, name: name + ".forward")
    let reverse = builder.element(1, of: states, axis: axis, name: name + ".reverse")
    if merge == .product { return builder.node("Mul", forward, reverse, name: name + ".product") }
    let sum = builder.node("Add", forward, reverse, name: name + ".sum")
    guard merge == .average else { return sum }
    return builder.node("Mul", sum, number(0.5, "half"), name: name + ".average")
  }

  // MARK: States

  /// What a layer starts from, [D, N, H]; nil: 0.
  private mutating func initialStates(_ layer: Int) -> (hidden: Value?, cell: Value?) {
    guard options.states || configuration.trainsInitialState else { return (nil, nil) }
    let hidden = initialState(layer, part: 0, "h")
    return (hidden, cell.hasCellState ? initialState(layer, part: 1, "c") : nil)
  }

  private mutating func initialState(_ layer: Int, part: Int, _ letter: String) -> Value {
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let width = part == 0 ? configuration.directionSize(ofLayer: layer) : hidden
    // Kept in the file also where it is the caller's to give: reading it back gives the whole model.
    let trained = configuration.trainsInitialState ? trainedState(layer, part, letter, width) : nil
    if options.states {
      return builder.input(
        "initial_\(letter)_l\(layer)", type, [.size(directions), .named("N"), .size(width)],
        "[\(directions), N, \(width)] \(letter) of layer \(layer) before the first step")
    }
    let shape = shared("state_shape") { exporter in
      let one = exporter.builder.constant([1], "size_1")
      let count = exporter.sequenceCount()
      return exporter.builder.concatenate([one, count, one], axis: 0, name: "state_shape")
    }
    return builder.node("Expand", trained!, shape, name: "rnn_l\(layer).initial_\(letter)")
  }

  /// [D, 1, width].
  private mutating func trainedState(_ layer: Int, _ part: Int, _ letter: String, _ width: Int) -> Value {
    let start = part * configuration.hiddenSize(ofLayer: layer)
    let values = (0..<directions).flatMap {
      model[parameter: parameter("initial_state", layer, $0)][start..<start + width]
    }
    return builder.parameter("rnn.initial_\(letter)_l\(layer)", values, shape: [directions, 1, width])
  }

  package mutating func addOutputs(_ final: FinalStates, _ layer: Int) {
    for (letter, value) in [("h", final.hidden), ("c", final.cell)] {
      guard let value else { continue }
      let width = letter == "h" ? configuration.directionSize(ofLayer: layer) : configuration.hiddenSize(ofLayer: layer)
      builder.output(
        value, "final_\(letter)_l\(layer)", type, [.size(directions), .named("N"), .size(width)],
        "[\(directions), N, \(width)] \(letter) of layer \(layer) after each sequence's last step")
    }
  }

  // MARK: Weights

  private struct Weights {
    let input: Value
    let hidden: Value
    let bias: Value
    let peepholes: Value?
  }

  package func parameter(_ kind: String, _ layer: Int, _ direction: Int) -> String {
    "rnn.\(kind)_l\(layer)" + (direction == 0 ? "" : "_reverse")
  }

  /// A parameter of all directions, one after the other, gates in ONNX's order.
  package func arranged(_ kind: String, _ layer: Int, size: Int) -> [S] {
    (0..<directions).flatMap { cell.arrange(model[parameter: parameter(kind, layer, $0)], size: size) }
  }

  private mutating func weights(_ layer: Int, _ projection: Projection?) -> Weights {
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let inputs = configuration.inputSize(ofLayer: layer)
    let rows = cell.blocks.count * hidden
    let suffix = "_l\(layer)"
    let input = builder.parameter(
      "rnn.weight_ih" + suffix, arranged("weight_ih", layer, size: hidden * inputs), shape: [directions, rows, inputs])
    var biases: [S] = []
    for direction in 0..<directions {
      biases += cell.arrange(model[parameter: parameter("bias_ih", layer, direction)], size: hidden)
      biases +=
        cell.recurrence == .dense
        ? cell.arrange(model[parameter: parameter("bias_hh", layer, direction)], size: hidden)
        : [S](repeating: 0, count: rows)
    }
    let bias = builder.parameter("rnn.bias" + suffix, biases, shape: [directions, 2 * rows])
    var peepholes: Value?
    if !cell.peepholes.isEmpty {
      let values = (0..<directions).flatMap { direction in
        let vectors = model[parameter: parameter("vectors", layer, direction)]
        return cell.peepholes.flatMap { vectors[$0 * hidden..<($0 + 1) * hidden] }
      }
      peepholes = builder.parameter("rnn.vectors" + suffix, values, shape: [directions, cell.peepholes.count * hidden])
    }
    return Weights(input: input, hidden: projection?.product ?? hiddenWeights(layer), bias: bias, peepholes: peepholes)
  }

  /// [D, G·H, H].
  private mutating func hiddenWeights(_ layer: Int) -> Value {
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let rows = cell.blocks.count * hidden
    switch cell.recurrence {
    case .dense:
      return builder.parameter(
        "rnn.weight_hh_l\(layer)", arranged("weight_hh", layer, size: hidden * hidden),
        shape: [directions, rows, hidden])
    case .diagonal:
      // The identity, times a vector.
      let vectors = (0..<directions).flatMap { model[parameter: parameter("vectors", layer, $0)] }
      let diagonal = builder.parameter("rnn.vectors_l\(layer)", vectors, shape: [directions, 1, hidden])
      let identity = shared("identity_\(hidden)") { exporter in
        let units = exporter.builder.constant(Array(0..<hidden), "units_\(hidden)")
        return exporter.oneHot(units, hidden, name: "identity_\(hidden)")
      }
      return builder.node("Mul", identity, diagonal, name: "rnn_l\(layer).diagonal")
    case .none:
      let shape = builder.constant([directions, rows, hidden], "zeros_\(directions)_\(rows)_\(hidden)")
      return builder.node("Expand", zero(), shape, name: "rnn_l\(layer).no_recurrence")
    }
  }
}
