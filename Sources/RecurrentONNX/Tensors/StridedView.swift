/// A tensor's elements read in another order, some of them left out or more than once: where the first is, and how far
/// it is from one index to the next on each axis.
package struct StridedView {
  package let shape: [Int]
  package let strides: [Int]
  package let start: Int

  /// - Precondition: every element lies in `source`.
  package func read<Element>(_ source: [Element]) -> [Element] {
    guard !shape.contains(0) else { return [] }
    guard let width = shape.last, let step = strides.last else { return [source[start]] }
    let rows = shape.dropLast().reduce(1, *)
    var result: [Element] = []
    result.reserveCapacity(rows * width)
    var index = [Int](repeating: 0, count: shape.count - 1)
    var position = start
    for _ in 0..<rows {
      if step == 1 {
        result += source[position..<position + width]
      } else {
        var place = position
        for _ in 0..<width {
          result.append(source[place])
          place &+= step
        }
      }
      for axis in index.indices.reversed() {
        index[axis] += 1
        position += strides[axis]
        if index[axis] < shape[axis] { break }
        position -= shape[axis] * strides[axis]
        index[axis] = 0
      }
    }
    return result
  }
}

extension ONNXTensor {
  package func reading(_ view: StridedView) -> ONNXTensor {
    let read: Values =
      switch values {
      case .float(let values): .float(view.read(values))
      case .double(let values): .double(view.read(values))
      case .int32(let values): .int32(view.read(values))
      case .int64(let values): .int64(view.read(values))
      case .bool(let values): .bool(view.read(values))
      }
    return ONNXTensor(shape: view.shape, values: read)
  }

  /// The same elements, with another shape of as many.
  package func reshaped(_ shape: [Int]) -> ONNXTensor { ONNXTensor(shape: shape, values: values) }

  package func transposed(_ permutation: [Int]) -> ONNXTensor {
    let strides = Shape.strides(shape)
    return reading(
      StridedView(shape: permutation.map { shape[$0] }, strides: permutation.map { strides[$0] }, start: 0))
  }

  /// - Precondition: the shape is one that `Shape.broadcast` gives with this one.
  package func broadcast(to target: [Int]) -> ONNXTensor {
    guard target != shape else { return self }
    let missing = target.count - shape.count
    let own = Shape.strides(shape)
    let strides = target.indices.map { axis in
      axis < missing || shape[axis - missing] == 1 ? 0 : own[axis - missing]
    }
    return reading(StridedView(shape: target, strides: strides, start: 0))
  }

  /// Blocks of elements, one after the other: `rows` of every tensor in turn, as a concatenation needs them.
  package static func interleaving(_ tensors: [ONNXTensor], rows: Int, shape: [Int]) -> ONNXTensor {
    func join<Element>(_ parts: [[Element]]) -> [Element] {
      guard rows > 1 else { return Array(parts.joined()) }
      var result: [Element] = []
      result.reserveCapacity(parts.reduce(0) { $0 + $1.count })
      for row in 0..<rows {
        for part in parts {
          let width = part.count / rows
          result += part[row * width..<(row + 1) * width]
        }
      }
      return result
    }
    let values: Values =
      switch tensors[0].values {
      case .float: .float(join(tensors.map { if case .float(let values) = $0.values { values } else { [] } }))
      case .double: .double(join(tensors.map { if case .double(let values) = $0.values { values } else { [] } }))
      case .int32: .int32(join(tensors.map { if case .int32(let values) = $0.values { values } else { [] } }))
      case .int64: .int64(join(tensors.map { if case .int64(let values) = $0.values { values } else { [] } }))
      case .bool: .bool(join(tensors.map { if case .bool(let values) = $0.values { values } else { [] } }))
      }
    return ONNXTensor(shape: shape, values: values)
  }
}
