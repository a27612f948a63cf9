internal import Kernels

/// Minimal gated recurrent unit (Feng et al. 2024, "Were RNNs all we needed?", §3.1): gate and candidate look at the
/// input alone, so there is no recurrent product. Gates in the order z h:
///
///     z = σ(a_z)   a = Wᵢ·x + bᵢ
///     h = (1 − z)·h' + z·a_h
public struct MinGRUCell: RecurrentCell, Hashable {
  public let name = "mingru"
  public let structure = CellStructure(gateCount: 2, recurrentProduct: .none)

  public init() {}

  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    CellKernels.minGRUForward(&gates, previous, &next)
  }

  /// da_z = dh·(a_h − h')·z(1 − z), da_h = dh·z;  dh' = dh·(1 − z).
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    CellKernels.minGRUBackward(&gates, previous, &gradient)
  }
}

extension RecurrentCell where Self == MinGRUCell {
  /// Minimal gated recurrent unit, without a recurrent product.
  public static var minGRU: MinGRUCell { MinGRUCell() }
}
