/// What `Model.onnx(options:)` writes besides the model's mathematics.
public struct ONNXExportOptions: Sendable, Hashable {
  /// The operator sets that are written.
  public static let opsets = 17...23

  /// The version of ONNX's operator set; the file's format version (IR) is the one that came with it.
  public var opset: Int
  /// Whether inputs and outputs are [N, T, …] and not [T, N, …]. States stay [D, N, H], as PyTorch's.
  public var batchFirst: Bool
  /// Whether there is an input `lengths`, int32 [N]: the steps of each sequence, 0...T. What stands in the input past a
  /// sequence's end does not matter, and outputs at such steps are 0.
  public var lengths: Bool
  /// Whether the states before the first step are inputs and those after each sequence's last step outputs, so that a
  /// stream can be run piece by piece: `initial_h_l0` and `final_h_l0` [D, N, H] (P wide where the output is projected),
  /// and for an LSTM `initial_c_l0` and `final_c_l0`; likewise for the other layers. A trained initial state
  /// then stands in the file unused: it is yours to give.
  public var states: Bool
  /// Whether the outputs go through a softmax over their last axis: probabilities of classes and not their logits.
  public var softmax: Bool

  /// What is not named is left out: the oldest operator set that is written, time first, no more than input and output.
  public init(
    opset: Int = 17, batchFirst: Bool = false, lengths: Bool = false, states: Bool = false, softmax: Bool = false
  ) {
    self.opset = opset
    self.batchFirst = batchFirst
    self.lengths = lengths
    self.states = states
    self.softmax = softmax
  }

  /// The version of the file format that came with the operator set (https://onnx.ai/onnx/repo-docs/Versioning.html).
  package var formatVersion: Int64 {
    switch opset {
    case ...18: 8
    case 19, 20: 9
    case 21, 22: 10
    default: 11
    }
  }
}
