/// LSTM with layer normalisation (Ba, Kiros & Hinton 2016), each gate's whole pre-activation normalised at once, as in
/// TensorFlow's `LayerNormBasicLSTMCell`. Gates in the order i f g o; the state is h, then c, which is carried on as it
/// is, as in the paper:
///
///     i = σ(N(aᵢ))   f = σ(N(a_f))   g = tanh(N(a_g))   o = σ(N(aₒ)),   a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     c = f·c' + i·g
///     h = o·tanh(N(c))
///     N(a) = γ·(a − mean a)/√(var a + 10⁻⁵) + β
///
/// Mean and variance (Σ (a − mean a)²/H) are those of the H units of one gate (or of c) of one sequence at one step. The
/// vectors are five gains γ, which start at 1, and five biases β, which start at 0, each in the order i f g o c.
///
/// Backward: With t = tanh(N(c)): dN(aₒ) = dh·t·o(1 − o), dN(c) = dh·o·(1 − t²);  dc += N'(dN(c));
/// dN(aᵢ) = dc·g·i(1 − i), dN(a_f) = dc·c'·f(1 − f), dN(a_g) = dc·i·(1 − g²);  dc' = dc·f;  each da = N'(dN(a)).
///
/// For y = N(a), with s = 1/√(var a + 10⁻⁵) and x = (a − mean a)·s:
/// N'(dy) = s·(γ·dy − mean(γ·dy) − x·mean(γ·dy·x));  dγ += dy·x, dβ += dy.
public struct LayerNormLSTMCell: VectorCell, KernelCell, Hashable {
  public let name = "lstm-norm"
  /// Saved are the gates' deviations from their means, and tanh(N(c)). No forget gate is declared: what its bias in the
  /// product has in common for all units, the norm takes away again; it is β_f that opens the gate.
  public let structure = CellStructure(
    gateCount: 4, stateCount: 2, savedCount: 5, vectors: CellVector.layerNorms(of: ["i", "f", "g", "o", "c"]),
    allowsProjection: true)

  public let kernel = CellKernel("lstm_norm")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == LayerNormLSTMCell {
  /// Long short-term memory with layer normalisation.
  public static var lstmNorm: LayerNormLSTMCell { LayerNormLSTMCell() }
}
