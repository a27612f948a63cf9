internal import Kernels

/// Independently recurrent network (Li et al. 2018, eq. 2): each unit sees its own past only, through one weight, the
/// vector u. There is no recurrent product:
///
///     h = max(Wᵢ·x + bᵢ + u·h', 0)
///
/// u starts uniform between 0 and 1. A weight beyond 1 lets its unit explode over many steps; nothing here bounds it.
public struct IndRNNCell: VectorCell, Hashable {
  public let name = "indrnn"
  public let structure = CellStructure(
    gateCount: 1, recurrentProduct: .none, vectors: [CellVector(name: "recurrent", start: .uniform(0, 1))])

  public init() {}

  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    CellKernels.indRNNForward(&gates, previous, &next, vectors)
  }

  /// da = dh·[h > 0];  dh' = da·u;  du += da·h'.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>, vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    CellKernels.indRNNBackward(&gates, previous, next, &gradient, vectors, &vectorGradient)
  }
}

extension RecurrentCell where Self == IndRNNCell {
  /// Independently recurrent network.
  public static var indRNN: IndRNNCell { IndRNNCell() }
}
