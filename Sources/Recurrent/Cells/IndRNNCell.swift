/// Independently recurrent network (Li et al. 2018, eq. 2): each unit sees its own past only, through one weight, the
/// vector u. There is no recurrent product:
///
///     h = max(Wᵢ·x + bᵢ + u·h', 0)
///
/// u starts uniform between 0 and 1. A weight beyond 1 lets its unit explode over many steps; nothing here bounds it.
///
/// Backward: da = dh·[h > 0];  dh' = da·u;  du += da·h'.
public struct IndRNNCell: VectorCell, KernelCell, Hashable {
  public let name = "indrnn"
  public let structure = CellStructure(
    gateCount: 1, recurrentProduct: .none, vectors: [CellVector(name: "recurrent", start: .uniform(0, 1))])

  public let kernel = CellKernel("indrnn")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == IndRNNCell {
  /// Independently recurrent network.
  public static var indRNN: IndRNNCell { IndRNNCell() }
}
