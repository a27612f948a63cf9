import Recurrent
import Testing

import RecurrentONNX

/// The operators with which exported graphs leave out the steps past the ends of sequences.
@Suite struct ExportMaskTests {
  private func run(_ type: String, _ inputs: [ONNXTensor]) throws -> ONNXTensor {
    var graph = ONNXBytes(opset: 17)
    for (index, tensor) in inputs.enumerated() { graph.add("i\(index)", tensor) }
    graph.add(type, inputs.indices.map { "i\($0)" }, ["o"], [:])
    graph.output("o")
    return try #require(graph.run()["o"])
  }

  private func number(_ value: Int64) -> ONNXTensor { ONNXTensor(shape: [], [value]) }

  @Test func comparisons() throws {
    let column = ONNXTensor(shape: [3, 1], [0, 1, 2] as [Int64])
    let row = ONNXTensor(shape: [2], [1, 2] as [Int64])
    #expect(try run("Less", [column, row]) == ONNXTensor(shape: [3, 2], [true, true, false, true, false, false]))
    #expect(
      try run("Greater", [column, row]) == ONNXTensor(shape: [3, 2], [false, false, false, false, true, false]))
    #expect(try run("Equal", [column, row]) == ONNXTensor(shape: [3, 2], [false, false, true, false, false, true]))
    let numbers = ONNXTensor(shape: [2], [.nan, 1] as [Float])
    #expect(try run("Equal", [numbers, numbers]) == ONNXTensor(shape: [2], [false, true]))
    #expect(throws: ONNXError.self) { try run("Less", [column, numbers]) }
    let flags = ONNXTensor(shape: [2], [true, false])
    #expect(try run("Equal", [flags, flags]) == ONNXTensor(shape: [2], [true, true]))
    #expect(throws: ONNXError.self) { try run("Less", [flags, flags]) }
    #expect(throws: ONNXError.self) { try run("Less", [column, ONNXTensor(shape: [2, 2], [1, 2, 3, 4] as [Int64])]) }
  }

  @Test func choices() throws {
    let condition = ONNXTensor(shape: [2, 1], [true, false])
    let values = ONNXTensor(shape: [2, 2], [1, .nan, .infinity, 4] as [Float])
    let other = ONNXTensor(shape: [], [0] as [Float])
    let chosen = try run("Where", [condition, values, other])
    #expect(chosen.shape == [2, 2])
    #expect(chosen.floats[0] == 1 && chosen.floats[1].isNaN && chosen.floats[2...] == [0, 0])
    #expect(throws: ONNXError.self) { try run("Where", [other, values, other]) }
    #expect(throws: ONNXError.self) { try run("Where", [condition, values, ONNXTensor(shape: [], [0] as [Double])]) }
  }

  /// NumPy's results of the same ranges.
  @Test(
    arguments: [
      (0, 3, 1, [0, 1, 2]), (0, 5, 2, [0, 2, 4]), (5, 0, -2, [5, 3, 1]), (3, 3, 1, []), (3, 0, 1, []), (0, 3, -1, []),
      (Int64.max - 1, .max, .max, [.max - 1]),
    ] as [(Int64, Int64, Int64, [Int64])])
  func ranges(start: Int64, end: Int64, step: Int64, expected: [Int64]) throws {
    let range = try run("Range", [number(start), number(end), number(step)])
    #expect(range == ONNXTensor(shape: [expected.count], expected))
  }

  @Test(arguments: [(0, 1, 0), (.min, .max, 1), (0, .min, -1), (0, .max, 1), (0, -1, .min)] as [(Int64, Int64, Int64)])
  func impossibleRanges(start: Int64, end: Int64, step: Int64) throws {
    #expect(throws: ONNXError.self) { try run("Range", [number(start), number(end), number(step)]) }
  }
}
