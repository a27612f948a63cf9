/// The directions in which the layers of a model run through a sequence.
public enum Directions: Sendable, Hashable {
  /// From the first step to the last.
  case forward
  /// Both ways, each with weights of its own (Schuster & Paliwal 1997), the two outputs of a step merged. The other
  /// direction begins at each sequence's own last step.
  case both(merge: Merge)

  /// How the outputs of both directions at a step become the layer's output.
  public enum Merge: String, Sendable, Hashable, CaseIterable {
    /// [H + H], the forward direction first (PyTorch's only one).
    case concatenate
    /// Unit by unit, the sum of both.
    case sum
    /// Half the sum.
    case average
    /// Unit by unit, the product of both.
    case product
  }

  /// D.
  public var count: Int { self == .forward ? 1 : 2 }

  /// nil for one direction.
  public var merge: Merge? {
    if case .both(let merge) = self { merge } else { nil }
  }
}
