import Recurrent

/// Cell, sizes and directions of a stack of layers, as the shapes of its weights say.
struct RecurrentStack {
  let cell: any RecurrentCell
  let inputSize: Int
  /// H of each layer.
  let hiddenSizes: [Int]
  let projectionSize: Int?
  let directions: Directions
  /// Width of what a head reads.
  let outputSize: Int
  /// nil where it is still to be read from the file.
  private let given: ModelConfiguration?

  init(_ configuration: ModelConfiguration) {
    cell = configuration.cell
    inputSize = configuration.inputSize(ofLayer: 0)
    hiddenSizes = (0..<configuration.layerCount).map { configuration.hiddenSize(ofLayer: $0) }
    projectionSize = configuration.projectionSize
    directions = configuration.directions
    outputSize = configuration.headInputSize
    given = configuration
  }

  /// - Parameter parameters: of nn.RNN, nn.LSTM or nn.GRU, by their names.
  init(
    _ parameters: [String: StateDictionaryNames.Tensor], module: String, cell: (any RecurrentCell)?, file: String
  ) throws(ExchangeError) {
    func matrix(_ name: String) throws(ExchangeError) -> (rows: Int, columns: Int) {
      guard let tensor = parameters[name] else {
        throw .missingTensor(
          file: file, name: module.isEmpty ? name : module + "." + name, reason: "the recurrent layer needs it")
      }
      let shape = tensor.shape
      guard shape.count == 2, shape.allSatisfy({ $0 >= 1 }) else {
        throw .shapeMismatch(file: file, tensor: tensor.name, expected: "[rows, columns]", actual: shape)
      }
      return (shape[0], shape[1])
    }
    inputSize = try matrix("weight_ih_l0").columns
    var gates = 0
    var sizes: [Int] = []
    var projection: Int?
    while sizes.isEmpty || parameters["weight_ih_l\(sizes.count)"] != nil {
      let layer = sizes.count
      let hidden = try matrix("weight_hh_l\(layer)")
      var size = hidden.columns
      if parameters["weight_hr_l\(layer)"] != nil {
        let down = try matrix("weight_hr_l\(layer)")
        projection = down.rows
        size = down.columns
      }
      guard hidden.rows % size == 0, layer == 0 || hidden.rows / size == gates else {
        throw .shapeMismatch(
          file: file, tensor: parameters["weight_hh_l\(layer)"]!.name,
          expected: layer == 0 ? "[1, 3 or 4 times \(size), …]" : "[\(gates) times \(size), …]",
          actual: [hidden.rows, hidden.columns])
      }
      gates = hidden.rows / size
      sizes.append(size)
    }
    let found: any RecurrentCell
    switch gates {
    case 1: found = .rnn
    case 3: found = .gru
    case 4: found = .lstm
    default:
      throw .shapeMismatch(
        file: file, tensor: parameters["weight_hh_l0"]!.name, expected: "[1, 3 or 4 times \(sizes[0]), …]",
        actual: parameters["weight_hh_l0"]!.shape)
    }
    if let cell {
      if let difference = Self.difference(cell, gates: gates) {
        throw .invalidOptions(
          file: file,
          reason: "the weights are of \(gates == 1 ? "1 gate" : "\(gates) gates"), as of \(found.name); "
            + "the cell \(cell.name) \(difference)")
      }
    }
    self.cell = cell ?? found
    if let projection {
      guard self.cell.structure.allowsProjection, sizes.allSatisfy({ $0 > projection }) else {
        throw .invalidOptions(
          file: file, reason: "a projection to \(projection) units does not fit \(self.cell.name) of \(sizes) units")
      }
    }
    hiddenSizes = sizes
    projectionSize = projection
    directions = parameters["weight_ih_l0_reverse"] == nil ? .forward : .both(merge: .concatenate)
    outputSize = directions.count * (projection ?? sizes[sizes.count - 1])
    given = nil
  }

  /// What a cell has that weights of so many gates of nn.RNN, nn.LSTM or nn.GRU are not for; nil: nothing.
  private static func difference(_ cell: any RecurrentCell, gates: Int) -> String? {
    let structure = cell.structure
    if structure.gateCount != gates { return "has \(structure.gateCount)" }
    if structure.recurrentProduct == .none { return "has no recurrent weights" }
    guard structure.vectorCount > 0 else { return nil }
    return "has as many and vectors besides, \(structure.vectors.map(\.name).joined(separator: ", ")), which PyTorch's "
      + "layers do not have; where the file has them, as vectors_l0, --config says the model"
  }

  var vocabularySize: Int? { given?.input.vocabularySize }

  /// Whether a configuration that was given has an embedding and a head; nil where none was.
  var wantsEmbedding: Bool? {
    given.map { if case .embedding = $0.input { true } else { false } }
  }
  var wantsHead: Bool? { given.map { $0.head != .none } }
  var headSize: Int? { given?.outputSize }

  func configuration(
    input: ModelConfiguration.Input, outputSize: Int, head: ModelConfiguration.Head
  ) -> ModelConfiguration {
    // The output size of a stack without head follows from its other sizes, which are set below.
    var configuration = ModelConfiguration(
      cell: cell, input: input, hiddenSize: hiddenSizes[0], layerCount: hiddenSizes.count, directions: directions,
      outputSize: head == .none ? directions.count * hiddenSizes[0] : outputSize, head: head)
    if Set(hiddenSizes).count > 1 { configuration.hiddenSizes = hiddenSizes }
    configuration.projectionSize = projectionSize
    return configuration
  }
}
