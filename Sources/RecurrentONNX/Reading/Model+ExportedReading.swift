package import Recurrent

extension Model {
  /// A model of this package that was exported: configuration from the file's metadata, parameters by their names.
  package init(exported onnx: ONNXModel) throws(ONNXError) {
    let description: ModelDescription
    do { description = try ModelDescription(metadata: onnx.metadata, file: onnx.file) } catch {
      throw .notONNX(file: onnx.file, reason: error.description)
    }
    let configuration = description.configuration
    // Checked before anything of the model's size is allocated: the metadata may lie.
    guard configuration.layerCount <= onnx.initializers.count else {
      throw .invalidGraph(file: onnx.file, reason: "it has not the parameters of \(configuration.layerCount) layers")
    }
    let parameters = ExportedParameters(
      configuration: configuration, cell: try RecurrentOperator(configuration.cell), onnx: onnx)
    var values: [(name: String, values: [S])] = []
    do {
      for entry in try ParameterTable(configuration).entries {
        values.append((entry.name, try parameters.values(of: entry)))
      }
      try self.init(configuration, seed: 0, vocabulary: description.vocabulary)
    } catch let error as ONNXError {
      throw error
    } catch {
      throw .tooLarge(file: onnx.file, what: "the model", reason: "\(error)")
    }
    for (name, values) in values { self[parameter: name] = values }
    annotations = description.annotations
  }
}

/// The parameters of an exported model, brought back into this package's order: see `ModelExporter`.
private struct ExportedParameters {
  let configuration: ModelConfiguration
  let cell: RecurrentOperator
  let onnx: ONNXModel

  private var directions: Int { configuration.directions.count }

  func values<S: Scalar>(of entry: ParameterTable.Entry) throws(ONNXError) -> [S] {
    guard entry.name.hasPrefix("rnn.") else { return try tensor(entry.name, entry.shape) }
    let isReverse = entry.name.hasSuffix("_reverse")
    let name = String(isReverse ? entry.name.dropLast("_reverse".count) : entry.name[...])
    guard let layerMark = name.range(of: "_l", options: .backwards), let layer = Int(name[layerMark.upperBound...])
    else { throw missing(entry.name) }
    let kind = name[..<layerMark.lowerBound].dropFirst("rnn.".count)
    let suffix = "_l\(layer)"
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let rows = cell.blocks.count * hidden
    let own = isReverse ? 1 : 0

    switch kind {
    case "weight_ih", "weight_hh":
      return try gates(
        tensor(name, [directions, rows, entry.shape[1]]), from: own * rows * entry.shape[1],
        size: hidden * entry.shape[1])
    case "bias_ih":
      return try gates(tensor("rnn.bias" + suffix, [directions, 2 * rows]), from: own * 2 * rows, size: hidden)
    case "bias_hh":
      return try gates(tensor("rnn.bias" + suffix, [directions, 2 * rows]), from: (own * 2 + 1) * rows, size: hidden)
    case "weight_hr":
      let values: [S] = try tensor(name, [directions] + entry.shape)
      return Array(values[own * entry.count..<(own + 1) * entry.count])
    case "vectors":
      guard !cell.peepholes.isEmpty else {
        let values: [S] = try tensor(name, [directions, 1, hidden])
        return Array(values[own * hidden..<(own + 1) * hidden])
      }
      let count = cell.peepholes.count
      let values: [S] = try tensor(name, [directions, count * hidden])
      return (0..<count).flatMap { vector in
        let start = (own * count + cell.peepholes.firstIndex(of: vector)!) * hidden
        return values[start..<start + hidden]
      }
    case "initial_state":
      let width = configuration.directionSize(ofLayer: layer)
      let h: [S] = try tensor("rnn.initial_h" + suffix, [directions, 1, width])
      var state = h[own * width..<(own + 1) * width] + [S](repeating: 0, count: hidden - width)
      if cell.hasCellState {
        let c: [S] = try tensor("rnn.initial_c" + suffix, [directions, 1, hidden])
        state += c[own * hidden..<(own + 1) * hidden]
      }
      return Array(state)
    default: throw missing(entry.name)
    }
  }

  private func missing(_ name: String) -> ONNXError {
    .invalidGraph(file: onnx.file, reason: "there is no parameter \"\(name)\"")
  }

  private func tensor<S: Scalar>(_ name: String, _ shape: [Int]) throws(ONNXError) -> [S] {
    guard let tensor = onnx.initializers[name] else { throw missing(name) }
    guard tensor.shape == shape, tensor.type == .float || tensor.type == .double else {
      throw .invalidTensor(
        file: onnx.file, tensor: name,
        reason: "expected floating-point numbers of shape \(shape), got \(tensor.type) \(tensor.shape)")
    }
    return tensor.converted(to: S.self)
  }

  /// Blocks of `size` scalars in the order of our gates.
  private func gates<S: Scalar>(_ values: [S], from start: Int, size: Int) -> [S] {
    let count = configuration.cell.structure.gateCount
    return (0..<count).flatMap { gate in
      if let block = cell.blocks.firstIndex(of: .gate(gate)) {
        return Array(values[start + block * size..<start + (block + 1) * size])
      }
      let block = cell.blocks.firstIndex(of: .negated(gate))!
      return values[start + block * size..<start + (block + 1) * size].map { -$0 }
    }
  }
}
