public import Recurrent

/// ONNX's GRU with `linear_before_reset = 0` and any of its activations, and clipping. Gates in the order r z n:
///
///     r = f(a_r)   z = f(a_z)
///     n = g(W_in·x + b_in + W_hn·(r·h') + b_hn)
///     h = (1 − z)·n + z·h'
///
/// Where f is σ, g is tanh and nothing is clipped, it is `ResetBeforeGRUCell`, which is faster.
public struct ONNXResetBeforeGRUCell: TwoStageCell, Hashable {
  /// Says the functions, too: a model file tells by the name which cell it wants.
  public var name: String { "onnx-gru-reset-before \(gate) \(candidate)" }
  /// The saved operand is r·h'.
  public let structure = CellStructure(gateCount: 3, savedCount: 1, recurrentProduct: .lastGateSecondStage)
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

  /// The gates keep the pre-activations: backward takes the slopes there.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    for j in 0..<previous.count { saved[j] = gate.value(gates[j]) * previous[j] }
  }

  public func forwardSecondStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let z = gate.value(gates[hidden + j])
      next[j] = (1 - z) * candidate.value(gates[2 * hidden + j]) + z * previous[j]
    }
  }

  /// da_n = dh·(1 − z)·g'(a_n), da_z = dh·(h' − n)·f'(a_z); directly dh' = dh·z.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (az, an, dh) = (gates[hidden + j], gates[2 * hidden + j], gradient[j])
      let z = gate.value(az)
      gates[2 * hidden + j] = dh * (1 - z) * candidate.slope(an)
      gates[hidden + j] = dh * (previous[j] - candidate.value(an)) * gate.slope(az)
      gradient[j] = dh * z
    }
  }

  /// da_r = d(r·h')·h'·f'(a_r); directly dh' += d(r·h')·r.
  public func backwardFirstStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, operandGradient: Span<S>, gradient: inout MutableSpan<S>
  ) {
    for j in 0..<gradient.count {
      let ar = gates[j]
      gradient[j] += operandGradient[j] * gate.value(ar)
      gates[j] = operandGradient[j] * previous[j] * gate.slope(ar)
    }
  }
}
