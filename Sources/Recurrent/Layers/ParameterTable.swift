/// The parameters of a model: name, shape and place of each in one flat block. Names and shapes are PyTorch's, as of a
/// module with an `nn.Embedding` named embedding, an `nn.RNN`/`LSTM`/`GRU` named rnn and an `nn.Linear` named linear
/// (the head, if there is one).
public struct ParameterTable: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public let name: String
    /// [rows, columns] of a matrix, [count] of a vector.
    public let shape: [Int]
    /// First scalar in the flat block.
    public let offset: Int
    public var count: Int { shape.reduce(1, *) }
  }

  /// In the order of the flat block.
  public private(set) var entries: [Entry] = []
  /// Scalars of the flat block. Each parameter starts at a multiple of 16 scalars; what lies between is always 0.
  public private(set) var blockCount = 0

  /// Scalars in all parameters, padding left out.
  public var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }

  /// nil where no parameter has the name.
  public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

  /// Offsets that the engine needs, so that no name is looked up in a pass.
  struct Layer: Sendable, Hashable {
    var inputWeights = 0
    var hiddenWeights = 0
    var inputBias = 0
    var hiddenBias = 0
  }
  private(set) var layers: [Layer] = []
  private(set) var embedding = 0
  private(set) var headWeights = 0
  private(set) var headBias = 0

  /// - Throws: `PlanError.tooLarge` where a size overflows.
  public init(_ configuration: ModelConfiguration) throws(PlanError) {
    configuration.validate()
    let hidden = configuration.hiddenSize
    let (rows, overflow) = configuration.cell.structure.gateCount.multipliedReportingOverflow(by: hidden)
    if overflow { throw .tooLarge(what: "the weights of a layer of \(hidden) hidden units") }
    if case .embedding(let vocabulary, let size) = configuration.input {
      embedding = try append("embedding.weight", [vocabulary, size])
    }
    for layer in 0..<configuration.layerCount {
      var places = Layer()
      places.inputWeights = try append(
        "rnn.weight_ih_l\(layer)", [rows, configuration.inputSize(ofLayer: layer)])
      places.hiddenWeights = try append("rnn.weight_hh_l\(layer)", [rows, hidden])
      places.inputBias = try append("rnn.bias_ih_l\(layer)", [rows])
      places.hiddenBias = try append("rnn.bias_hh_l\(layer)", [rows])
      layers.append(places)
    }
    guard configuration.head != .none else { return }
    headWeights = try append("linear.weight", [configuration.outputSize, hidden])
    headBias = try append("linear.bias", [configuration.outputSize])
  }

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
