/// Gated recurrent unit with the reset after the product, PyTorch's and cuDNN's form. Gates in the order r z n:
///
///     r = σ(a_r)   z = σ(a_z)
///     n = tanh(W_in·x + b_in + r·(W_hn·h' + b_hn))
///     h = (1 − z)·n + z·h'
///
/// Backward: With q = W_hn·h' + b_hn: da_n = dh·(1 − z)(1 − n²), dq = da_n·r, da_r = da_n·q·r(1 − r),
/// da_z = dh·(h' − n)·z(1 − z); directly dh' = dh·z.
public struct GRUCell: KernelCell, Hashable {
  public let name = "gru"
  public let structure = CellStructure(gateCount: 3, recurrentProduct: .lastGateApart)

  public let kernel = CellKernel("gru")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == GRUCell {
  /// Gated recurrent unit, reset after the product (as PyTorch).
  public static var gru: GRUCell { GRUCell() }
}
