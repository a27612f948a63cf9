import Testing

import RecurrentONNX

/// Files that are damaged, or ask for what is not supported: a typed error that says what and where, and never a trap.
@Suite struct BadInputTests {
  /// An LSTM of 2 units on 3 features and a linear layer.
  private func model() -> ONNXBytes {
    var graph = ONNXBytes()
    graph.input("x", .float, [nil, 2, 3])
    graph.add("w", ONNXTensor(zeros: .float, shape: [1, 8, 3]))
    graph.add("r", ONNXTensor(zeros: .float, shape: [1, 8, 2]))
    graph.add("LSTM", ["x", "w", "r"], ["y", "h", "c"], name: "layer", ["hidden_size": .int(2)])
    graph.output("h")
    return graph
  }

  private func error(_ graph: ONNXBytes) throws -> ONNXError? {
    let bytes = try graph.bytes
    do throws(ONNXError) {
      _ = try ONNXModel(bytes: bytes, file: "bad.onnx")
      return nil
    } catch { return error }
  }

  @Test func theModelIsRightAsItStands() throws {
    let h = try model().run(["x": ONNXTensor(zeros: .float, shape: [4, 2, 3])])["h"]
    #expect(h == ONNXTensor(zeros: .float, shape: [1, 2, 2]))
  }

  @Test func externalDataAreRefusedByName() throws {
    for isOnlyMarked in [true, false] {
      var graph = model()
      graph.model.graph.initializer[1].floatData = []
      if isOnlyMarked {
        graph.model.graph.initializer[1].dataLocation = .external
      } else {
        var entry = ONNXStringStringEntryProto()
        (entry.key, entry.value) = ("location", "../../etc/passwd")
        graph.model.graph.initializer[1].externalData = [entry]
      }
      #expect(try error(graph) == .externalData(file: "bad.onnx", tensor: "r"))
    }
  }

  @Test func operatorsAreRefusedByName() throws {
    var graph = model()
    graph.add("Frobnicate", ["h"], ["z"], name: "last")
    #expect(try error(graph) == .unsupportedOperator(file: "bad.onnx", node: "\"last\" (Frobnicate)", domain: ""))
    graph = model()
    graph.add("LSTM", ["x", "w", "r"], ["z"], domain: "com.example")
    #expect(try error(graph) == .unsupportedOperator(file: "bad.onnx", node: "#1 (LSTM)", domain: "com.example"))
  }

  @Test func otherPartsAreRefusedByName() throws {
    var graph = model()
    var function = ONNXFunctionProto()
    (function.name, function.domain) = ("twice", "local")
    graph.model.functions = [function]
    #expect(try error(graph) == .unsupported(file: "bad.onnx", what: "the function \"twice\" of domain \"local\""))
    graph = model()
    var sparse = ONNXSparseTensorProto()
    sparse.values.name = "s"
    graph.model.graph.sparseInitializer = [sparse]
    #expect(try error(graph) == .unsupported(file: "bad.onnx", what: "the sparse initializer \"s\""))
    graph = model()
    var attribute = ONNXAttributeProto()
    (attribute.name, attribute.type) = ("body", .graph)
    graph.model.graph.node[0].attribute.append(attribute)
    #expect(
      try error(graph) == .unsupported(file: "bad.onnx", what: "the subgraph body of node \"layer\" (LSTM)"))
  }

  @Test func versionsAreChecked() throws {
    var graph = model()
    graph.model.irVersion = 99
    #expect(
      try error(graph)
        == .unsupportedVersion(file: "bad.onnx", what: "IR version", found: 99, supported: ONNXModel.irVersions))
    graph = model()
    graph.model.opsetImport[0].version = 1000
    #expect(
      try error(graph)
        == .unsupportedVersion(file: "bad.onnx", what: "operator set", found: 1000, supported: ONNXModel.operatorSets))
    graph.model.opsetImport = []
    #expect(try error(graph) != nil)
  }

  @Test func graphsAreChecked() throws {
    func message(_ change: (inout ONNXBytes) -> Void) throws -> String {
      var graph = model()
      change(&graph)
      return try error(graph)?.description ?? ""
    }
    #expect(try message { $0.model.graph.node[0].input[0] = "z" }.contains("\"z\" is not given"))
    #expect(try message { $0.model.graph.node[0].output[0] = "x" }.contains("\"x\" has been given before"))
    #expect(try message { $0.output("z") }.contains("nothing gives the output \"z\""))
    #expect(try message { $0.model.graph.output = [] }.contains("no output"))
    #expect(try message { $0.add("w", ONNXTensor(zeros: .float, shape: [1])) }.contains("two initializers \"w\""))
    #expect(try message { $0.input("x", .float, nil) }.contains("two inputs \"x\""))
    #expect(try message { $0.model.graph.node[0].input = ["x"] }.contains("expected 3 to 8 inputs, got 1"))
    #expect(try message { $0.model.graph.node[0].attribute[0].name = "x" }.contains("attribute x: it is not supported"))
    #expect(try message { $0.model.clearGraph() }.contains("it has no graph"))
    // In the wrong order.
    #expect(
      try message { graph in
        graph.add("Identity", ["h"], ["z"])
        graph.model.graph.node.swapAt(0, 1)
      }.contains("\"h\" is not given"))
  }

  @Test func tensorsAreChecked() throws {
    func message(_ change: (inout ONNXTensorProto) -> Void) throws -> String {
      var graph = model()
      change(&graph.model.graph.initializer[0])
      return try error(graph)?.description ?? ""
    }
    #expect(try message { $0.dims = [1, 8, 4] }.contains("has 32 values, got 24"))
    #expect(try message { $0.dims = [1, 8, -3] }.contains("makes no sense"))
    #expect(try message { $0.dims = [.max, .max, .max] }.contains("makes no sense"))
    #expect(try message { $0.dims = [0, .max, .max] }.contains("makes no sense"))
    #expect(try message { $0.dims = [Int64](repeating: 1, count: 9) }.contains("9 dimensions"))
    #expect(try message { $0.dataType = 8 }.contains("string are not supported"))
    #expect(try message { $0.dataType = 77 }.contains("type 77"))
    #expect(try message { $0.dataType = 0 }.contains("no type"))
    #expect(try message { $0.dataType = 11 }.contains("stand in float_data"))
    #expect(try message { $0.rawData = .init([1, 2, 3, 4]) }.contains("twice"))
    #expect(
      try message { tensor in
        tensor.floatData = []
        tensor.rawData = .init([1, 2, 3])
      }.contains("takes 96 bytes, got 3"))
  }

  @Test func runsAreChecked() throws {
    func message(_ inputs: [String: ONNXTensor], _ change: (inout ONNXBytes) -> Void = { _ in }) throws -> String {
      var graph = model()
      change(&graph)
      let bytes = try graph.bytes
      do throws(ONNXError) {
        _ = try ONNXModel(bytes: bytes, file: "bad.onnx").run(inputs)
        return ""
      } catch { return error.description }
    }
    let x = ["x": ONNXTensor(zeros: .float, shape: [4, 2, 3])]
    #expect(try message([:]).contains("input \"x\": it is missing"))
    #expect(try message(x.merging(["z": x["x"]!]) { $1 }).contains("input \"z\": there is no such input"))
    #expect(try message(["x": ONNXTensor(zeros: .float, shape: [4, 3, 3])]).contains("expected float [?, 2, 3]"))
    #expect(try message(["x": ONNXTensor(zeros: .double, shape: [4, 2, 3])]).contains("got double"))
    for (name, value) in [
      ("hidden_size", Attribute.int(3)), ("direction", .string("sideways")), ("direction", .string("bidirectional")),
      ("clip", .float(-1)), ("clip", .float(.nan)), ("activations", .strings(["Tanh"])), ("layout", .int(2)),
      ("activations", .strings(["Sigmoid", "Tanh", "Cosine"])), ("clip", .string("1")),
    ] {
      let text = try message(x) { graph in
        graph.model.graph.node = []
        graph.add("LSTM", ["x", "w", "r"], ["y", "h", "c"], name: "layer", [name: value])
      }
      #expect(text.contains("node \"layer\" (LSTM)"), "\(name) \(value)")
    }
    #expect(
      try message(x) { $0.model.graph.initializer[1].dims = [1, 16, 1] }
        .contains("hidden_size: 2, but R is of shape [1, 16, 1]"))
    #expect(
      try message(x) { graph in
        graph.add("lengths", ONNXTensor(shape: [2], [4, 5] as [Int32]))
        graph.model.graph.node[0].input += ["", "lengths"]
      }.contains("2 lengths of 0 to 4"))
  }

  @Test func resultsThatDoNotFitAreRefused() throws {
    for shape: [Int64] in [
      [1 << 40], [1 << 31, 1 << 31, 1 << 31], [1 << 20, 1 << 20], [.max, .max, 0], [3000, 3000],
    ] {
      var graph = ONNXBytes()
      graph.add("shape", ONNXTensor(shape: [shape.count], shape))
      graph.add("ConstantOfShape", ["shape"], ["y"])
      graph.output("y")
      let made = graph
      #expect(throws: ONNXError.self) { try made.run() }
    }
    // One that is empty is made at once, however long its other axes.
    var graph = ONNXBytes()
    graph.add("shape", ONNXTensor(shape: [2], [1 << 40, 0] as [Int64]))
    graph.add("ConstantOfShape", ["shape"], ["a"])
    graph.add("Transpose", ["a"], ["b"])
    graph.add("Concat", ["a", "a"], ["y"], ["axis": .int(1)])
    graph.output("y")
    #expect(try graph.run()["y"]?.shape == [1 << 40, 0])
  }

  // MARK: Any bytes

  /// What a fuzzer calls, too: nothing but an `ONNXError` may come out.
  private func feed(_ bytes: [UInt8]) throws -> Bool {
    guard var model = try? ONNXModel(bytes: bytes, file: "fuzz.onnx") else { return false }
    model.memoryLimit = 1 << 20
    var inputs: [String: ONNXTensor] = [:]
    for port in model.inputs {
      let shape = (port.shape ?? []).map { $0 ?? 2 }
      guard let count = Shape.count(shape), count <= 1 << 12 else { return true }
      inputs[port.name] = ONNXTensor(zeros: port.type, shape: shape)
    }
    _ = try? model.run(inputs, threads: 1)
    return true
  }

  @Test func everyLengthOfAFile() throws {
    for name in ["Runtime/lstm_input_forget_peepholes", "PyTorch/script_gru_last"] {
      let bytes = try #require(try? Case(name).bytes)
      for count in 0..<bytes.count { _ = try feed(Array(bytes[..<count])) }
      #expect(try feed(bytes))
    }
  }

  @Test(arguments: [
    "Runtime/gru_ragged_bidirectional", "PyTorch/dynamo_lstm_final_both", "PyTorch/script_lstm_embedding",
  ])
  func changedBytes(_ name: String) throws {
    let bytes = try Case(name).bytes
    var generator = SplitMix(state: 11)
    var read = 0
    for _ in 0..<400 {
      var changed = bytes
      for _ in 0..<(1 + Int(abs(generator.next()) * 3)) {
        let place = Int(abs(generator.next()) * Double(bytes.count))
        changed[place] = UInt8(truncatingIfNeeded: Int(abs(generator.next()) * 256))
      }
      if try feed(changed) { read += 1 }
    }
    // Most changes hit weights, and are not to be noticed.
    #expect(read > 100)
  }
}
