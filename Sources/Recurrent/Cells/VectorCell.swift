internal import Kernels

/// A cell with trained vectors of its own (peepholes, gains of a norm, a diagonal recurrence): blocks of H scalars, as
/// many and in the order that `structure.vectors` says.
///
/// The unroll hands them to the row functions below and never calls the ones of `RecurrentCell`. As there, one generic
/// function serves both precisions.
public protocol VectorCell: RecurrentCell {
  /// One row, one step, as `RecurrentCell.forward`.
  /// - Parameters:
  ///   - gates: [`rowGateCount`·H] pre-activations; may be overwritten by what `backward` wants to find.
  ///   - previous: [S·H] the state before the step.
  ///   - next: [S·H] to be filled with the state after the step, the output h first.
  ///   - saved: [`savedCount`·H] to be filled with whatever else `backward` wants.
  ///   - vectors: [`vectorCount`·H].
  func forward(
    gates: inout MutableSpan<Float>, previous: Span<Float>, next: inout MutableSpan<Float>,
    saved: inout MutableSpan<Float>, vectors: Span<Float>)

  /// See the requirement for `Float`.
  func forward(
    gates: inout MutableSpan<Double>, previous: Span<Double>, next: inout MutableSpan<Double>,
    saved: inout MutableSpan<Double>, vectors: Span<Double>)

  /// The derivative of `forward`, as `RecurrentCell.backward`.
  /// - Parameters:
  ///   - gates: [`rowGateCount`·H] as `forward` left it; to be overwritten by dL/d(pre-activations).
  ///   - previous: [S·H] the state before the step.
  ///   - next: [S·H] the state after the step.
  ///   - saved: [`savedCount`·H] as `forward` left it.
  ///   - gradient: [S·H] dL/d(next); to be overwritten by the part of dL/d(previous) that does not pass through the
  ///     recurrent product.
  ///   - vectors: [`vectorCount`·H].
  ///   - vectorGradient: [`vectorCount`·H] dL/d(vectors); this row's part is to be added to what stands there.
  func backward(
    gates: inout MutableSpan<Float>, previous: Span<Float>, next: Span<Float>, saved: Span<Float>,
    gradient: inout MutableSpan<Float>, vectors: Span<Float>, vectorGradient: inout MutableSpan<Float>)

  /// See the requirement for `Float`.
  func backward(
    gates: inout MutableSpan<Double>, previous: Span<Double>, next: Span<Double>, saved: Span<Double>,
    gradient: inout MutableSpan<Double>, vectors: Span<Double>, vectorGradient: inout MutableSpan<Double>)
}

extension VectorCell {
  /// Satisfies `RecurrentCell`; traps, as the cell cannot work without its vectors.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    stop("cell \(name) has vectors: the unroll calls forward(…vectors:)")
  }

  /// Satisfies `RecurrentCell`; traps, as the cell cannot work without its vectors.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    stop("cell \(name) has vectors: the unroll calls backward(…vectors:vectorGradient:)")
  }
}
