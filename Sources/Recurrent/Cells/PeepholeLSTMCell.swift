/// LSTM with peephole connections (Gers & Schmidhuber 2000, in the form of Graves 2013, eqs. 7–11): the gates see the
/// cell state through one weight for each unit. Gates in the order i f g o; the state is h, then c; the vectors are
/// pᵢ, p_f, pₒ:
///
///     i = σ(aᵢ + pᵢ·c')   f = σ(a_f + p_f·c')   g = tanh(a_g),   a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     c = f·c' + i·g
///     o = σ(aₒ + pₒ·c)
///     h = o·tanh(c)
///
/// The peepholes start at 0, where it is the plain LSTM.
///
/// Backward: daₒ = dh·tanh(c)·o(1 − o);  dc += dh·o·(1 − tanh²c) + daₒ·pₒ;  daᵢ = dc·g·i(1 − i), da_f = dc·c'·f(1 − f),
/// da_g = dc·i·(1 − g²);  dc' = dc·f + daᵢ·pᵢ + da_f·p_f;  dpᵢ += daᵢ·c', dp_f += da_f·c', dpₒ += daₒ·c.
public struct PeepholeLSTMCell: VectorCell, KernelCell, Hashable {
  public let name = "lstm-peephole"
  /// tanh(c) is saved: one tanh less in backward.
  public let structure = CellStructure(
    gateCount: 4, stateCount: 2, savedCount: 1, forgetGate: 1,
    vectors: ["i", "f", "o"].map { CellVector(name: "peephole_\($0)", start: .constant(0)) }, allowsProjection: true)

  public let kernel = CellKernel("lstm_peephole")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == PeepholeLSTMCell {
  /// Long short-term memory whose gates see the cell state.
  public static var lstmPeephole: PeepholeLSTMCell { PeepholeLSTMCell() }
}
