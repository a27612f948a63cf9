import Testing

import RecurrentONNX

/// The operators around recurrent layers, on numbers that can be computed by head.
@Suite struct OperatorTests {
  /// Runs one node on constants.
  private func run(
    _ type: String, _ inputs: [ONNXTensor?], opset: Int64 = 17, _ attributes: [String: Attribute] = [:],
    outputs: Int = 1
  ) throws -> [ONNXTensor] {
    var graph = ONNXBytes(opset: opset)
    for (index, tensor) in inputs.enumerated() {
      if let tensor { graph.add("i\(index)", tensor) }
    }
    let names = (0..<outputs).map { "o\($0)" }
    graph.add(type, inputs.indices.map { inputs[$0] == nil ? "" : "i\($0)" }, names, attributes)
    for name in names { graph.output(name) }
    let results = try graph.run()
    return names.map { results[$0]! }
  }

  private let matrix = ONNXTensor(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Float])

  private func list(_ values: Int64...) -> ONNXTensor { ONNXTensor(shape: [values.count], values) }

  @Test func orders() throws {
    #expect(try run("Transpose", [matrix])[0] == ONNXTensor(shape: [3, 2], [1, 4, 2, 5, 3, 6] as [Float]))
    let cube = ONNXTensor(shape: [2, 1, 3], (0..<6).map { Int64($0) })
    #expect(
      try run("Transpose", [cube], ["perm": .ints([2, 0, 1])])[0]
        == ONNXTensor(shape: [3, 2, 1], [0, 3, 1, 4, 2, 5] as [Int64]))
    #expect(
      try run("Gather", [matrix, ONNXTensor(shape: [], [Int64(-1)])], ["axis": .int(1)])[0]
        == ONNXTensor(shape: [2], [3, 6] as [Float]))
    #expect(
      try run("Gather", [matrix, ONNXTensor(shape: [1, 2], [1, 0] as [Int64])])[0]
        == ONNXTensor(shape: [1, 2, 3], [4, 5, 6, 1, 2, 3] as [Float]))
    #expect(
      try run("Concat", [matrix, matrix], ["axis": .int(-1)])[0]
        == ONNXTensor(shape: [2, 6], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6] as [Float]))
    let parts = try run("Split", [matrix, list(1, 2)], ["axis": .int(1)], outputs: 2)
    #expect(
      parts == [ONNXTensor(shape: [2, 1], [1, 4] as [Float]), ONNXTensor(shape: [2, 2], [2, 3, 5, 6] as [Float])])
    #expect(
      try run("Expand", [ONNXTensor(shape: [2, 1], [1, 2] as [Float]), list(3, 1, 2)])[0]
        == ONNXTensor(shape: [3, 2, 2], [1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2] as [Float]))
  }

  /// NumPy's results of the same slices.
  @Test func slices() throws {
    let row = ONNXTensor(shape: [5], (0..<5).map { Int64($0) })
    let cases: [(Int64, Int64, Int64, [Int64])] = [
      (1, 3, 1, [1, 2]), (-2, .max, 1, [3, 4]), (0, 5, 2, [0, 2, 4]), (-1, .min, -1, [4, 3, 2, 1, 0]),
      (3, 0, -2, [3, 1]), (4, 1, 1, []), (0, 5, .max, [0]), (4, .min, .min, [4]), (.min, .max, 1, [0, 1, 2, 3, 4]),
    ]
    for (start, end, step, expected) in cases {
      let result = try run("Slice", [row, list(start), list(end), list(0), list(step)])[0]
      #expect(result == ONNXTensor(shape: [expected.count], expected), "\(start):\(end):\(step)")
    }
    #expect(
      try run("Slice", [matrix], opset: 9, ["starts": .ints([1]), "ends": .ints([3]), "axes": .ints([1])])[0]
        == ONNXTensor(shape: [2, 2], [2, 3, 5, 6] as [Float]))
  }

  @Test func rangesAreOfOneType() throws {
    let (zero, end, step) = (ONNXTensor(shape: [], [Int32(0)]), list(1 << 40), list(1 << 39))
    #expect(throws: ONNXError.self) { try run("Range", [zero, end, step]) }
    #expect(try run("Range", [list(0), end, step])[0] == list(0, 1 << 39))
  }

  @Test func shapes() throws {
    #expect(try run("Shape", [matrix])[0] == list(2, 3))
    #expect(try run("Shape", [matrix], ["start": .int(-1)])[0] == list(3))
    #expect(try run("Reshape", [matrix, list(0, -1, 1)])[0].shape == [2, 3, 1])
    #expect(try run("Squeeze", [ONNXTensor(shape: [1, 2, 1], [1, 2] as [Float]), list(-1)])[0].shape == [1, 2])
    #expect(try run("Squeeze", [ONNXTensor(shape: [1, 2, 1], [1, 2] as [Float])])[0].shape == [2])
    #expect(try run("Unsqueeze", [matrix], opset: 11, ["axes": .ints([0, 3])])[0].shape == [1, 2, 3, 1])
    #expect(try run("Flatten", [ONNXTensor(zeros: .float, shape: [2, 3, 4])], ["axis": .int(2)])[0].shape == [6, 4])
    #expect(try run("ConstantOfShape", [list(2, 0)])[0] == ONNXTensor(zeros: .float, shape: [2, 0]))
    #expect(
      try run("ConstantOfShape", [list(2)], ["value": .tensor(list(7))])[0] == list(7, 7))
    #expect(
      try run(
        "OneHot", [list(2, 0, -1), ONNXTensor(shape: [], [Int64(3)]), ONNXTensor(shape: [2], [0, 1] as [Float])])[0]
        == ONNXTensor(shape: [3, 3], [0, 0, 1, 1, 0, 0, 0, 0, 1] as [Float]))
  }

  @Test func arithmetic() throws {
    let column = ONNXTensor(shape: [2, 1], [10, 20] as [Float])
    #expect(try run("Add", [matrix, column])[0] == ONNXTensor(shape: [2, 3], [11, 12, 13, 24, 25, 26] as [Float]))
    #expect(try run("Mul", [list(3, 4), list(5, 6)])[0] == list(15, 24))
    #expect(try run("Div", [list(7, .min), list(2, -1)])[0] == list(3, .min))
    #expect(throws: ONNXError.self) { try run("Div", [list(7), list(0)]) }
    #expect(
      try run("Cast", [ONNXTensor(shape: [3], [1.9, -.infinity, .nan] as [Float])], ["to": .int(7)])[0]
        == list(1, .min, 0))
    #expect(
      try run("ReduceMean", [matrix], ["axes": .ints([0]), "keepdims": .int(0)])[0]
        == ONNXTensor(shape: [3], [2.5, 3.5, 4.5] as [Float]))
    #expect(try run("ReduceMax", [matrix], ["axes": .ints([1])])[0] == ONNXTensor(shape: [2, 1], [3, 6] as [Float]))
    #expect(try run("ReduceSum", [matrix, list(0, 1)])[0] == ONNXTensor(shape: [1, 1], [21] as [Float]))
    let dropped = try run("Dropout", [matrix], outputs: 2)
    #expect(dropped[0] == matrix && dropped[1] == ONNXTensor(shape: [2, 3], [Bool](repeating: true, count: 6)))
  }

  @Test func products() throws {
    let weights = ONNXTensor(shape: [3, 2], [1, 0, 0, 1, 1, 1] as [Float])
    let product = ONNXTensor(shape: [2, 2], [4, 5, 10, 11] as [Float])
    #expect(try run("MatMul", [matrix, weights])[0] == product)
    #expect(try run("MatMul", [matrix.reshaped([2, 1, 3]), weights])[0] == product.reshaped([2, 1, 2]))
    // Two matrices, each with its own.
    let both = ONNXTensor(shape: [2, 3, 1], [1, 0, 0, 0, 0, 1] as [Float])
    #expect(
      try run("MatMul", [matrix.reshaped([2, 1, 3]), both])[0] == ONNXTensor(shape: [2, 1, 1], [1, 6] as [Float]))
    #expect(
      try run("MatMul", [ONNXTensor(shape: [3], [1, 1, 1] as [Float]), weights])[0]
        == ONNXTensor(shape: [2], [2, 2] as [Float]))
    let gemm = try run(
      "Gemm", [matrix, weights, ONNXTensor(shape: [2], [1, 2] as [Float])], ["alpha": .float(2), "beta": .float(3)])
    #expect(gemm[0] == ONNXTensor(shape: [2, 2], [11, 16, 23, 28] as [Float]))
    let transposed = try run(
      "Gemm", [matrix.transposed([1, 0]), weights.transposed([1, 0])], ["transA": .int(1), "transB": .int(1)])
    #expect(transposed[0] == product)
  }

  @Test func softmaxBeforeAndAfterSet13() throws {
    let zeros = ONNXTensor(zeros: .double, shape: [1, 2, 3])
    #expect(try run("Softmax", [zeros])[0].doubles.allSatisfy { abs($0 - 1 / 3) < 1e-15 })
    #expect(try run("Softmax", [zeros], opset: 11)[0].doubles.allSatisfy { abs($0 - 1 / 6) < 1e-15 })
    let logs = try run("LogSoftmax", [ONNXTensor(shape: [2], [1000, 0] as [Double])])[0].doubles
    #expect(logs == [0, -1000])
  }

  @Test func halfPrecisionIsRead() {
    let cases: [(UInt16, Float)] = [
      (0x3C00, 1), (0xC000, -2), (0x7BFF, 65504), (0x0001, 0x1p-24), (0x03FF, 0x1.FF8p-15), (0x7C00, .infinity),
      (0xFC00, -.infinity), (0x8000, 0), (0x3555, 0x1.554p-2),
    ]
    for (bits, value) in cases { #expect(Float(halfBits: bits) == value) }
    #expect(Float(halfBits: 0x7E00).isNaN)
  }
}
