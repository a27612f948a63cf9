/// Gated recurrent unit, reset after the product, with layer normalisation (Ba, Kiros & Hinton 2016). Gates in the order
/// r z n:
///
///     r = σ(N(a_r))   z = σ(N(a_z)),   a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     n = tanh(N(W_in·x + b_in) + r·N(q)),   q = W_hn·h' + b_hn
///     h = (1 − z)·n + z·h'
///     N(a) = γ·(a − mean a)/√(var a + 10⁻⁵) + β
///
/// Mean and variance (Σ (a − mean a)²/H) are those of the H units of one gate (or of q) of one sequence at one step. The
/// vectors are four gains γ, which start at 1, and four biases β, which start at 0, each in the order q r z n.
///
/// Backward: dN(a_n) = dh·(1 − z)(1 − n²), dN(q) = dN(a_n)·r, dN(a_r) = dN(a_n)·N(q)·r(1 − r),
/// dN(a_z) = dh·(h' − n)·z(1 − z);  directly dh' = dh·z;  each da = N'(dN(a)).
///
/// For y = N(a), with s = 1/√(var a + 10⁻⁵) and x = (a − mean a)·s:
/// N'(dy) = s·(γ·dy − mean(γ·dy) − x·mean(γ·dy·x));  dγ += dy·x, dβ += dy.
public struct LayerNormGRUCell: VectorCell, KernelCell, Hashable {
  public let name = "gru-norm"
  /// Saved are the deviations of what is normalised from their means.
  public let structure = CellStructure(
    gateCount: 3, savedCount: 4, recurrentProduct: .lastGateApart,
    vectors: CellVector.layerNorms(of: ["q", "r", "z", "n"]))

  public let kernel = CellKernel("gru_norm")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == LayerNormGRUCell {
  /// Gated recurrent unit, reset after the product, with layer normalisation.
  public static var gruNorm: LayerNormGRUCell { LayerNormGRUCell() }
}
