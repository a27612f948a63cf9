internal import Kernels

/// The weights of a linear map Y [rows, out] = X [rows, in]·Wᵀ + b, and who multiplies by them. Every product with weights
/// goes through here: those of all steps at once, and those of a single step.
struct Linear: Sendable {
  /// Who multiplies, and the copies that are packed for it once an update.
  private enum Operand: Sendable {
    /// OpenBLAS reads the weights as they are.
    case openBLAS
    /// Wᵀ for X·Wᵀ, and W for dY·W where there is a backward pass.
    case packed(forward: PackedRegion, backward: PackedRegion?)
    /// Wᵀ packed without its zeros, for X·Wᵀ alone.
    case sparse(Region)
  }

  /// [out, in]
  let weights: Region
  /// Whether the products are those of a single step.
  private let isOfSteps: Bool
  private let operand: Operand

  /// - Parameters:
  ///   - ofSteps: whether the products are those of a single step.
  ///   - isSparse: whether the weights are mostly zeros, which packed products then skip; without a backward pass.
  ///   - backward: whether dY·W is wanted.
  init<S: Scalar>(
    _ name: String, _ weights: Region, by multiplier: Multiplier, ofSteps: Bool = false, isSparse: Bool = false,
    backward: Bool, _ arenas: inout ArenaLayout,
    _ scalar: S.Type
  ) {
    (self.weights, isOfSteps) = (weights, ofSteps)
    guard multiplier == .packed else {
      operand = .openBLAS
      return
    }
    let (outputs, inputs) = (weights.rows, weights.columns)
    if isSparse, !backward, arenas.storage == .full {
      operand = .sparse(arenas.sparse(name + " packed without zeros", inputs, outputs, scalar))
      return
    }
    operand = .packed(
      forward: arenas.packed(name + " packed forward", inputs, outputs, scalar),
      backward: backward ? arenas.packed(name + " packed backward", outputs, inputs, scalar) : nil)
  }

  /// Who multiplies.
  var multiplier: Multiplier {
    switch operand {
    case .openBLAS: .openBLAS
    case .packed, .sparse: .packed
    }
  }

  /// Whether its products skip zeros.
  var isSparse: Bool { if case .sparse = operand { true } else { false } }

  /// Makes the copies that the products want. To be called after every change of the weights.
  func pack<S: Scalar>(in memory: Memory<S>) {
    switch operand {
    case .openBLAS: return
    case .packed(let forward, let backward):
      memory.pack(weights, transposed: true, at: forward.offset, forward.storage)
      if let backward { memory.pack(weights, transposed: false, at: backward.offset, backward.storage) }
    case .sparse(let packed): memory.packSparse(weights, transposed: true, at: packed)
    }
  }

  // MARK: Products

  /// Y = start + X·Wᵀ.
  /// - Parameter columns: those of Y to compute, from a multiple of `Memory.packedColumnUnit` on; of OpenBLAS all.
  @inline(__always)
  func multiply<S: Scalar>(
    _ input: Region, from start: ProductStart, into output: Region, columns: Range<Int>? = nil, in memory: Memory<S>
  ) {
    switch operand {
    case .packed(let forward, _):
      memory.multiplyPacked(
        input, packed: forward.offset, forward.storage, from: start, into: output, columns: columns)
    case .sparse(let packed):
      guard case .itself = start, columns ?? 0..<output.columns == 0..<output.columns else {
        stop("a product that skips zeros is added to what is there, all of it")
      }
      memory.multiplySparse(input, packed: packed, addingTo: output)
    case .openBLAS:
      if case .bias(let bias) = start { memory.broadcast(bias, to: output) }
      forEachPiece(input.rows) { rows in
        memory.multiply(
          input.rows(rows), weights, transposingB: true, addingTo: start.factor, into: output.rows(rows))
      }
    }
  }

  /// dX = start + dY·W, for a map that was asked for it.
  @inline(__always)
  func multiplyBack<S: Scalar>(
    _ gradient: Region, from start: ProductStart, into result: Region, columns: Range<Int>? = nil, in memory: Memory<S>
  ) {
    switch operand {
    case .packed(_, let backward):
      guard let backward else { stop("weights that were planned without a backward pass have none") }
      memory.multiplyPacked(
        gradient, packed: backward.offset, backward.storage, from: start, into: result, columns: columns)
    case .sparse: stop("weights that were planned without a backward pass have none")
    case .openBLAS:
      forEachPiece(gradient.rows) { rows in
        memory.multiply(gradient.rows(rows), weights, addingTo: start.factor, into: result.rows(rows))
      }
    }
  }

  /// Rows that OpenBLAS multiplies together decide each other's rounding: those of a step are cut by a number of their
  /// own, at whose multiples a worker's share begins.
  @inline(__always)
  private func forEachPiece(_ count: Int, _ body: (Range<Int>) -> Void) {
    let size = isOfSteps ? ProductChoice.stepRows : max(count, 1)
    for first in stride(from: 0, to: count, by: size) { body(first..<min(first + size, count)) }
  }

  // MARK: Shares

  /// The worker's part of Y [rows, out].
  func part(forward rows: Int, _ call: Call) -> ProductPart { part(rows, weights.rows, weights.columns, call) }

  /// The worker's part of dX [rows, in].
  func part(backward rows: Int, _ call: Call) -> ProductPart { part(rows, weights.columns, weights.rows, call) }

  private func part(_ rows: Int, _ columns: Int, _ inner: Int, _ call: Call) -> ProductPart {
    switch operand {
    case .packed, .sparse:
      ProductPart(packedRows: rows, columns: columns, inner: inner, worker: call.worker, of: call.workers)
    case .openBLAS: ProductPart(openBLASRows: rows, columns: columns, worker: call.worker, of: call.workers)
    }
  }
}

extension ProductStart {
  /// What OpenBLAS multiplies the result by before it adds to it.
  fileprivate var factor: Double {
    switch self {
    case .zero: 0
    case .itself, .bias: 1
    }
  }
}
