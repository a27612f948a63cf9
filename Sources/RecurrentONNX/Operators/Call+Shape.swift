/// Operators that change the shape alone, or tell it, and constants.
extension Call {
  package func reshape() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let wanted = try integers(1) ?? []
    let keepsZero = try node.flag("allowzero")
    guard wanted.count <= Shape.maximumRank, wanted.count(where: { $0 == -1 }) <= 1 else {
      throw node.invalid("\(wanted) is no shape")
    }
    var shape = wanted
    for (axis, size) in wanted.enumerated() where size == 0 && !keepsZero {
      guard axis < data.shape.count else {
        throw node.invalid("size \(axis) of \(wanted) is to be kept of shape \(data.shape)")
      }
      shape[axis] = data.shape[axis]
    }
    if let free = wanted.firstIndex(of: -1) {
      shape[free] = 1
      guard let known = Shape.count(shape), known > 0, data.count.isMultiple(of: known) else {
        throw node.invalid("shape \(data.shape) cannot become \(wanted)")
      }
      shape[free] = data.count / known
    }
    guard Shape.count(shape) == data.count else { throw node.invalid("shape \(data.shape) cannot become \(wanted)") }
    return data.reshaped(shape)
  }

  package func squeeze() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let given = try integers(1, or: "axes") ?? data.shape.indices.filter { data.shape[$0] == 1 }
    let axes = try axes(given, rank: data.shape.count)
    guard axes.allSatisfy({ data.shape[$0] == 1 }) else {
      throw node.invalid("axes \(given) of shape \(data.shape) are not all 1")
    }
    return data.reshaped(data.shape.indices.filter { !axes.contains($0) }.map { data.shape[$0] })
  }

  package func unsqueeze() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    guard let given = try integers(1, or: "axes") else { throw node.invalid("axes are missing") }
    let rank = data.shape.count + given.count
    guard rank <= Shape.maximumRank else {
      throw node.invalid("a result of \(rank) dimensions; at most \(Shape.maximumRank) are supported")
    }
    var shape = data.shape
    for axis in try axes(given, rank: rank) { shape.insert(1, at: axis) }
    return data.reshaped(shape)
  }

  package func flatten() throws(ONNXError) -> ONNXTensor {
    let data = try required(0)
    let wanted = try node.int("axis") ?? 1
    let rank = data.shape.count
    guard wanted >= -rank, wanted <= rank else { throw node.invalid("axis \(wanted) of shape \(data.shape)") }
    let axis = wanted < 0 ? wanted + rank : wanted
    guard let rows = Shape.count(Array(data.shape[..<axis])), let columns = Shape.count(Array(data.shape[axis...]))
    else { throw node.invalid("shape \(data.shape) cannot be flattened") }
    return data.reshaped([rows, columns])
  }

  package func shape() throws(ONNXError) -> ONNXTensor {
    let sizes = try required(0).shape
    func place(_ value: Int) -> Int { min(max(value < 0 ? value &+ sizes.count : value, 0), sizes.count) }
    let start = place(try node.int("start") ?? 0)
    let end = place(try node.int("end") ?? sizes.count)
    let part = start < end ? Array(sizes[start..<end]) : []
    return ONNXTensor(shape: [part.count], part.map { Int64($0) })
  }

  package func constant() throws(ONNXError) -> ONNXTensor {
    guard node.attributes.count == 1 else { throw node.invalid("expected one value, got \(node.attributes.count)") }
    if let value = try node.tensor("value") { return value }
    if let value = try node.float("value_float") { return ONNXTensor(shape: [], [value]) }
    if let value = try node.int("value_int") { return ONNXTensor(shape: [], [Int64(value)]) }
    if let values = try node.floats("value_floats") { return ONNXTensor(shape: [values.count], values) }
    let values = try node.ints("value_ints") ?? []
    return ONNXTensor(shape: [values.count], values.map { Int64($0) })
  }

  package func constantOfShape() throws(ONNXError) -> ONNXTensor {
    let shape = try integers(0) ?? []
    guard shape.allSatisfy({ $0 >= 0 }) else { throw node.invalid("\(shape) is no shape") }
    let value = try node.tensor("value") ?? ONNXTensor(shape: [1], [Float(0)])
    guard value.count == 1 else { throw node.invalid("value", "expected one number, got \(value.count)") }
    let count = try count(of: shape)
    return value.reshaped([]).broadcast(to: count == 0 ? [0] : shape).reshaped(shape)
  }

  /// [off, on] with on at the index, on a new axis.
  package func oneHot() throws(ONNXError) -> ONNXTensor {
    let indices = try required(0)
    let depths = try required(1)
    let values = try required(2)
    guard depths.count == 1, let depth = depths.integers?.first ?? Int(exactly: depths.doubles[0]), depth >= 1 else {
      throw node.invalid("expected one depth of 1 or more")
    }
    guard values.shape == [2] else { throw node.invalid("expected an off and an on value, got shape \(values.shape)") }
    let rank = indices.shape.count + 1
    guard let axis = Shape.axis(try node.int("axis") ?? -1, rank: rank) else {
      throw node.invalid("axis \(try node.int("axis") ?? -1) of \(rank)")
    }
    var shape = indices.shape
    shape.insert(depth, at: axis)
    let count = try count(of: shape)
    guard count > 0 else { return ONNXTensor(zeros: values.type, shape: shape) }
    let inner = indices.shape[axis...].reduce(1, *)
    var picks = [Int64](repeating: 0, count: count)
    for (position, index) in indices.doubles.enumerated() {
      guard let index = Int(exactly: index), index >= -depth, index < depth else { continue }
      let place = index < 0 ? index + depth : index
      picks[(position / inner * depth + place) * inner + position % inner] = 1
    }
    let (off, on) = (values.doubles[0], values.doubles[1])
    switch values.type {
    case .float: return ONNXTensor(shape: shape, picks.map { Float($0 == 1 ? on : off) })
    case .double: return ONNXTensor(shape: shape, picks.map { $0 == 1 ? on : off })
    case .int32: return ONNXTensor(shape: shape, picks.map { Int32($0 == 1 ? on : off) })
    case .int64: return ONNXTensor(shape: shape, picks.map { Int64(saturating: $0 == 1 ? on : off) })
    case .bool: return ONNXTensor(shape: shape, picks.map { ($0 == 1 ? on : off) != 0 })
    }
  }
}
