/// The simple recurrent network (Elman 1990), PyTorch's `nn.RNN`:
///
///     h = φ(Wᵢ·x + bᵢ + Wₕ·h' + bₕ),  φ = tanh or max(·, 0)
///
/// Backward: da = dh·φ'(a), with φ' from the output: 1 − h² or [h > 0].
public struct ElmanCell: KernelCell, Hashable {
  /// φ.
  public enum Activation: Sendable, Hashable {
    /// tanh(a), whose slope is 1 − h².
    case tanh
    /// max(a, 0), whose slope is 1 where h is above 0 and else 0.
    case relu
  }

  /// φ.
  public let activation: Activation
  public let structure = CellStructure(gateCount: 1)

  /// The cell with an activation.
  public init(activation: Activation = .tanh) { self.activation = activation }

  public var kernel: CellKernel { CellKernel(activation == .tanh ? "elman_tanh" : "elman_relu") }

  public var name: String { activation == .tanh ? "rnn" : "rnn-relu" }
}

extension RecurrentCell where Self == ElmanCell {
  /// The simple recurrent network with tanh.
  public static var rnn: ElmanCell { ElmanCell(activation: .tanh) }
  /// The simple recurrent network with max(·, 0).
  public static var rnnReLU: ElmanCell { ElmanCell(activation: .relu) }
}
