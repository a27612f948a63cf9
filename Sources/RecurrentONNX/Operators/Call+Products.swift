internal import Kernels
internal import Recurrent

/// Matrix products, in OpenBLAS.
extension Call {
  /// MatMul: NumPy's `matmul`, with every axis before the last two broadcast.
  package func matrixProduct() throws(ONNXError) -> ONNXTensor {
    let (a, b) = (try required(0), try required(1))
    func unfit() -> ONNXError { node.invalid("there is no product of \(a.type) \(a.shape) and \(b.type) \(b.shape)") }
    guard a.type == b.type, !a.shape.isEmpty, !b.shape.isEmpty else { throw unfit() }
    let left = a.shape.count == 1 ? [1, a.shape[0]] : a.shape
    let right = b.shape.count == 1 ? [b.shape[0], 1] : b.shape
    let (rows, inner, columns) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
    guard right[right.count - 2] == inner,
      let batch = Shape.broadcast(Array(left.dropLast(2)), Array(right.dropLast(2)))
    else { throw unfit() }
    let shape = batch + (a.shape.count == 1 ? [] : [rows]) + (b.shape.count == 1 ? [] : [columns])
    guard try count(of: shape) > 0, inner > 0 else { return ONNXTensor(zeros: a.type, shape: shape) }
    try count(of: batch + [rows, inner])
    try count(of: batch + [inner, columns])
    let x: ONNXTensor
    let y: ONNXTensor
    let products: Int
    let m: Int
    // One product for all where the right side is one matrix, as a linear layer's is.
    if right.count == 2 {
      (x, y, products, m) = (a, b, 1, a.count / inner)
    } else {
      x = a.reshaped(left).broadcast(to: batch + [rows, inner])
      y = b.reshaped(right).broadcast(to: batch + [inner, columns])
      (products, m) = (batch.reduce(1, *), rows)
    }
    switch (x.values, y.values) {
    case (.float(let x), .float(let y)):
      return ONNXTensor(shape: shape, multiply(x, y, m, columns, inner, products: products))
    case (.double(let x), .double(let y)):
      return ONNXTensor(shape: shape, multiply(x, y, m, columns, inner, products: products))
    default: throw node.invalid("expected floating-point numbers, got \(a.type)")
    }
  }

  /// Gemm: alpha·A·B + beta·C.
  package func generalProduct() throws(ONNXError) -> ONNXTensor {
    let (a, b, c) = (try required(0), try required(1), optional(2))
    let (transposesA, transposesB) = (try node.flag("transA"), try node.flag("transB"))
    let (alpha, beta) = (try node.float("alpha") ?? 1, try node.float("beta") ?? 1)
    guard a.shape.count == 2, b.shape.count == 2, a.type == b.type else {
      throw node.invalid("there is no product of \(a.type) \(a.shape) and \(b.type) \(b.shape)")
    }
    let (left, right) = (transposesA ? a.transposed([1, 0]) : a, transposesB ? b.transposed([1, 0]) : b)
    let shape = [left.shape[0], right.shape[1]]
    guard left.shape[1] == right.shape[0] else {
      throw node.invalid("there is no product of shapes \(left.shape) and \(right.shape)")
    }
    if let c {
      guard c.type == a.type, Shape.broadcast(c.shape, shape) == shape else {
        throw node.invalid("\(c.type) \(c.shape) cannot be added to \(a.type) \(shape)")
      }
    }
    try count(of: shape)
    let added = c?.broadcast(to: shape)
    switch (left.values, right.values) {
    case (.float(let x), .float(let y)):
      let product = multiply(x, y, shape[0], shape[1], left.shape[1], products: 1)
      return ONNXTensor(shape: shape, scaled(product, alpha, added?.floats, beta))
    case (.double(let x), .double(let y)):
      let product = multiply(x, y, shape[0], shape[1], left.shape[1], products: 1)
      return ONNXTensor(shape: shape, scaled(product, Double(alpha), added?.doubles, Double(beta)))
    default: throw node.invalid("expected floating-point numbers, got \(a.type)")
    }
  }

  private func scaled<S: BinaryFloatingPoint>(_ product: [S], _ alpha: S, _ added: [S]?, _ beta: S) -> [S] {
    let result = alpha == 1 ? product : product.map { alpha * $0 }
    guard let added else { return result }
    return beta == 1 ? zip(result, added).map { $0 + $1 } : zip(result, added).map { $0 + beta * $1 }
  }

  /// As many products [m, k]·[k, n] as there are matrices in `x` and `y`.
  private func multiply<S: Scalar>(_ x: [S], _ y: [S], _ m: Int, _ n: Int, _ k: Int, products: Int) -> [S] {
    guard m > 0, n > 0, k > 0 else { return [S](repeating: 0, count: products * m * n) }
    let arena = Arena<S>(count: x.count + y.count + products * m * n, filledWith: 0)
    return withExtendedLifetime(arena) {
      let block = arena.memory
      block.write(x.span, at: 0)
      block.write(y.span, at: x.count)
      let target = x.count + y.count
      for index in 0..<products {
        block.multiply(
          Region(offset: index * m * k, rows: m, columns: k),
          Region(offset: x.count + index * k * n, rows: k, columns: n),
          into: Region(offset: target + index * m * n, rows: m, columns: n))
      }
      return block.array(Region(offset: target, rows: products * m, columns: n))
    }
  }
}
