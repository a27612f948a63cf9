/// The simple recurrent network with layer normalisation (Ba, Kiros & Hinton 2016, eq. 4):
///
///     h = tanh(N(a)),  a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     N(a) = γ·(a − mean a)/√(var a + 10⁻⁵) + β
///
/// Mean and variance (Σ (a − mean a)²/H) are those of the H units of one sequence at one step. The vectors are the gain γ,
/// which starts at 1, and the bias β, which starts at 0.
///
/// Backward: With dy = dh·(1 − h²), s = 1/√(var a + 10⁻⁵) and x = (a − mean a)·s:
/// da = s·(γ·dy − mean(γ·dy) − x·mean(γ·dy·x));  dγ += dy·x, dβ += dy.
public struct LayerNormElmanCell: VectorCell, KernelCell, Hashable {
  public let name = "rnn-norm"
  public let structure = CellStructure(gateCount: 1, vectors: CellVector.layerNorms(of: [""]))

  public let kernel = CellKernel("rnn_norm")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == LayerNormElmanCell {
  /// The simple recurrent network with tanh and layer normalisation.
  public static var rnnNorm: LayerNormElmanCell { LayerNormElmanCell() }
}
