internal import Foundation

/// Operators that compute number by number.
extension Call {
  /// Add, Sub, Mul or Div of two tensors of one type, broadcast to each other.
  package func arithmetic() throws(ONNXError) -> ONNXTensor {
    let (a, b) = (try required(0), try required(1))
    guard a.type == b.type, let shape = Shape.broadcast(a.shape, b.shape) else {
      throw node.invalid("\(a.type) \(a.shape) and \(b.type) \(b.shape) do not fit together")
    }
    try count(of: shape)
    switch (a.broadcast(to: shape).values, b.broadcast(to: shape).values) {
    case (.float(let x), .float(let y)): return ONNXTensor(shape: shape, real(x, y))
    case (.double(let x), .double(let y)): return ONNXTensor(shape: shape, real(x, y))
    case (.int32(let x), .int32(let y)): return ONNXTensor(shape: shape, try integer(x, y))
    case (.int64(let x), .int64(let y)): return ONNXTensor(shape: shape, try integer(x, y))
    default: throw node.invalid("there is no arithmetic of truth values")
    }
  }

  private func real<S: BinaryFloatingPoint>(_ x: [S], _ y: [S]) -> [S] {
    switch node.kind {
    case .add: zip(x, y).map { $0 + $1 }
    case .subtract: zip(x, y).map { $0 - $1 }
    case .multiply: zip(x, y).map { $0 * $1 }
    default: zip(x, y).map { $0 / $1 }
    }
  }

  /// Wraps around, as ONNX's peers do.
  private func integer<I: FixedWidthInteger>(_ x: [I], _ y: [I]) throws(ONNXError) -> [I] {
    switch node.kind {
    case .add: return zip(x, y).map { $0 &+ $1 }
    case .subtract: return zip(x, y).map { $0 &- $1 }
    case .multiply: return zip(x, y).map { $0 &* $1 }
    default:
      guard !y.contains(0) else { throw node.invalid("a division by 0") }
      return zip(x, y).map { $0.dividedReportingOverflow(by: $1).partialValue }
    }
  }

  /// Tanh, Relu or Sigmoid.
  package func function() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    try count(of: data.shape)
    let activation = Activation(node.kind == .tanh ? .tanh : node.kind == .relu ? .relu : .sigmoid)
    switch data.values {
    case .float(let values): return ONNXTensor(shape: data.shape, values.map { activation.value($0) })
    case .double(let values): return ONNXTensor(shape: data.shape, values.map { activation.value($0) })
    default: throw node.invalid("expected floating-point numbers, got \(data.type)")
    }
  }

  package func cast() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    guard let wanted = try node.int("to") else { throw node.invalid("to", "it is missing") }
    try count(of: data.shape)
    switch ONNXTensorProto.DataType(rawValue: wanted) {
    case .float: return ONNXTensor(shape: data.shape, data.floats)
    case .double: return ONNXTensor(shape: data.shape, data.doubles)
    case .int32:
      return ONNXTensor(
        shape: data.shape,
        data.integers?.map { Int32(truncatingIfNeeded: $0) } ?? data.doubles.map { Int32(saturating: $0) })
    case .int64:
      return ONNXTensor(
        shape: data.shape, data.integers?.map { Int64($0) } ?? data.doubles.map { Int64(saturating: $0) })
    case .bool: return ONNXTensor(shape: data.shape, data.doubles.map { $0 != 0 })
    default: throw node.invalid("to", "numbers of type \(wanted) are not supported")
    }
  }

  /// The identity: dropout acts in training alone.
  package func dropout() throws(ONNXError) -> [ONNXTensor?] {
    let data = try required(0)
    if let training = optional(2), training.doubles.contains(where: { $0 != 0 }) {
      throw node.invalid("dropout in training mode is not run")
    }
    try count(of: data.shape)
    let mask = [Bool](repeating: true, count: node.wants(output: 1) ? data.count : 0)
    return [data, node.wants(output: 1) ? ONNXTensor(shape: data.shape, mask) : nil]
  }

  /// Softmax or LogSoftmax. Before operator set 13 over all axes from the one named on.
  package func softmax() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let axis = try axis(node.int("axis") ?? (node.version < 13 ? 1 : -1), of: data)
    guard try count(of: data.shape) > 0 else { return data }
    let size = node.version < 13 ? data.shape[axis...].reduce(1, *) : data.shape[axis]
    let inner = node.version < 13 ? 1 : data.shape[(axis + 1)...].reduce(1, *)
    switch data.values {
    case .float(let values): return ONNXTensor(shape: data.shape, softmax(values, size, inner))
    case .double(let values): return ONNXTensor(shape: data.shape, softmax(values, size, inner))
    default: throw node.invalid("expected floating-point numbers, got \(data.type)")
    }
  }

  /// Over `size` elements that are `inner` apart; sums in `Double`.
  private func softmax<S: BinaryFloatingPoint>(_ values: [S], _ size: Int, _ inner: Int) -> [S] {
    var result = values
    for outer in stride(from: 0, to: values.count, by: size * inner) {
      for column in outer..<outer + inner {
        var greatest = -Double.infinity
        for place in stride(from: column, to: column + size * inner, by: inner) {
          greatest = max(greatest, Double(values[place]))
        }
        var sum = 0.0
        for place in stride(from: column, to: column + size * inner, by: inner) {
          sum += exp(Double(values[place]) - greatest)
        }
        for place in stride(from: column, to: column + size * inner, by: inner) {
          let shifted = Double(values[place]) - greatest
          result[place] = S(node.kind == .softmax ? exp(shifted) / sum : shifted - log(sum))
        }
      }
    }
    return result
  }

  /// ReduceMean, ReduceMax or ReduceSum, in `Double`.
  package func reduction() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let given = try integers(1, or: "axes") ?? []
    if given.isEmpty, try node.flag("noop_with_empty_axes") { return data }
    let axes = try given.isEmpty ? Array(data.shape.indices) : axes(given, rank: data.shape.count)
    let keeps = try node.int("keepdims") ?? 1 != 0
    let kept = data.shape.indices.filter { !axes.contains($0) }
    let shape = keeps ? data.shape.indices.map { axes.contains($0) ? 1 : data.shape[$0] } : kept.map { data.shape[$0] }
    guard data.type == .float || data.type == .double else {
      throw node.invalid("expected floating-point numbers, got \(data.type)")
    }
    try count(of: data.shape)
    guard try count(of: shape) > 0, data.count > 0 else {
      guard node.kind == .reduceSum || Shape.count(shape) == 0 else { throw node.invalid("there is nothing to reduce") }
      return ONNXTensor(zeros: data.type, shape: shape)
    }
    let values = data.transposed(kept + axes).doubles
    let size = axes.reduce(1) { $0 * data.shape[$1] }
    let results = stride(from: 0, to: values.count, by: size).map { start in
      let part = values[start..<start + size]
      return switch node.kind {
      case .reduceMax: part.reduce(-.infinity) { $1.isNaN || $0.isNaN ? .nan : max($0, $1) }
      case .reduceMean: part.reduce(0, +) / Double(size)
      default: part.reduce(0, +)
      }
    }
    return data.type == .float
      ? ONNXTensor(shape: shape, results.map { Float($0) }) : ONNXTensor(shape: shape, results)
  }
}
