/// Minimal gated recurrent unit (Feng et al. 2024, "Were RNNs all we needed?", §3.1): gate and candidate look at the
/// input alone, so there is no recurrent product. Gates in the order z h:
///
///     z = σ(a_z)   a = Wᵢ·x + bᵢ
///     h = (1 − z)·h' + z·a_h
///
/// Backward: da_z = dh·(a_h − h')·z(1 − z), da_h = dh·z;  dh' = dh·(1 − z).
public struct MinGRUCell: KernelCell, Hashable {
  public let name = "mingru"
  public let structure = CellStructure(gateCount: 2, recurrentProduct: .none)

  public let kernel = CellKernel("mingru")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == MinGRUCell {
  /// Minimal gated recurrent unit, without a recurrent product.
  public static var minGRU: MinGRUCell { MinGRUCell() }
}
