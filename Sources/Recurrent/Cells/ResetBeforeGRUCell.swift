/// Gated recurrent unit as first published (Cho et al. 2014), with the reset before the product: ONNX's
/// `linear_before_reset = 0`, Keras's `reset_after=False`. Gates in the order r z n:
///
///     r = σ(a_r)   z = σ(a_z)
///     n = tanh(W_in·x + b_in + W_hn·(r·h') + b_hn)
///     h = (1 − z)·n + z·h'
///
/// Backward: da_n = dh·(1 − z)(1 − n²), da_z = dh·(h' − n)·z(1 − z); directly dh' = dh·z.
///
/// da_r = d(r·h')·h'·r(1 − r); directly dh' += d(r·h')·r.
public struct ResetBeforeGRUCell: TwoStageCell, KernelCell, Hashable {
  public let name = "gru-reset-before"
  /// The saved operand is r·h'.
  public let structure = CellStructure(gateCount: 3, savedCount: 1, recurrentProduct: .lastGateSecondStage)

  public let kernel = CellKernel("gru_before")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == ResetBeforeGRUCell {
  /// Gated recurrent unit, reset before the product (as first published).
  public static var gruResetBefore: ResetBeforeGRUCell { ResetBeforeGRUCell() }
}
