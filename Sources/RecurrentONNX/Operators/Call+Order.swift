/// Operators that bring elements into another order, leave some out or repeat some.
extension Call {
  package func transpose() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let permutation = try node.ints("perm") ?? Array(data.shape.indices.reversed())
    guard permutation.sorted() == Array(data.shape.indices) else {
      throw node.invalid("perm", "\(permutation) for a tensor of shape \(data.shape)")
    }
    try count(of: data.shape)
    return data.transposed(permutation)
  }

  package func expand() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let wanted = try integers(1) ?? []
    guard wanted.allSatisfy({ $0 >= 0 }), let shape = Shape.broadcast(data.shape, wanted) else {
      throw node.invalid("shape \(data.shape) cannot be expanded to \(wanted)")
    }
    try count(of: shape)
    return data.broadcast(to: shape)
  }

  package func gather() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let picked = try required(1)
    guard !data.shape.isEmpty else { throw node.invalid("there is nothing to gather from a single number") }
    let axis = try axis(node.int("axis") ?? 0, of: data)
    guard let indices = picked.integers else {
      throw node.invalid("indices must be integers, they are \(picked.type)")
    }
    let size = data.shape[axis]
    var places: [Int] = []
    places.reserveCapacity(indices.count)
    for index in indices {
      guard index >= -size, index < size else { throw node.invalid("index \(index) of \(size)") }
      places.append(index < 0 ? index + size : index)
    }
    let shape = Array(data.shape[..<axis]) + picked.shape + Array(data.shape[(axis + 1)...])
    guard try count(of: shape) > 0 else { return ONNXTensor(zeros: data.type, shape: shape) }
    let outer = data.shape[..<axis].reduce(1, *)
    let inner = data.shape[(axis + 1)...].reduce(1, *)
    return data.pickingBlocks(of: inner, shape: shape) { append in
      for row in 0..<outer { for place in places { append(row * size + place) } }
    }
  }

  package func slice() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    guard let starts = try integers(1, or: "starts"), let ends = try integers(2, or: "ends") else {
      throw node.invalid("starts and ends are missing")
    }
    let axes = try integers(3, or: "axes") ?? Array(0..<starts.count)
    let steps = try integers(4) ?? [Int](repeating: 1, count: starts.count)
    guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count else {
      throw node.invalid("as many starts, ends, axes and steps are expected, got \(starts), \(ends), \(axes), \(steps)")
    }
    _ = try self.axes(axes, rank: data.shape.count)
    var shape = data.shape
    var strides = Shape.strides(data.shape)
    var first = 0
    for index in axes.indices {
      let axis = try axis(axes[index], of: data)
      let (size, step) = (data.shape[axis], steps[index])
      // A step longer than the axis takes one element, as does one of its size: so no product overflows.
      guard step != 0 else { throw node.invalid("a step of 0") }
      let stride = min(max(step, -size - 1), size + 1)
      /// From the end where negative, then kept within the axis.
      func place(_ value: Int, _ range: ClosedRange<Int>) -> Int {
        let counted = value < 0 ? value.addingReportingOverflow(size).partialValue : value
        return min(max(counted, range.lowerBound), range.upperBound)
      }
      let last = max(0, size - 1)
      let start = place(starts[index], step > 0 ? 0...size : 0...last)
      let end = place(ends[index], step > 0 ? 0...size : -1...last)
      let distance = step > 0 ? end - start + stride - 1 : start - end - stride - 1
      let length = size == 0 ? 0 : max(0, distance) / abs(stride)
      shape[axis] = length
      first += length > 0 ? start * strides[axis] : 0
      strides[axis] *= stride
    }
    try count(of: shape)
    return data.reading(StridedView(shape: shape, strides: strides, start: first))
  }

  package func concatenation() throws(ONNXError) -> ONNXTensor {
    var parts: [ONNXTensor] = []
    for index in inputs.indices { parts.append(try required(index)) }
    guard let wanted = try node.int("axis") else { throw node.invalid("axis", "it is missing") }
    let axis = try axis(wanted, of: parts[0])
    var shape = parts[0].shape
    for part in parts.dropFirst() {
      var rest = part.shape
      guard part.type == parts[0].type, rest.count == shape.count else {
        throw node.invalid("\(parts[0].type) \(parts[0].shape) and \(part.type) \(part.shape) cannot be joined")
      }
      shape[axis] += rest[axis]
      rest[axis] = shape[axis]
      guard rest == shape else {
        throw node.invalid("shapes \(parts[0].shape) and \(part.shape) cannot be joined on axis \(axis)")
      }
      try count(of: shape)
    }
    guard try count(of: shape) > 0 else { return ONNXTensor(zeros: parts[0].type, shape: shape) }
    return ONNXTensor.interleaving(parts, rows: shape[..<axis].reduce(1, *), shape: shape)
  }

  package func split() throws(ONNXError) -> [ONNXTensor?] {
    let data = try required(0)
    let axis = try axis(node.int("axis") ?? 0, of: data)
    let size = data.shape[axis]
    let parts = node.outputs.count
    let even = (size + parts - 1) / parts
    // The last part is the smaller one where the size is no multiple.
    let sizes =
      try integers(1, or: "split") ?? (0..<parts).map { max(0, min(even, size - $0 * even)) }
    guard sizes.count == parts, sizes.allSatisfy({ $0 >= 0 && $0 <= size }), sizes.reduce(0, +) == size else {
      throw node.invalid("\(size) cannot be split into \(parts) parts of \(sizes)")
    }
    try count(of: data.shape)
    let strides = Shape.strides(data.shape)
    var start = 0
    return sizes.map { length in
      defer { start += length }
      var shape = data.shape
      shape[axis] = length
      return data.reading(StridedView(shape: shape, strides: strides, start: start * strides[axis]))
    }
  }
}

extension ONNXTensor {
  /// Blocks of `width` elements, in the order in which `list` names their positions.
  /// - Precondition: every block lies in the tensor.
  fileprivate func pickingBlocks(of width: Int, shape: [Int], _ list: ((Int) -> Void) -> Void) -> ONNXTensor {
    func pick<Element>(_ source: [Element]) -> [Element] {
      var result: [Element] = []
      list { block in result += source[block * width..<(block + 1) * width] }
      return result
    }
    let picked: Values =
      switch values {
      case .float(let values): .float(pick(values))
      case .double(let values): .double(pick(values))
      case .int32(let values): .int32(pick(values))
      case .int64(let values): .int64(pick(values))
      case .bool(let values): .bool(pick(values))
      }
    return ONNXTensor(shape: shape, values: picked)
  }
}
