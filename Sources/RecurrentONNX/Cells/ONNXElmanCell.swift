public import Recurrent

/// ONNX's RNN with any of its activations, and clipping:
///
///     h = f(Wᵢ·x + bᵢ + Wₕ·h' + bₕ)
///
/// Where f is tanh or max(·, 0) and nothing is clipped, it is `ElmanCell`, which is faster.
public struct ONNXElmanCell: RecurrentCell, Hashable {
  /// Says the functions, too: a model file tells by the name which cell it wants.
  public var name: String { "onnx-rnn \(f)" }
  public let structure = CellStructure(gateCount: 1)
  private let f: ClippedActivation

  /// - Parameter clip: the greatest magnitude of what f is taken of; nil: any.
  public init(activation: Activation, clip: Float? = nil) {
    f = ClippedActivation(activation: activation, threshold: clip)
  }

  /// The gates keep the pre-activations: backward takes the slopes there.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    for j in 0..<next.count { next[j] = f.value(gates[j]) }
  }

  /// da = dh·f'(a).
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    for j in 0..<gradient.count {
      gates[j] = gradient[j] * f.slope(gates[j])
      gradient[j] = 0
    }
  }
}
