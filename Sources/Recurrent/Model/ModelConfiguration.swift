internal import Storage

/// What a model is: its input, a stack of recurrent layers of one cell, and a linear head or none. What is not an argument
/// of `init` is a property to set afterwards.
public struct ModelConfiguration: Sendable {
  /// What goes into the first layer.
  public enum Input: Sendable, Hashable {
    /// Tokens 0..<vocabularySize as one-hot vectors: the input product is a gather of weight columns.
    case oneHot(vocabularySize: Int)
    /// Tokens 0..<vocabularySize, each looked up in a trained table [vocabularySize, size].
    case embedding(vocabularySize: Int, size: Int)
    /// Several tokens at each step, as a word, its ending and its shape, each looked up in a trained table of its own; their vectors
    /// stand side by side, and with `letters` what a network of their own makes of its letters (`LetterEncoder`). Data are `Sequences` as
    /// wide as there are tables, and letters of a step: the tokens of a step one after the other.
    case features([EmbeddingTable], letters: LetterEncoder? = nil)
    /// Vectors of `size` features.
    case vectors(size: Int)

    /// A trained table [vocabularySize, size], the parameter `embeddings.0.weight` and so on.
    public struct EmbeddingTable: Sendable, Hashable {
      /// Tokens are 0..<vocabularySize.
      public var vocabularySize: Int
      /// Numbers of a token's vector.
      public var size: Int

      /// A table of so many tokens.
      public init(vocabularySize: Int, size: Int) { (self.vocabularySize, self.size) = (vocabularySize, size) }
    }

    /// I: features that the first layer sees.
    public var size: Int {
      switch self {
      case .oneHot(let size), .embedding(_, let size), .vectors(let size): size
      case .features(let tables, let letters): tables.reduce(letters?.outputSize ?? 0) { $0 + $1.size }
      }
    }

    /// nil where the input is vectors; of several tokens a step that of the largest table.
    public var vocabularySize: Int? {
      switch self {
      case .oneHot(let count), .embedding(let count, _): count
      case .features(let tables, _): tables.map(\.vocabularySize).max()
      case .vectors: nil
      }
    }

    /// Tokens of a step; 1 where the input is vectors.
    var tokensPerStep: Int {
      if case .features(let tables, let letters) = self { tables.count + (letters?.count ?? 0) } else { 1 }
    }

    /// V of each token of a step, where it has several; else empty.
    var vocabularySizes: [Int] {
      guard case .features(let tables, let letters) = self else { return [] }
      return tables.map(\.vocabularySize)
        + [Int](repeating: letters?.vocabularySize ?? 0, count: letters?.count ?? 0)
    }

    /// What reads the letters of a step; nil: nothing does.
    var letters: LetterEncoder? { if case .features(_, let letters) = self { letters } else { nil } }
  }

  /// Where the linear layer reads the top layer's output.
  public enum Head: String, Sendable, Hashable, CaseIterable {
    /// At every step: outputs [T, N, O] (many-to-many).
    case everyStep
    /// At each sequence's last step: outputs [N, O] (many-to-one). Of two directions, where each of them ends: the
    /// forward one at the last step, the other at the first (as Keras's `Bidirectional`, and PyTorch's h_n).
    case lastStep
    /// The mean over each sequence's steps: outputs [N, O].
    case meanOverSteps
    /// The greatest value of each unit over each sequence's steps: outputs [N, O].
    case maxOverSteps
    /// There is no linear layer: the outputs are the top layer's, [T, N, its width].
    case none

    /// Whether there is one output for each sequence, and not for each step.
    public var isPooled: Bool { self == .lastStep || self == .meanOverSteps || self == .maxOverSteps }
  }

  /// The cell of all layers.
  public var cell: any RecurrentCell
  /// What goes into the first layer.
  public var input: Input
  /// H, of every layer unless `hiddenSizes` says otherwise.
  public var hiddenSize: Int
  /// L.
  public var layerCount: Int
  /// H of each layer, where they differ; nil: `hiddenSize` for all.
  public var hiddenSizes: [Int]?
  /// Whether each layer runs forward only, or both ways.
  public var directions: Directions
  /// Where the linear layer reads the top layer's output.
  public var head: Head
  private var headSize: Int

  // MARK: Connections

  /// Whether a layer that is as wide as what it reads adds that to its output: h + x (He et al. 2016; Wu et al. 2016).
  public var isResidual = false
  /// Whether each layer is a residual block with a norm before its recurrence and a gated feed-forward layer behind it; nil: not.
  public var blocks: ResidualBlocks?
  /// Whether the head reads all layers side by side and not the top one alone (Graves 2013's skip connections).
  public var headReadsAllLayers = false
  /// Whether the head's matrix is the embedding's table (Press & Wolf 2017): one parameter, `embedding.weight`, whose gradient is the sum of both
  /// uses. There are as many outputs as tokens, and the head reads as many units as the embedding is wide.
  public var tiesEmbedding = false
  /// P: units to which a linear map without bias takes each cell's output, before it goes up and back into the cell
  /// (Sak et al. 2014; PyTorch's `proj_size`); nil: none. Not for every cell: see `CellStructure.allowsProjection`.
  public var projectionSize: Int?
  /// Whether the state from which sequences start is trained (one for all sequences) and not 0.
  public var trainsInitialState = false

  /// Whether the recurrent matrices are mostly zeros, which come for 16 neighbouring units at once, as in block-sparse reservoirs.
  /// Packed products of a forward pass then skip them, with the same results; training computes with all entries, and changes all.
  public var hasSparseRecurrence = false

  /// Ranks of the matrices of each layer, the lowest first, that are products of two thin ones; nil: all matrices are whole.
  /// `Model.compressed(to:on:)` makes such a model of another; `Initialization` says how a new one starts.
  public var ranks: [LowRank]?

  /// Whether and how the top layer's outputs attend to a memory before the head reads them; nil: not. Such a model is the
  /// decoder of an `EncoderDecoder`, or gets its memory from you: see `RecurrentPass.setMemory(_:)`.
  public var attention: Attention?
  /// Whether the first layer also reads what the head read at the step before, h̃ of `Attention` (input feeding: Luong, Pham & Manning
  /// 2015, §3.3): [x; h̃], with 0 for h̃ at the first step, and the matrix `rnn.weight_ih_l0` [G·H, I + U]. For models with attention that
  /// run forward only; their layers and their attention then go through the steps together, one after the other.
  public var hasInputFeeding = false

  /// A conditional random field on the outputs, and what it forbids; nil: none. Its parameters `crf.transitions` [O, O], rows: from,
  /// `crf.start_transitions` and `crf.end_transitions` [O] are trained by `Loss.crf`. For a head at every step.
  public var crf: CRFConstraints?

  // MARK: Regularisation, in training only

  /// Probability with which an output of a layer is dropped on its way to the next layer. Between layers only, as
  /// PyTorch's `dropout`; at least two layers are needed for it to act. In residual blocks it acts elsewhere: see `ResidualBlocks`.
  public var dropout: Double
  /// Probability with which what the head reads is dropped (char-rnn's last dropout). 0 without a head.
  public var headDropout: Double
  /// Whether `dropout` and `headDropout` drop the same units at all steps of a sequence (Gal & Ghahramani 2016).
  public var isDropoutVariational = false
  /// Probability with which a unit of the output is dropped on its way back into the recurrent product, the same units
  /// at all steps of a sequence (Gal & Ghahramani 2016; Keras's `recurrent_dropout`).
  public var recurrentDropout = 0.0
  /// Probability with which an entry of the recurrent matrices is 0 in a batch, the same for all its steps and sequences (DropConnect as of
  /// the weight-dropped LSTM, Merity, Keskar & Socher 2018). Not of matrices of low rank.
  public var weightDropout = 0.0
  /// Probability with which a token's vector is 0 wherever it comes in a batch, the others being scaled up (Gal & Ghahramani 2016; Merity
  /// et al. 2018). Of an embedding.
  public var embeddingDropout = 0.0
  /// Probabilities with which units of the state keep their old values.
  public var zoneout = Zoneout.none

  /// - Precondition: sizes are at least 1; 0 ≤ dropouts < 1; without a head the output size is the top layer's and the
  ///   head's dropout 0.
  public init(
    cell: some RecurrentCell, input: Input, hiddenSize: Int, layerCount: Int = 1, directions: Directions = .forward,
    outputSize: Int, head: Head = .everyStep, dropout: Double = 0, headDropout: Double = 0
  ) {
    self.cell = cell
    self.input = input
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.directions = directions
    self.head = head
    self.dropout = dropout
    self.headDropout = headDropout
    headSize = outputSize
    validate()
    require(
      head != .none || outputSize == self.outputSize,
      "without a head the output size is the hidden size, \(self.outputSize); got \(outputSize)")
  }

  /// A stack of recurrent layers without a head.
  /// - Precondition: sizes are at least 1; 0 ≤ dropout < 1.
  public init(
    cell: some RecurrentCell, input: Input, hiddenSize: Int, layerCount: Int = 1, directions: Directions = .forward,
    dropout: Double = 0
  ) {
    self.init(
      cell: cell, input: input, hiddenSize: hiddenSize, layerCount: layerCount, directions: directions,
      outputSize: directions.merge == .concatenate ? 2 * hiddenSize : hiddenSize, head: .none, dropout: dropout)
  }

  /// O: classes or values of the head; without one the width of the top layer's output.
  public var outputSize: Int {
    get { head == .none ? outputSize(ofLayer: layerCount - 1) : headSize }
    set { headSize = newValue }
  }
}

// MARK: Checks

extension ModelConfiguration {
  /// What is wrong with the CRF; nil: nothing, or there is none.
  var crfFault: String? {
    guard let crf else { return nil }
    if head != .everyStep { return "a CRF needs a head at every step" }
    return crf.fault(labelCount: outputSize)
  }

  /// What is wrong with input feeding; nil: nothing, or there is none.
  var feedingFault: String? {
    guard hasInputFeeding else { return nil }
    if attention == nil { return "input feeding needs attention, whose output it feeds" }
    if blocks != nil { return "input feeding goes step by step, which residual blocks do not" }
    if directions != .forward { return "input feeding needs layers that run forward only" }
    if ranks?.first?.input != nil { return "the first layer's input matrix has no low rank with input feeding" }
    return nil
  }

  /// Traps where a size, a probability or a combination is out of range (the fields can be changed after `init`).
  func validate() {
    require(hiddenSize >= 1, "hidden size must be 1 or more, got \(hiddenSize)")
    require(layerCount >= 1, "layer count must be 1 or more, got \(layerCount)")
    if let hiddenSizes {
      require(
        hiddenSizes.count == layerCount, "expected a hidden size for each of \(layerCount) layers, got \(hiddenSizes)")
      require(hiddenSizes.allSatisfy { $0 >= 1 }, "hidden sizes must be 1 or more, got \(hiddenSizes)")
    }
    require(head == .none || headSize >= 1, "output size must be 1 or more, got \(headSize)")
    require(input.size >= 1, "input size must be 1 or more, got \(input.size)")
    require(input.vocabularySize ?? 1 >= 1, "vocabulary size must be 1 or more")
    if case .features(let tables, let letters) = input {
      letters?.validate()
      require(
        tables.allSatisfy { $0.vocabularySize >= 1 && $0.size >= 1 },
        "each table must have 1 token and 1 number or more")
    }
    for (name, rate) in [
      ("dropout", dropout), ("head dropout", headDropout), ("recurrent dropout", recurrentDropout),
      ("weight dropout", weightDropout), ("embedding dropout", embeddingDropout),
    ] {
      require((0..<1).contains(rate), "\(name) must be in 0..<1, got \(rate)")
    }
    require(head != .none || headDropout == 0, "there is no head for a head dropout of \(headDropout)")
    require(!headReadsAllLayers || head == .everyStep, "all layers are read by a head at every step only")
    require(
      attention == nil || (head == .everyStep && !headReadsAllLayers),
      "attention needs a head at every step that reads the top layer")
    if let feedingFault { stop(feedingFault) }
    if let crfFault { stop(crfFault) }
    require(
      recurrentDropout == 0 || cell.structure.recurrentProduct != .none,
      "a recurrent dropout of \(recurrentDropout) needs a recurrent product; \(cell.name) has none")
    if let maskFault { stop(maskFault) }
    if let rankFault { stop(rankFault) }
    if let tyingFault { stop(tyingFault) }
    if let blocksFault { stop(blocksFault) }
    if let projectionSize {
      require(projectionSize >= 1, "projection size must be 1 or more, got \(projectionSize)")
      require(
        cell.structure.allowsProjection, "cell \(cell.name) reads its own output: it cannot be projected")
      for layer in 0..<layerCount {
        require(
          projectionSize < hiddenSize(ofLayer: layer),
          "a projection to \(projectionSize) of \(hiddenSize(ofLayer: layer)) units: expected fewer")
      }
    }
  }
}
