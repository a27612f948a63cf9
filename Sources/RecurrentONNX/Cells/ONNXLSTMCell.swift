public import Recurrent

/// ONNX's LSTM with any of its activations, clipping, coupled gates and peepholes. Gates in the order i f g o; the state
/// is h, then c; the vectors are pᵢ, p_f, pₒ:
///
///     i = f(aᵢ + pᵢ·c')   f = f(a_f + p_f·c')   g = g(a_g),   a = Wᵢ·x + bᵢ + Wₕ·h' + bₕ
///     c = f·c' + i·g
///     o = f(aₒ + pₒ·c)
///     h = o·h(c)
///
/// with f = 1 − i where the gates are coupled (`input_forget`): what belongs to f is then without effect. The clipping is
/// that of the gates' arguments; the argument of h(c) is not clipped (ONNX's text leaves that open, ONNX Runtime does so).
///
/// Without any of this it is `LSTMCell`, `PeepholeLSTMCell` or `CoupledLSTMCell`, which are faster.
public struct ONNXLSTMCell: VectorCell, Hashable {
  /// Says the functions, too: a model file tells by the name which cell it wants.
  public var name: String { "onnx-lstm \(gate) \(candidate) \(output)" + (isCoupled ? " coupled" : "") }
  public let structure = CellStructure(
    gateCount: 4, stateCount: 2, forgetGate: 1,
    vectors: ["i", "f", "o"].map { CellVector(name: "peephole_\($0)", start: .constant(0)) })
  private let gate: ClippedActivation
  private let candidate: ClippedActivation
  private let output: Activation
  private let isCoupled: Bool

  /// - Parameters:
  ///   - gate: ONNX's f.
  ///   - candidate: ONNX's g.
  ///   - output: ONNX's h.
  ///   - clip: the greatest magnitude of what f and g are taken of; nil: any.
  ///   - isCoupled: ONNX's `input_forget`.
  public init(
    gate: Activation = Activation(.sigmoid), candidate: Activation = Activation(.tanh),
    output: Activation = Activation(.tanh), clip: Float? = nil, isCoupled: Bool = false
  ) {
    self.gate = ClippedActivation(activation: gate, threshold: clip)
    self.candidate = ClippedActivation(activation: candidate, threshold: clip)
    self.output = output
    self.isCoupled = isCoupled
  }

  /// The gates keep the pre-activations, the peepholes' part added: backward takes the slopes there.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let hidden = next.count / 2
    for j in 0..<hidden {
      let c = previous[hidden + j]
      gates[j] += vectors[j] * c
      gates[hidden + j] += vectors[hidden + j] * c
      let i = gate.value(gates[j])
      let f = isCoupled ? 1 - i : gate.value(gates[hidden + j])
      let g = candidate.value(gates[2 * hidden + j])
      let cell = f * c + i * g
      gates[3 * hidden + j] += vectors[2 * hidden + j] * cell
      next[hidden + j] = cell
      next[j] = gate.value(gates[3 * hidden + j]) * output.value(cell)
    }
  }

  /// daₒ = dh·h(c)·f'(aₒ);  dc += dh·o·h'(c) + daₒ·pₒ;  daᵢ = dc·g·f'(aᵢ), da_f = dc·c'·f'(a_f) (coupled:
  /// daᵢ = dc·(g − c')·f'(aᵢ), da_f = 0), da_g = dc·i·g'(a_g);  dc' = dc·f + daᵢ·pᵢ + da_f·p_f;
  /// dpᵢ += daᵢ·c', dp_f += da_f·c', dpₒ += daₒ·c.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count / 2
    for j in 0..<hidden {
      let (ai, af, ag, ao) = (gates[j], gates[hidden + j], gates[2 * hidden + j], gates[3 * hidden + j])
      let (old, cell, dh) = (previous[hidden + j], next[hidden + j], gradient[j])
      let i = gate.value(ai)
      let f = isCoupled ? 1 - i : gate.value(af)
      let g = candidate.value(ag)
      let dao = dh * output.value(cell) * gate.slope(ao)
      let dc = gradient[hidden + j] + dh * gate.value(ao) * output.slope(cell) + dao * vectors[2 * hidden + j]
      let dai = dc * (isCoupled ? g - old : g) * gate.slope(ai)
      let daf = isCoupled ? 0 : dc * old * gate.slope(af)
      gates[j] = dai
      gates[hidden + j] = daf
      gates[2 * hidden + j] = dc * i * candidate.slope(ag)
      gates[3 * hidden + j] = dao
      gradient[j] = 0
      gradient[hidden + j] = dc * f + dai * vectors[j] + daf * vectors[hidden + j]
      vectorGradient[j] += dai * old
      vectorGradient[hidden + j] += daf * old
      vectorGradient[2 * hidden + j] += dao * cell
    }
  }
}
