/// Long short-term memory (Hochreiter & Schmidhuber 1997) with forget gate (Gers et al. 2000), PyTorch's `nn.LSTM`.
/// Gates in the order i f g o; the state is h, then c:
///
///     i = σ(aᵢ)   f = σ(a_f)   g = tanh(a_g)   o = σ(aₒ),   a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     c = f·c' + i·g
///     h = o·tanh(c)
///
/// Backward: dc += dh·o·(1 − tanh²c);  daᵢ = dc·g·i(1 − i), da_f = dc·c'·f(1 − f), da_g = dc·i·(1 − g²),
/// daₒ = dh·tanh(c)·o(1 − o);  dc' = dc·f.
public struct LSTMCell: KernelCell, Hashable {
  public let name = "lstm"
  /// tanh(c) is saved: one tanh less in backward.
  public let structure = CellStructure(
    gateCount: 4, stateCount: 2, savedCount: 1, forgetGate: 1, allowsProjection: true)

  public let kernel = CellKernel("lstm")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == LSTMCell {
  /// Long short-term memory.
  public static var lstm: LSTMCell { LSTMCell() }
}
