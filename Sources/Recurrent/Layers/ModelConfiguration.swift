/// What a model is: its input, a stack of recurrent layers of one cell, and a linear head or none.
public struct ModelConfiguration: Sendable {
  /// What goes into the first layer.
  public enum Input: Sendable, Hashable {
    /// Tokens 0..<vocabularySize as one-hot vectors: the input product is a gather of weight columns.
    case oneHot(vocabularySize: Int)
    /// Tokens 0..<vocabularySize, each looked up in a trained table [vocabularySize, size].
    case embedding(vocabularySize: Int, size: Int)
    /// Vectors of `size` features.
    case vectors(size: Int)

    /// I: features that the first layer sees.
    public var size: Int {
      switch self {
      case .oneHot(let size), .embedding(_, let size), .vectors(let size): size
      }
    }

    /// nil where the input is vectors.
    public var vocabularySize: Int? {
      switch self {
      case .oneHot(let count), .embedding(let count, _): count
      case .vectors: nil
      }
    }
  }

  /// Where the linear layer reads the top layer's output.
  public enum Head: String, Sendable, Hashable, CaseIterable {
    /// At every step: outputs [T, N, O] (many-to-many).
    case everyStep
    /// At the last step: outputs [1, N, O] (many-to-one).
    case lastStep
    /// There is no linear layer: the outputs are the top layer's h, [T, N, H].
    case none
  }

  public var cell: any RecurrentCell
  public var input: Input
  /// H, the same for every layer.
  public var hiddenSize: Int
  /// L.
  public var layerCount: Int
  /// O: classes or values of the head; H where there is none.
  public var outputSize: Int
  public var head: Head
  /// Probability with which an output of a layer is dropped on its way to the next layer, in training. Between layers
  /// only, as PyTorch's `dropout`; at least two layers are needed for it to act.
  public var dropout: Double
  /// Probability with which an output of the top layer is dropped on its way to the head, in training (char-rnn's last
  /// dropout). 0 without a head.
  public var headDropout: Double

  /// - Precondition: sizes are at least 1; 0 ≤ dropouts < 1; without a head the output size is the hidden size and the
  ///   head's dropout 0.
  public init(
    cell: some RecurrentCell, input: Input, hiddenSize: Int, layerCount: Int = 1, outputSize: Int,
    head: Head = .everyStep, dropout: Double = 0, headDropout: Double = 0
  ) {
    self.cell = cell
    self.input = input
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.outputSize = outputSize
    self.head = head
    self.dropout = dropout
    self.headDropout = headDropout
    validate()
  }

  /// A stack of recurrent layers without a head.
  /// - Precondition: sizes are at least 1; 0 ≤ dropout < 1.
  public init(
    cell: some RecurrentCell, input: Input, hiddenSize: Int, layerCount: Int = 1, dropout: Double = 0
  ) {
    self.init(
      cell: cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount, outputSize: hiddenSize, head: .none,
      dropout: dropout)
  }

  /// I of a layer: the input's size for the first, H above.
  public func inputSize(ofLayer layer: Int) -> Int { layer == 0 ? input.size : hiddenSize }

  /// Probability with which an output of a layer is dropped on its way up.
  func dropout(aboveLayer layer: Int) -> Double { layer == layerCount - 1 ? headDropout : dropout }

  /// Whether anything is dropped in training.
  var hasDropout: Bool { headDropout > 0 || (dropout > 0 && layerCount > 1) }

  /// Traps where a size or the dropout is out of range (the fields can be changed after `init`).
  func validate() {
    precondition(hiddenSize >= 1, "hidden size must be 1 or more, got \(hiddenSize)")
    precondition(layerCount >= 1, "layer count must be 1 or more, got \(layerCount)")
    precondition(outputSize >= 1, "output size must be 1 or more, got \(outputSize)")
    precondition(
      head != .none || outputSize == hiddenSize,
      "without a head the output size is the hidden size, \(hiddenSize); got \(outputSize)")
    precondition(input.size >= 1, "input size must be 1 or more, got \(input.size)")
    precondition(input.vocabularySize ?? 1 >= 1, "vocabulary size must be 1 or more")
    precondition((0..<1).contains(dropout), "dropout must be in 0..<1, got \(dropout)")
    precondition((0..<1).contains(headDropout), "head dropout must be in 0..<1, got \(headDropout)")
    precondition(head != .none || headDropout == 0, "there is no head for a head dropout of \(headDropout)")
  }
}
