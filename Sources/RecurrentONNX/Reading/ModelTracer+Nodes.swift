internal import Recurrent

extension ModelTracer {
  package mutating func add(_ node: Node) throws(ONNXError) {
    let inputs = node.inputs.map { $0.isEmpty ? nil : values[$0] }
    var known: [ONNXTensor?] = []
    var isTraced: [Bool] = []
    for input in inputs {
      switch input {
      case .traced: (known, isTraced) = (known + [nil], isTraced + [true])
      case .known(let tensor): (known, isTraced) = (known + [tensor], isTraced + [false])
      case nil: (known, isTraced) = (known + [nil], isTraced + [false])
      }
    }
    func call(_ tensors: [ONNXTensor?]) -> Call {
      Call(node: node, inputs: tensors, room: onnx.memoryLimit / 8, products: .automatic, threads: 1)
    }
    let tensors = inputs.map { value -> ONNXTensor? in
      switch value {
      case .known(let tensor), .traced(let tensor): tensor
      case nil: nil
      }
    }
    guard isTraced.contains(true) else {
      if [.rnn, .lstm, .gru].contains(node.kind) { throw node.unfit("a layer that does not depend on the input") }
      try set(node, call(known).run().map { $0.map { .known($0) } })
      return
    }
    switch node.kind {
    case .rnn, .lstm, .gru: try addLayer(node, call(known), inputs)
    case .shape: try set(node, call(tensors).run().map { $0.map { .known($0) } })
    case .gather where !isTraced[0]:
      guard let table = known[0], table.shape.count == 2, table.count > 0, try node.int("axis") ?? 0 == 0,
        table.type == .float || table.type == .double
      else { throw node.unfit("what it looks up is no table of vectors") }
      try addTokens(node, .embedding(table), tensors[1], width: table.shape[1])
    case .oneHot:
      guard let depth = known[1]?.integers?.first, known[2]?.doubles == [0, 1], depth >= 1, depth <= 1 << 24,
        [-1, tensors[0]?.shape.count].contains(try node.int("axis") ?? -1)
      else { throw node.unfit("what it writes are no one-hot vectors") }
      try addTokens(node, .oneHot(depth), tensors[0], width: depth)
    case .transpose, .reshape, .squeeze, .unsqueeze, .flatten, .slice, .gather, .split, .expand, .identity, .dropout:
      guard isTraced[0], !isTraced.dropFirst().contains(true) else {
        throw node.unfit("it depends on the input's numbers")
      }
      try set(node, call(tensors).run().map { $0.map { .traced($0) } })
    case .concat:
      guard !isTraced.contains(false) else { throw node.unfit("it joins what depends on the input and what does not") }
      try set(node, call(tensors).run().map { $0.map { .traced($0) } })
    case .cast: try set(node, [.traced(tensors[0]!)])
    case .matMul, .gemm: try addProduct(node, tensors, isTraced)
    case .add: try addBias(node, tensors, isTraced)
    case .softmax, .logSoftmax, .sigmoid:
      guard let ids = tensors[0], let (source, _) = rows(of: ids), case .linear = sources[source].kind else {
        throw node.unfit("it does not stand at the end")
      }
      try set(node, [.traced(ids)])
    case .reduceMean, .reduceMax:
      guard isTraced[0], let ids = tensors[0] else { throw node.unfit("it depends on the input's numbers") }
      try addPooling(node, call(tensors), ids)
    default: throw node.unfit("no model of this package has such a node in this place")
    }
  }

  mutating func set(_ node: Node, _ results: [Value?]) throws(ONNXError) {
    for (name, result) in zip(node.outputs, results) where !name.isEmpty {
      if let result { values[name] = result }
    }
  }

  /// An embedding's or one-hot vectors, in the tokens' own order.
  private mutating func addTokens(
    _ node: Node, _ kind: Source.Kind, _ tokens: ONNXTensor?, width: Int
  ) throws(ONNXError) {
    guard let tokens, let (source, rows) = rows(of: tokens.reshaped(tokens.shape + [1])),
      case .input = sources[source].kind, sources[source].width == 1, width >= 1
    else { throw node.unfit("what it reads are not the input's tokens") }
    guard let count = Shape.count([steps, batch, width]), count <= Self.maximumCount else {
      throw .tooLarge(file: node.file, what: "node \(node.label)", reason: "vectors of \(width) numbers")
    }
    let result = addSource(kind, rows: steps * batch, width: width)
    try set(node, [.traced(identities(result, rows: rows, shape: tokens.shape))])
  }

  // MARK: Layers

  private mutating func addLayer(_ node: Node, _ call: Call, _ inputs: [Value?]) throws(ONNXError) {
    func value(_ index: Int) -> Value? { index < inputs.count ? inputs[index] : nil }
    for index in [1, 2, 3, 7] {
      if case .traced = value(index) { throw node.unfit("its weights are no constants") }
    }
    let layer = try RecurrentLayer(call)
    guard layer.direction != .reverse else { throw node.unfit("a layer that runs backwards alone") }
    let names = Set(layer.cells.map(\.name)).union(layers.prefix(1).flatMap { $0.cells.map(\.name) })
    guard names.count == 1 else { throw node.unfit("layers of different cells: \(names.sorted())") }
    guard layers.first.map({ $0.directionCount == layer.directionCount }) ?? true else {
      throw node.unfit("layers of one direction and of both")
    }

    guard case .traced(let x) = value(0),
      let (source, rows) = rows(of: layer.isBatchFirst ? x.transposed([1, 0, 2]) : x),
      rows == Array(0..<steps * batch)
    else { throw node.unfit("its input is not every step of one thing in order") }
    switch sources[source].kind {
    case .input where layers.isEmpty: input = .vectors(size: sources[source].width)
    case .oneHot(let count) where layers.isEmpty: input = .oneHot(count: count)
    case .embedding(let table) where layers.isEmpty: input = .embedding(table)
    case .layer(layers.count - 1): break
    default: throw node.unfit("its input is not the layer before it")
    }
    switch value(4) {
    case nil: break
    case .known(let lengths):
      guard lengths.integers?.allSatisfy({ $0 == steps }) ?? false else { throw node.unfit("constant lengths") }
    case .traced(let ids):
      guard consists(ids, of: { if case .otherInput = $0 { true } else { false } }) else {
        throw node.unfit("lengths that are no input of the graph")
      }
      hasLengths = true
    }
    try addStart(node, layer, [value(5), node.kind == .lstm ? value(6) : nil])

    let (directions, hidden) = (layer.directionCount, layer.hiddenSize)
    guard let count = Shape.count([steps, batch, directions, hidden]), count <= Self.maximumCount else {
      throw .tooLarge(file: node.file, what: "node \(node.label)", reason: "\(hidden) hidden units")
    }
    let width = directions * hidden
    let outputs = addSource(.layer(layers.count), rows: steps * batch, width: width)
    let final = addSource(.final(layers.count), rows: batch, width: width)
    let cell = addSource(.state, rows: batch, width: width)
    layers.append(layer)
    // [T, N, D, H] to [T, D, N, H], and [N, D, H] to [D, N, H].
    let y = identities(outputs, rows: Array(0..<steps * batch), shape: [steps, batch])
      .reshaped([steps, batch, directions, hidden])
    let states = [final, cell].map { source in
      identities(source, rows: Array(0..<batch), shape: [batch]).reshaped([batch, directions, hidden])
    }
    let results =
      layer.isBatchFirst
      ? [y.transposed([1, 0, 2, 3])] + states
      : [y.transposed([0, 2, 1, 3])] + states.map { $0.transposed([1, 0, 2]) }
    try set(node, results.map { .traced($0) })
  }

  /// Zeros, one trained state for all sequences, or an input of the graph.
  private mutating func addStart(_ node: Node, _ layer: RecurrentLayer, _ states: [Value?]) throws(ONNXError) {
    let (directions, hidden) = (layer.directionCount, layer.hiddenSize)
    let parts = layer.cells[0].structure.stateCount
    var start = [[Double]](repeating: [Double](repeating: 0, count: parts * hidden), count: directions)
    for (part, state) in states.enumerated() {
      switch state {
      case nil: break
      case .traced(let ids):
        guard consists(ids, of: { if case .otherInput = $0 { true } else { false } }) else {
          throw node.unfit("an initial state that is computed from the input")
        }
      case .known(let tensor):
        let shape = layer.isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
        guard tensor.shape == shape else { throw node.unfit("an initial state of shape \(tensor.shape)") }
        let values = (layer.isBatchFirst ? tensor.transposed([1, 0, 2]) : tensor).doubles
        for direction in 0..<directions {
          let first = values[direction * batch * hidden..<(direction * batch + 1) * hidden]
          for sequence in 1..<max(1, batch) {
            let place = (direction * batch + sequence) * hidden
            guard first.elementsEqual(values[place..<place + hidden]) else {
              throw node.unfit("an initial state that differs from sequence to sequence")
            }
          }
          start[direction].replaceSubrange(part * hidden..<(part + 1) * hidden, with: first)
        }
      }
    }
    starts.append(start)
  }

  // MARK: Head

  private mutating func addProduct(
    _ node: Node, _ tensors: [ONNXTensor?], _ isTraced: [Bool]
  ) throws(ONNXError) {
    let transposesB = try node.flag("transB")
    guard isTraced[0], !isTraced[1], let ids = tensors[0], let given = tensors[1], given.shape.count == 2,
      given.type == .float || given.type == .double, try !node.flag("transA"),
      try node.float("alpha") ?? 1 == 1, try node.float("beta") ?? 1 == 1
    else { throw node.unfit("it is no linear layer") }
    let weights = transposesB ? given.transposed([1, 0]) : given
    guard let (source, rows) = rows(of: ids), weights.shape[0] == sources[source].width, weights.shape[1] >= 1 else {
      throw node.unfit("what it multiplies is no layer's output")
    }
    switch sources[source].kind {
    case .layer(layers.count - 1), .final(layers.count - 1), .pooled: break
    default: throw node.unfit("what it multiplies is not the last layer's output")
    }
    var linear = TracedModel.Linear(weights: weights)
    if isTraced.count > 2, let bias = tensors[2] { linear.bias = try self.bias(bias, weights.shape[1], of: node) }
    guard let count = Shape.count([sources[source].rows, weights.shape[1]]), count <= Self.maximumCount else {
      throw .tooLarge(file: node.file, what: "node \(node.label)", reason: "\(weights.shape[1]) outputs")
    }
    let result = addSource(.linear(linear, of: source), rows: sources[source].rows, width: weights.shape[1])
    try set(node, [.traced(identities(result, rows: rows, shape: ids.shape.dropLast()))])
  }

  private mutating func addBias(_ node: Node, _ tensors: [ONNXTensor?], _ isTraced: [Bool]) throws(ONNXError) {
    let place = isTraced[0] ? 0 : 1
    guard isTraced != [true, true], let ids = tensors[place], let added = tensors[1 - place],
      let (source, rows) = rows(of: ids), case .linear(var linear, of: let parent) = sources[source].kind,
      linear.bias == nil
    else { throw node.unfit("it is not the bias of a linear layer") }
    linear.bias = try bias(added, sources[source].width, of: node)
    let result = addSource(.linear(linear, of: parent), rows: sources[source].rows, width: sources[source].width)
    try set(node, [.traced(identities(result, rows: rows, shape: ids.shape.dropLast()))])
  }

  private func bias(_ tensor: ONNXTensor, _ size: Int, of node: Node) throws(ONNXError) -> ONNXTensor {
    guard tensor.count == size, tensor.shape.last == size, tensor.type == .float || tensor.type == .double else {
      throw node.unfit("a bias of shape \(tensor.shape)")
    }
    return tensor.reshaped([size])
  }
}
