import RecurrentONNX

extension FuzzEntries {
  /// An ONNX file, and a run of its graph on zeros of the shapes that it wants; sizes that it leaves open are 2.
  @Sendable package static func onnx(_ bytes: [UInt8]) {
    var model: ONNXModel
    do { model = try ONNXModel(bytes: bytes, file: "input") } catch {
      precondition(!error.description.contains("\n"), "a message of several lines: \(error)")
      return
    }
    // So that a small file cannot ask for much: the limit holds for all tensors of the run together.
    model.memoryLimit = 1 << 18
    var inputs: [String: ONNXTensor] = [:]
    for port in model.inputs {
      let shape = (port.shape ?? [2, 2, 2]).map { $0 ?? 2 }
      guard shape.allSatisfy({ (0...64).contains($0) }), shape.count <= 6, shape.reduce(1, *) <= 4096 else { return }
      inputs[port.name] = ONNXTensor(zeros: port.type, shape: shape)
    }
    do { _ = try model.run(inputs, threads: 1) } catch {
      precondition(!error.description.contains("\n"), "a message of several lines: \(error)")
    }
  }
}
