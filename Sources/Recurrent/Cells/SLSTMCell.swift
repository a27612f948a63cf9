/// Long short-term memory with an exponential input gate and a normaliser: the sLSTM of xLSTM (Beck et al. 2024, §2.2),
/// with one head and the sigmoid as forget gate. Gates in the order i f z o, as there.
///
/// The paper's c = f·c' + e^(a_i)·z over n = f·n' + e^(a_i) is a mean of all z that came, by weights of which n is the sum.
/// Here the state has the mean s = c/n itself and the logarithm of n, which the paper's stabiliser m serves to avoid:
///
///     f = σ(a_f)   z = tanh(a_z)   o = σ(a_o)   a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     A = log f + log n'           p = σ(A − a_i)
///     log n = log(e^A + e^(a_i))   s = p·s' + (1 − p)·z
///     h = o·s
///
/// State: h, s, 32 + log n. So a state of zeros weighs e⁻³² (in the paper nothing) and gives way to the first input.
///
/// Backward: ds += dh·o, q = ds·(s' − z)·p(1 − p), dA = q + p·d(log n), da_i = (1 − p)·d(log n) − q, da_f = dA·(1 − f),
/// da_z = ds·(1 − p)·(1 − z²), da_o = dh·s·o(1 − o);  ds' = ds·p, d(log n') = dA.
public struct SLSTMCell: KernelCell, Hashable {
  public let name = "slstm"
  public let structure = CellStructure(gateCount: 4, stateCount: 3, forgetGate: 1, allowsProjection: true)

  public let kernel = CellKernel("slstm")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == SLSTMCell {
  /// Long short-term memory with an exponential input gate.
  public static var sLSTM: SLSTMCell { SLSTMCell() }
}
