/// What the head's outputs are compared with. Both are means over all rows of the head (steps × sequences, or sequences
/// for a head at the last step).
public enum Loss: String, Sendable, Hashable {
  /// −log softmax(outputs)[class], in nats; fused with its gradient, the maximum subtracted first.
  case crossEntropy
  /// (outputs − values)², a mean over rows and outputs (PyTorch's `MSELoss`).
  case meanSquaredError
}
