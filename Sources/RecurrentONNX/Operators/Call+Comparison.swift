/// Operators that make and use masks, and the numbers to compare with.
extension Call {
  /// Less, Greater or Equal of two tensors of numbers of one type, broadcast to each other.
  package func comparison() throws(ONNXError) -> ONNXTensor {
    let (a, b) = (try required(0), try required(1))
    guard a.type == b.type, let shape = Shape.broadcast(a.shape, b.shape) else {
      throw node.invalid("\(a.type) \(a.shape) and \(b.type) \(b.shape) do not fit together")
    }
    try count(of: shape)
    switch (a.broadcast(to: shape).values, b.broadcast(to: shape).values) {
    case (.float(let x), .float(let y)): return ONNXTensor(shape: shape, compare(x, y))
    case (.double(let x), .double(let y)): return ONNXTensor(shape: shape, compare(x, y))
    case (.int32(let x), .int32(let y)): return ONNXTensor(shape: shape, compare(x, y))
    case (.int64(let x), .int64(let y)): return ONNXTensor(shape: shape, compare(x, y))
    case (.bool(let x), .bool(let y)) where node.kind == .equal:
      return ONNXTensor(shape: shape, zip(x, y).map { $0 == $1 })
    default: throw node.invalid("truth values have no order")
    }
  }

  private func compare<Value: Comparable>(_ x: [Value], _ y: [Value]) -> [Bool] {
    switch node.kind {
    case .less: zip(x, y).map { $0 < $1 }
    case .greater: zip(x, y).map { $0 > $1 }
    default: zip(x, y).map { $0 == $1 }
    }
  }

  /// One of two tensors, element by element; all three broadcast to each other.
  package func choice() throws(ONNXError) -> ONNXTensor {
    let (condition, a, b) = (try required(0), try required(1), try required(2))
    guard case .bool = condition.values else {
      throw node.invalid("the condition must be truth values; it is \(condition.type)")
    }
    guard a.type == b.type, let pair = Shape.broadcast(a.shape, b.shape),
      let shape = Shape.broadcast(condition.shape, pair)
    else {
      throw node.invalid(
        "\(condition.shape), \(a.type) \(a.shape) and \(b.type) \(b.shape) do not fit together")
    }
    try count(of: shape)
    guard case .bool(let chosen) = condition.broadcast(to: shape).values else { return a }
    switch (a.broadcast(to: shape).values, b.broadcast(to: shape).values) {
    case (.float(let x), .float(let y)): return ONNXTensor(shape: shape, choose(chosen, x, y))
    case (.double(let x), .double(let y)): return ONNXTensor(shape: shape, choose(chosen, x, y))
    case (.int32(let x), .int32(let y)): return ONNXTensor(shape: shape, choose(chosen, x, y))
    case (.int64(let x), .int64(let y)): return ONNXTensor(shape: shape, choose(chosen, x, y))
    case (.bool(let x), .bool(let y)): return ONNXTensor(shape: shape, choose(chosen, x, y))
    default: throw node.invalid("\(a.type) and \(b.type) do not fit together")
    }
  }

  private func choose<Value>(_ chosen: [Bool], _ x: [Value], _ y: [Value]) -> [Value] {
    chosen.indices.map { chosen[$0] ? x[$0] : y[$0] }
  }

  /// Integers from a start, by a step, to before an end.
  package func range() throws(ONNXError) -> ONNXTensor {
    var numbers: [Int] = []
    for index in 0..<3 {
      guard let values = try integers(index), values.count == 1, try required(index).type == required(0).type else {
        throw node.invalid("start, end and step must be one integer each, of one type; others are not supported")
      }
      numbers.append(values[0])
    }
    let (start, end, step) = (numbers[0], numbers[1], numbers[2])
    guard step != 0 else { throw node.invalid("a step of 0") }
    let (distance, overflow) = end.subtractingReportingOverflow(start)
    guard !overflow, distance != .min, step != .min else {
      throw node.invalid("a range from \(start) to \(end) by \(step)")
    }
    let isEmpty = distance == 0 || (distance > 0) != (step > 0)
    let count = try count(of: [isEmpty ? 0 : Int((distance.magnitude - 1) / step.magnitude) + 1])
    // The last one lies before the end: no overflow.
    let values = (0..<count).map { start + $0 * step }
    if case .int32 = try required(0).values { return ONNXTensor(shape: [count], values.map { Int32($0) }) }
    return ONNXTensor(shape: [count], values.map { Int64($0) })
  }
}
