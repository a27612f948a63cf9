public import Recurrent

/// ONNX's GRU with `linear_before_reset = 1` and any of its activations, and clipping. Gates in the order r z n:
///
///     r = f(a_r)   z = f(a_z)
///     n = g(W_in·x + b_in + r·(W_hn·h' + b_hn))
///     h = (1 − z)·n + z·h'
///
/// Where f is σ, g is tanh and nothing is clipped, it is `GRUCell`, which is faster.
public struct ONNXGRUCell: RecurrentCell, Hashable {
  /// Says the functions, too: a model file tells by the name which cell it wants.
  public var name: String { "onnx-gru \(gate) \(candidate)" }
  public let structure = CellStructure(gateCount: 3, recurrentProduct: .lastGateApart)
  private let gate: ClippedActivation
  private let candidate: ClippedActivation

  /// - Parameters:
  ///   - gate: ONNX's f.
  ///   - candidate: ONNX's g.
  ///   - clip: the greatest magnitude of what f and g are taken of; nil: any.
  public init(
    gate: Activation = Activation(.sigmoid), candidate: Activation = Activation(.tanh), clip: Float? = nil
  ) {
    self.gate = ClippedActivation(activation: gate, threshold: clip)
    self.candidate = ClippedActivation(activation: candidate, threshold: clip)
  }

  /// Rows of gates are q = W_hn·h' + b_hn, then r, z, n, and keep the pre-activations: backward takes the slopes there.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let z = gate.value(gates[2 * hidden + j])
      gates[3 * hidden + j] += gate.value(gates[hidden + j]) * gates[j]
      let n = candidate.value(gates[3 * hidden + j])
      next[j] = (1 - z) * n + z * previous[j]
    }
  }

  /// da_n = dh·(1 − z)·g'(a_n), dq = da_n·r, da_r = da_n·q·f'(a_r), da_z = dh·(h' − n)·f'(a_z); directly dh' = dh·z.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (q, ar, az, an) = (gates[j], gates[hidden + j], gates[2 * hidden + j], gates[3 * hidden + j])
      let (z, dh) = (gate.value(az), gradient[j])
      let dan = dh * (1 - z) * candidate.slope(an)
      gates[j] = dan * gate.value(ar)
      gates[hidden + j] = dan * q * gate.slope(ar)
      gates[2 * hidden + j] = dh * (previous[j] - candidate.value(an)) * gate.slope(az)
      gates[3 * hidden + j] = dan
      gradient[j] = dh * z
    }
  }
}
