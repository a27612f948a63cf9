/// Minimal long short-term memory (Feng et al. 2024, "Were RNNs all we needed?", §3.2): gates and candidate look at the
/// input alone, so there is no recurrent product, and what is kept and what comes in add up to 1. Gates in the order f i h:
///
///     f = σ(a_f)   i = σ(a_i)   a = Wᵢ·x + bᵢ
///     p = f/(f + i)
///     h = p·h' + (1 − p)·a_h
///
/// Backward: s = dh·(h' − a_h)·p(1 − p), da_f = s·(1 − f), da_i = −s·(1 − i), da_h = dh·(1 − p);  dh' = dh·p.
public struct MinLSTMCell: KernelCell, Hashable {
  public let name = "minlstm"
  public let structure = CellStructure(gateCount: 3, savedCount: 1, recurrentProduct: .none, forgetGate: 0)

  public let kernel = CellKernel("minlstm")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == MinLSTMCell {
  /// Minimal long short-term memory, without a recurrent product.
  public static var minLSTM: MinLSTMCell { MinLSTMCell() }
}
