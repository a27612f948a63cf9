/// LSTM whose forget gate is what the input gate leaves, f = 1 − i (Greff et al. 2017, CIFG; ONNX's `input_forget`): a
/// quarter fewer weights. Gates in the order i g o; the state is h, then c:
///
///     i = σ(aᵢ)   g = tanh(a_g)   o = σ(aₒ),   a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     c = (1 − i)·c' + i·g
///     h = o·tanh(c)
///
/// Backward: dc += dh·o·(1 − tanh²c);  daᵢ = dc·(g − c')·i(1 − i), da_g = dc·i·(1 − g²), daₒ = dh·tanh(c)·o(1 − o);
/// dc' = dc·(1 − i).
public struct CoupledLSTMCell: KernelCell, Hashable {
  public let name = "lstm-coupled"
  /// tanh(c) is saved: one tanh less in backward. No gate keeps the old state when it is open: the input gate keeps it
  /// when it is closed.
  public let structure = CellStructure(gateCount: 3, stateCount: 2, savedCount: 1, allowsProjection: true)

  public let kernel = CellKernel("lstm_coupled")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == CoupledLSTMCell {
  /// Long short-term memory with the forget gate coupled to the input gate.
  public static var lstmCoupled: CoupledLSTMCell { CoupledLSTMCell() }
}
