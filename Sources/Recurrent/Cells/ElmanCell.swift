internal import Kernels

/// The simple recurrent network (Elman 1990), PyTorch's `nn.RNN`:
///
///     h = φ(Wᵢ·x + bᵢ + Wₕ·h' + bₕ),  φ = tanh or max(·, 0)
public struct ElmanCell: RecurrentCell, Hashable {
  public enum Activation: Sendable, Hashable { case tanh, relu }

  public let activation: Activation
  public let structure = CellStructure(gateCount: 1)

  public init(activation: Activation = .tanh) { self.activation = activation }

  public var name: String { activation == .tanh ? "rnn" : "rnn-relu" }

  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    switch activation {
    case .tanh: CellKernels.elmanTanhForward(&gates, &next)
    case .relu: CellKernels.elmanReLUForward(&gates, &next)
    }
  }

  /// da = dh·φ'(a), with φ' from the output: 1 − h² or [h > 0].
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    switch activation {
    case .tanh: CellKernels.elmanTanhBackward(&gates, next, &gradient)
    case .relu: CellKernels.elmanReLUBackward(&gates, next, &gradient)
    }
  }
}

extension RecurrentCell where Self == ElmanCell {
  /// The simple recurrent network with tanh.
  public static var rnn: ElmanCell { ElmanCell(activation: .tanh) }
  /// The simple recurrent network with max(·, 0).
  public static var rnnReLU: ElmanCell { ElmanCell(activation: .relu) }
}
