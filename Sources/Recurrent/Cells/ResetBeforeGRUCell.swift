internal import Kernels

/// Gated recurrent unit as first published (Cho et al. 2014), with the reset before the product: ONNX's
/// `linear_before_reset = 0`, Keras's `reset_after=False`. Gates in the order r z n:
///
///     r = σ(a_r)   z = σ(a_z)
///     n = tanh(W_in·x + b_in + W_hn·(r·h') + b_hn)
///     h = (1 − z)·n + z·h'
public struct ResetBeforeGRUCell: TwoStageCell, Hashable {
  public let name = "gru-reset-before"
  /// The saved operand is r·h'.
  public let structure = CellStructure(gateCount: 3, savedCount: 1, recurrentProduct: .lastGateSecondStage)

  public init() {}

  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    CellKernels.gruBeforeForward1(&gates, previous, &saved)
  }

  public func forwardSecondStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>
  ) {
    CellKernels.gruBeforeForward2(&gates, previous, &next)
  }

  /// da_n = dh·(1 − z)(1 − n²), da_z = dh·(h' − n)·z(1 − z); directly dh' = dh·z.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    CellKernels.gruBeforeBackward2(&gates, previous, &gradient)
  }

  /// da_r = d(r·h')·h'·r(1 − r); directly dh' += d(r·h')·r.
  public func backwardFirstStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, operandGradient: Span<S>, gradient: inout MutableSpan<S>
  ) {
    CellKernels.gruBeforeBackward1(&gates, previous, operandGradient, &gradient)
  }
}

extension RecurrentCell where Self == ResetBeforeGRUCell {
  /// Gated recurrent unit, reset before the product (as first published).
  public static var gruResetBefore: ResetBeforeGRUCell { ResetBeforeGRUCell() }
}
