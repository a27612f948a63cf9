public import Recurrent
internal import Storage

extension ONNXModel {
  /// Runs the graph.
  /// - Parameters:
  ///   - inputs: a tensor for each of `inputs` by name, and for any of `defaultedInputs`.
  ///   - products: who multiplies in recurrent layers; by `.automatic` packed kernels.
  ///   - threads: workers for recurrent layers; 0: one for each processor. Results do not depend on it.
  /// - Returns: a tensor for each of `outputs` by name.
  /// - Throws: `ONNXError` where inputs do not fit, or a node's do not, or the memory does not suffice.
  public func run(
    _ inputs: [String: ONNXTensor], products: Products = .automatic, threads: Int = 0
  ) throws(ONNXError) -> [String: ONNXTensor] {
    let ports = self.inputs + defaultedInputs
    for name in inputs.keys.sorted() where !ports.contains(where: { $0.name == name }) {
      throw .invalidInput(
        file: file, input: name, reason: "there is no such input; there are \(ports.map(\.name).prefix(16))")
    }
    var values = initializers
    for port in ports {
      guard let tensor = inputs[port.name] else {
        if initializers[port.name] != nil { continue }
        throw .invalidInput(file: file, input: port.name, reason: "it is missing")
      }
      guard port.accepts(tensor) else {
        throw .invalidInput(
          file: file, input: port.name, reason: "expected \(port.typeText), got \(tensor.type) \(tensor.shape)")
      }
      values[port.name] = tensor
    }
    try run(nodes, &values, products: products, threads: threads)
    var results: [String: ONNXTensor] = [:]
    for output in outputs { results[output.name] = values[output.name] }
    return results
  }

  /// Runs nodes in their order. A value is dropped after its last reader.
  private func run(
    _ nodes: [Node], _ values: inout [String: ONNXTensor], products: Products, threads: Int
  ) throws(ONNXError) {
    var lastReader: [String: Int] = [:]
    for (position, node) in nodes.enumerated() {
      for name in node.inputs + node.outputs { lastReader[name] = position }
    }
    for output in outputs { lastReader[output.name] = nodes.count }
    var live = values.values.reduce(0) { $0 + $1.byteCount }
    // What is not there cannot be allocated, whatever the limit.
    let limit = min(memoryLimit, live + SystemMemory.available())
    for (position, node) in nodes.enumerated() {
      let call = Call(
        node: node, inputs: node.inputs.map { values[$0] }, room: max(0, limit - live),
        products: products, threads: threads)
      let results = try call.run()
      for (name, result) in zip(node.outputs, results) where !name.isEmpty {
        guard let result else { throw node.invalid("output \"\(name)\" is not computed") }
        values[name] = result
        live += result.byteCount
      }
      for name in Set(node.inputs + node.outputs) where lastReader[name] == position {
        if let dropped = values.removeValue(forKey: name) { live -= dropped.byteCount }
      }
    }
  }
}

extension ONNXModel.Port {
  package func accepts(_ tensor: ONNXTensor) -> Bool {
    guard tensor.type == type, tensor.shape.count <= Shape.maximumRank, Shape.count(tensor.shape) != nil else {
      return false
    }
    guard let shape else { return true }
    return shape.count == tensor.shape.count && zip(shape, tensor.shape).allSatisfy { $0 == nil || $0 == $1 }
  }

  /// As `float [?, 4, 3]`.
  package var typeText: String {
    guard let shape else { return "\(type)" }
    return "\(type) [\(shape.map { $0.map { "\($0)" } ?? "?" }.joined(separator: ", "))]"
  }
}
