/// Real-gated linear recurrent unit (De et al. 2024, "Griffin", §2.4): each unit forgets at a rate of its own, which a gate
/// slows down, and what comes in is scaled so that the state keeps its size. There is no recurrent product. Gates in the
/// order r i x, the last one without a gate's function:
///
///     r = σ(a_r)   i = σ(a_i)   a = Wᵢ·x + bᵢ
///     e = 8·softplus(Λ)·r
///     h = e^(−e)·h' + √(1 − e^(−2e))·i·a_x
///
/// In the paper the gates read what the third one has made of the layer's input; here all three are linear maps of it.
/// The vector Λ starts so that a unit whose gate is open keeps a share of its state, in a step, that is drawn uniformly
/// between 0.9 and 0.999.
///
/// Backward, with A = e^(−e) and B = √(1 − A²): q = 8·dh·A·(A·i·a_x·r/B − r·h'), da_r = q·softplus(Λ)·(1 − r),
/// da_i = dh·B·a_x·i(1 − i), da_x = dh·B·i;  dh' = dh·A;  dΛ += q·σ(Λ).
public struct RGLRUCell: VectorCell, KernelCell, Hashable {
  public let name = "rglru"
  public let structure = CellStructure(
    gateCount: 3, savedCount: 2, recurrentProduct: .none,
    vectors: [CellVector(name: "rate", start: .decay(0.9, 0.999, power: 8))])

  public let kernel = CellKernel("rglru")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == RGLRUCell {
  /// Real-gated linear recurrent unit.
  public static var rgLRU: RGLRUCell { RGLRUCell() }
}
