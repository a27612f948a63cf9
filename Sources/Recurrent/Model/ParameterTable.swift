/// The parameters of a model: name, shape and place of each in one flat block. Names and shapes are PyTorch's, as of a
/// module with an `nn.Embedding` named embedding, an `nn.RNN`/`LSTM`/`GRU` named rnn and `nn.Linear`s named attention
/// and linear (the attentional layer and the head, if there are such); a CRF's are those of the module `CRF` of pytorch-crf, named crf. What PyTorch does not have: rnn.vectors_l… [vectors, H], a cell's own vectors, and
/// rnn.initial_state_l… [S, H], a trained initial state (with a projection the first P of its first row are used). Of a matrix
/// of low rank there are both factors, as rnn.weight_hh_left_l… [G·H, r] and rnn.weight_hh_right_l… [r, H], and none whole.
/// Residual blocks have, after the recurrence of a layer of width U that reads I, rnn.norm_l… [I] where it reads a norm,
/// rnn.feed_forward_norm_l… [U], rnn.feed_forward_gate_l… and rnn.feed_forward_up_l… [F, U] and rnn.feed_forward_down_l… [U, F],
/// and behind the top layer norm.weight [U], as of an `nn.RMSNorm` named norm.
public struct ParameterTable: Sendable, Hashable {
  /// One parameter.
  public struct Entry: Sendable, Hashable {
    /// As in PyTorch's state dictionary.
    public let name: String
    /// [rows, columns] of a matrix, [count] of a vector.
    public let shape: [Int]
    /// First scalar in the flat block.
    public let offset: Int
    /// Scalars of the parameter.
    public var count: Int { shape.reduce(1, *) }
  }

  /// In the order of the flat block.
  public private(set) var entries: [Entry] = []
  /// Scalars of the flat block. Each parameter starts at a multiple of 16 scalars; what lies between is always 0.
  public private(set) var blockCount = 0

  /// Before the names of the parameters of an encoder of letters.
  static let lettersPrefix = "letters."
  /// Before the names of those of feed-forward layers in residual blocks.
  static let feedForwardPrefix = "rnn.feed_forward_"

  /// Whether a parameter is the gain of a norm in residual blocks.
  static func isGain(_ name: String) -> Bool {
    ["norm.weight", "rnn.norm_", feedForwardPrefix + "norm_"].contains(where: name.hasPrefix)
  }

  /// Scalars in all parameters, padding left out.
  public var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }

  /// nil where no parameter has the name. A tied embedding is `linear.weight`, too.
  public subscript(name: String) -> Entry? {
    let name = tiesEmbedding && name == "linear.weight" ? "embedding.weight" : name
    return entries.first { $0.name == name }
  }

  /// The right factor [rank, columns] of a matrix of low rank.
  struct RightFactor: Sendable, Hashable {
    let offset: Int
    let rank: Int
  }

  /// Offsets of one direction of a layer that the engine needs, so that no name is looked up in a pass.
  struct Recurrence: Sendable, Hashable {
    /// Of low rank its left factor.
    var inputWeights = 0
    /// nil for a whole matrix.
    var inputRight: RightFactor?
    /// Of low rank its left factor; of a cell without recurrent product 0, as its bias.
    var hiddenWeights = 0
    /// nil for a whole matrix.
    var hiddenRight: RightFactor?
    var inputBias = 0
    var hiddenBias = 0
    /// nil without projection.
    var projection: Int?
    /// nil where the cell has no vectors.
    var vectors: Int?
    /// nil where the state starts from 0.
    var initialState: Int?
  }
  /// Layer by layer, in each the forward direction first.
  private(set) var recurrences: [Recurrence] = []
  /// Where the parameters of each layer begin, and at last of all that stands upon the layers.
  private(set) var layerStarts: [Int] = []

  /// Offsets of what a residual block has besides its recurrence.
  struct Block: Sendable, Hashable {
    /// nil where the recurrence reads what the layer reads as it is.
    var norm: Int?
    var feedForwardNorm = 0
    var gate = 0
    var up = 0
    var down = 0
  }
  /// Of each layer; empty without residual blocks.
  private(set) var blocks: [Block] = []
  /// The gain of the norm behind the top layer; nil without residual blocks.
  private(set) var norm: Int?
  private(set) var embedding = 0
  /// Of several tokens a step; else empty.
  private(set) var embeddings: [Int] = []
  /// Where the parameters of an encoder of letters begin, laid out as a model's of its own; nil without.
  private(set) var letters: Int?
  private(set) var attentionWeights = 0
  private(set) var attentionBias = 0
  /// nil where queries are the top layer's outputs as they are.
  private(set) var queryWeights: Int?
  /// Of additive attention: K and v.
  private(set) var additiveWeights: AdditiveWeights?
  private(set) var headWeights = 0
  private var tiesEmbedding = false
  private(set) var headBias = 0
  /// nil without a CRF.
  private(set) var crf: CRFOffsets?

  /// Where K and v of additive attention stand.
  struct AdditiveWeights: Sendable, Hashable, BitwiseCopyable {
    /// [U, U]
    let keys: Int
    /// [1, U]
    let scores: Int
  }

  /// Where a CRF's parameters stand, and how many labels it has.
  struct CRFOffsets: Sendable, Hashable, BitwiseCopyable {
    /// K.
    let labelCount: Int
    /// [K, K], rows: from.
    let transitions: Int
    /// [K]
    let starts: Int
    /// [K]
    let ends: Int
  }

  /// - Throws: `PlanError.tooLarge` where a size overflows.
  public init(_ configuration: ModelConfiguration) throws(PlanError) {
    configuration.validate()
    for layer in 0..<configuration.layerCount where configuration.hiddenSize(ofLayer: layer) > Int.max >> 8 {
      throw .tooLarge(what: "the weights of a layer of \(configuration.hiddenSize(ofLayer: layer)) hidden units")
    }
    if case .embedding(let vocabulary, let size) = configuration.input {
      embedding = try append("embedding.weight", [vocabulary, size])
    }
    if case .features(let tables, let letters) = configuration.input {
      for (index, own) in tables.enumerated() {
        embeddings.append(try append("embeddings.\(index).weight", [own.vocabularySize, own.size]))
      }
      if let letters {
        self.letters = blockCount
        for entry in try ParameterTable(letters.configuration).entries {
          try append(Self.lettersPrefix + entry.name, entry.shape)
        }
      }
    }
    for layer in 0..<configuration.layerCount {
      layerStarts.append(blockCount)
      for direction in 0..<configuration.directions.count {
        try append(configuration, layer: layer, suffix: "_l\(layer)" + (direction == 0 ? "" : "_reverse"))
      }
      if configuration.blocks != nil { try appendBlock(configuration, layer: layer) }
    }
    layerStarts.append(blockCount)
    if configuration.blocks != nil {
      norm = try append("norm.weight", [configuration.outputSize(ofLayer: configuration.layerCount - 1)])
    }
    if configuration.attention != nil {
      let size = configuration.headInputSize
      attentionWeights = try append("attention.weight", [size, 2 * size])
      attentionBias = try append("attention.bias", [size])
      if configuration.attention?.hasQueryWeights == true {
        queryWeights = try append("attention.query.weight", [size, size])
      }
      if configuration.attention == .additive {
        additiveWeights = AdditiveWeights(
          keys: try append("attention.key.weight", [size, size]),
          scores: try append("attention.score.weight", [1, size]))
      }
    }
    guard configuration.head != .none else { return }
    headWeights =
      configuration.tiesEmbedding
      ? embedding : try append("linear.weight", [configuration.outputSize, configuration.headInputSize])
    tiesEmbedding = configuration.tiesEmbedding
    headBias = try append("linear.bias", [configuration.outputSize])
    guard configuration.crf != nil else { return }
    let count = configuration.outputSize
    crf = CRFOffsets(
      labelCount: count, transitions: try append("crf.transitions", [count, count]),
      starts: try append("crf.start_transitions", [count]), ends: try append("crf.end_transitions", [count]))
  }

  private mutating func append(
    _ configuration: ModelConfiguration, layer: Int, suffix: String
  ) throws(PlanError) {
    let structure = configuration.cell.structure
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let output = configuration.directionSize(ofLayer: layer)
    let (rows, overflow) = structure.gateCount.multipliedReportingOverflow(by: hidden)
    if overflow { throw .tooLarge(what: "the weights of a layer of \(hidden) hidden units") }
    let hasProduct = structure.recurrentProduct != .none
    var places = Recurrence()
    let ranks = configuration.lowRank(ofLayer: layer)
    (places.inputWeights, places.inputRight) = try appendMatrix(
      "rnn.weight_ih", suffix, [rows, configuration.inputColumns(ofLayer: layer)], rank: ranks.input)
    if hasProduct {
      (places.hiddenWeights, places.hiddenRight) = try appendMatrix(
        "rnn.weight_hh", suffix, [rows, output], rank: ranks.recurrent)
    }
    places.inputBias = try append("rnn.bias_ih" + suffix, [rows])
    if hasProduct { places.hiddenBias = try append("rnn.bias_hh" + suffix, [rows]) }
    if configuration.projectionSize != nil {
      places.projection = try append("rnn.weight_hr" + suffix, [output, hidden])
    }
    if structure.vectorCount > 0 {
      places.vectors = try append("rnn.vectors" + suffix, [structure.vectorCount, hidden])
    }
    if configuration.trainsInitialState {
      places.initialState = try append("rnn.initial_state" + suffix, [structure.stateCount, hidden])
    }
    recurrences.append(places)
  }

  private mutating func appendBlock(_ configuration: ModelConfiguration, layer: Int) throws(PlanError) {
    let (suffix, width) = ("_l\(layer)", configuration.outputSize(ofLayer: layer))
    let inner = configuration.feedForwardSize(ofLayer: layer)
    var places = Block()
    if configuration.normalizesInput(layer: layer) {
      places.norm = try append("rnn.norm" + suffix, [configuration.inputSize(ofLayer: layer)])
    }
    places.feedForwardNorm = try append(Self.feedForwardPrefix + "norm" + suffix, [width])
    places.gate = try append(Self.feedForwardPrefix + "gate" + suffix, [inner, width])
    places.up = try append(Self.feedForwardPrefix + "up" + suffix, [inner, width])
    places.down = try append(Self.feedForwardPrefix + "down" + suffix, [width, inner])
    blocks.append(places)
  }

  /// A matrix, or its factors.
  /// - Parameter rank: nil for a whole matrix.
  private mutating func appendMatrix(
    _ name: String, _ suffix: String, _ shape: [Int], rank: Int?
  ) throws(PlanError) -> (offset: Int, right: RightFactor?) {
    guard let rank else { return (try append(name + suffix, shape), nil) }
    let left = try append(name + LowRank.leftSuffix + suffix, [shape[0], rank])
    return (
      left, RightFactor(offset: try append(name + LowRank.rightSuffix + suffix, [rank, shape[1]]), rank: rank)
    )
  }

  @discardableResult
  private mutating func append(_ name: String, _ shape: [Int]) throws(PlanError) -> Int {
    let offset = blockCount
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      // Leaves room for every later sum over parameters, gradients and moments in bytes.
      if overflow || product > Int.max >> 8 { throw .tooLarge(what: "parameter \(name) of shape \(shape)") }
      count = product
    }
    entries.append(Entry(name: name, shape: shape, offset: offset))
    blockCount += (count + 15) / 16 * 16
    if blockCount > Int.max >> 8 { throw .tooLarge(what: "the parameters") }
    return offset
  }
}
