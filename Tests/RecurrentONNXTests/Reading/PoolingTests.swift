import Recurrent
import SwiftProtobuf
import Testing

import RecurrentONNX

/// Graphs of other programs whose head reads the mean or the maximum over the steps.
@Suite struct PoolingTests {
  /// A GRU, pooled over its steps, and a linear layer.
  private func graph(_ pooling: String, axis: Int64 = 0, keeps: Bool = false, hasLengths: Bool = false) throws
    -> ONNXBytes
  {
    func noise(_ shape: [Int]) -> ONNXTensor {
      var generator = SplitMix(state: UInt64(shape.count + shape[0]))
      return ONNXTensor(shape: shape, (0..<shape.reduce(1, *)).map { _ in Float(generator.next()) })
    }
    var bytes = ONNXBytes()
    bytes.input("x", .float, [nil, nil, 3])
    if hasLengths { bytes.input("lengths", .int32, [nil]) }
    bytes.add("w", noise([1, 12, 3]))
    bytes.add("r", noise([1, 12, 4]))
    bytes.add("b", noise([1, 24]))
    bytes.add("v", noise([4, 2]))
    bytes.add("one", ONNXTensor(shape: [1], [1] as [Int64]))
    bytes.add(
      "GRU", ["x", "w", "r", "b"] + (hasLengths ? ["lengths"] : []), ["y"],
      ["hidden_size": .int(4), "linear_before_reset": .int(1)])
    bytes.add("Squeeze", ["y", "one"], ["h"])
    bytes.add(pooling, ["h"], ["p"], name: "pool", ["axes": .ints([axis]), "keepdims": .int(keeps ? 1 : 0)])
    bytes.add("MatMul", [keeps ? "q" : "p", "v"], ["z"])
    if keeps {
      let last = bytes.model.graph.node.removeLast()
      bytes.add("zero", ONNXTensor(shape: [1], [0] as [Int64]))
      bytes.add("Squeeze", ["p", "zero"], ["q"])
      bytes.model.graph.node.append(last)
    }
    bytes.output("z")
    return bytes
  }

  @Test(
    arguments: [("ReduceMean", ModelConfiguration.Head.meanOverSteps), ("ReduceMax", .maxOverSteps)], [true, false])
  func areRead(pooling: (name: String, head: ModelConfiguration.Head), keeps: Bool) throws {
    let onnx = try ONNXModel(bytes: graph(pooling.name, keeps: keeps).bytes, file: "test.onnx")
    let model = try Model<Double>(onnx)
    #expect(model.configuration.head == pooling.head && model.configuration.outputSize == 2)
    var generator = SplitMix(state: 3)
    let values = (0..<5 * 2 * 3).map { _ in Float(generator.next()) }
    let expected = try #require(try onnx.run(["x": ONNXTensor(shape: [5, 2, 3], values)])["z"])
    var pass = try InferencePass(model, steps: 5, batchSize: 2, threads: 1)
    let vectors = values.map { Double($0) }
    pass.run(vectors: vectors.span)
    // The graph is computed in single precision.
    for (ours, theirs) in zip(pass.outputs, expected.doubles) { #expect(abs(ours - theirs) < 1e-5) }
  }

  @Test func areRefusedWhereTheyPoolSomethingElse() throws {
    func reason(_ bytes: ONNXBytes) throws -> String {
      let onnx = try ONNXModel(bytes: bytes.bytes, file: "test.onnx")
      return #expect(throws: ONNXError.self) { try Model<Float>(onnx) }?.description ?? ""
    }
    #expect(
      try reason(graph("ReduceMean", axis: 2)).contains("\"pool\" (ReduceMean): it does not pool the steps alone"))
    #expect(try reason(graph("ReduceMax", hasLengths: true)).contains("steps after the end of a sequence"))
    #expect(try reason(graph("ReduceSum")).contains("\"pool\" (ReduceSum): no model of this package has such a node"))
  }
}
