internal import Kernels

/// The weights W [out, in] of a layer's input product or of the head, and their packed copies.
struct WeightPlan: Sendable, BitwiseCopyable {
  var matrix: Matrix
  /// Wᵀ packed, for X·Wᵀ; nil: OpenBLAS multiplies.
  var packedForward: Int?
  /// W packed, for dY·W; nil: OpenBLAS multiplies.
  var packedBackward: Int?
}

/// Products of all rows at once with such weights, shared out among the workers.
extension Engine {
  /// The worker's part of Y [rows, out] = b + X·Wᵀ.
  func part(forward weights: WeightPlan, rows: Int, _ worker: Int) -> ProductPart {
    part(rows, weights.matrix.rows, weights.matrix.columns, packed: weights.packedForward != nil, worker)
  }

  /// The worker's part of dX [rows, in] = dY·W.
  func part(backward weights: WeightPlan, rows: Int, _ worker: Int) -> ProductPart {
    part(rows, weights.matrix.columns, weights.matrix.rows, packed: weights.packedBackward != nil, worker)
  }

  private func part(_ rows: Int, _ columns: Int, _ inner: Int, packed: Bool, _ worker: Int) -> ProductPart {
    packed
      ? ProductPart(rows: rows, columns: columns, inner: inner, worker: worker, of: pool.count)
      : ProductPart(ofOpenBLASRows: rows, columns: columns, worker: worker, of: pool.count)
  }

  /// Columns of Y = b + X·Wᵀ.
  func multiply(
    _ input: Matrix, by weights: WeightPlan, bias: Matrix, into output: Matrix, columns: Range<Int>
  ) {
    if let packed = weights.packedForward {
      block.multiplyPacked(input, packed: packed, from: .bias(bias), into: output, columns: columns)
    } else {
      block.broadcast(bias, to: output)
      block.multiply(input, weights.matrix, transposingB: true, addingTo: 1, into: output)
    }
  }

  /// Columns of dX = dY·W, or of dX += dY·W.
  func multiply(
    _ gradient: Matrix, backThrough weights: WeightPlan, addingToItself adds: Bool = false, into result: Matrix,
    columns: Range<Int>
  ) {
    if let packed = weights.packedBackward {
      block.multiplyPacked(gradient, packed: packed, from: adds ? .itself : .zero, into: result, columns: columns)
    } else {
      block.multiply(gradient, weights.matrix, addingTo: adds ? 1 : 0, into: result)
    }
  }

  func pack(_ weights: WeightPlan) {
    if let packed = weights.packedForward { block.pack(weights.matrix, transposed: true, at: packed) }
    if let packed = weights.packedBackward { block.pack(weights.matrix, transposed: false, at: packed) }
  }
}
