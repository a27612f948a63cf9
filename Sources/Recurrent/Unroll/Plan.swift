internal import Kernels

/// Every buffer of a pass: place, shape and size, computed from (model, T, N) before anything is allocated. Printing it
/// shows them all.
public struct Plan: Sendable, CustomStringConvertible {
  /// How long a buffer's contents are needed.
  public enum Lifetime: String, Sendable, Hashable, CaseIterable {
    case parameters, gradients, moments
    /// Copies of the weights as the products want them, made once per update.
    case packed
    /// Forward keeps it for backward.
    case workspace
    /// Dies with the call.
    case scratch
  }

  public struct Buffer: Sendable, Hashable {
    public let name: String
    public let lifetime: Lifetime
    public let shape: [Int]
    public let bytes: Int
  }

  /// What a pass is for.
  public enum Purpose: Sendable, Hashable {
    /// Forward only, and a loss if one is to be computed.
    case inference(loss: Loss?)
    /// Forward and backward, the moments of an optimizer, and a loss (nil: the caller gives dL/d(outputs)).
    case training(loss: Loss?, momentCount: Int)
  }

  public let purpose: Purpose
  /// T.
  public let steps: Int
  /// N.
  public let batchSize: Int
  public private(set) var buffers: [Buffer] = []
  /// All buffers together.
  public var totalBytes: Int { buffers.reduce(0) { $0 + $1.bytes } }

  // What the engine needs.
  let configuration: ModelConfiguration
  let table: ParameterTable
  private(set) var layers: [LayerPlan] = []
  /// From a parameter to its gradient; and from a gradient to its first and second moments.
  private(set) var gradientShift = 0
  /// [V, E]; nil without embedding.
  private(set) var embedding: Matrix?
  /// [T·N, I] the dense or embedded input; nil for one-hot tokens.
  private(set) var input: Matrix?
  /// [T·N, I] dL/d(input); nil where nobody wants it.
  private(set) var inputGradient: Matrix?
  /// [T·N, H] dL/d(outputs of the layer whose turn it is).
  private(set) var outputGradient: Matrix?
  /// [O, H] and [1, O]; empty without a head.
  private(set) var headWeights = WeightPlan(matrix: Matrix(offset: 0, rows: 0, columns: 0))
  private(set) var headBias = Matrix(offset: 0, rows: 0, columns: 0)
  /// [T·N or N, O] the head's outputs, then dL/d(outputs); without a head a view of the top layer's h, whose rows are
  /// not contiguous.
  private(set) var outputs = Matrix(offset: 0, rows: 0, columns: 0)
  /// What the loss needs; nil: there is none.
  private(set) var lossPlan: LossPlan?
  /// Steps whose input product is done at once, before the steps themselves. All in training, which keeps every gate;
  /// else so many that the products have rows enough.
  let blockSteps: Int
  /// Scalars in the engine's block.
  private(set) var scalarCount = 0
  private let scalarBytes: Int

  /// - Parameters:
  ///   - inputGradient: whether dL/d(input) is wanted where the input is vectors.
  /// - Throws: `PlanError` where a size overflows or the memory does not suffice.
  public init<S: Scalar>(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, purpose: Purpose,
    inputGradient wantsInputGradient: Bool = false, scalar: S.Type
  ) throws(PlanError) {
    precondition(steps >= 1, "steps must be 1 or more, got \(steps)")
    precondition(batchSize >= 1, "batch size must be 1 or more, got \(batchSize)")
    precondition(
      configuration.head != .none || purpose.loss == nil,
      "a model without head has no loss of its own; use RecurrentPass")
    self.configuration = configuration
    self.purpose = purpose
    self.steps = steps
    self.batchSize = batchSize
    blockSteps = if case .training = purpose { steps } else { min(steps, max(1, 1024 / batchSize)) }
    scalarBytes = MemoryLayout<S>.stride
    table = try ParameterTable(configuration)
    try Self.refuseOverflow(configuration, steps: steps, batchSize: batchSize, table: table)

    let rows = steps * batchSize
    var momentCount = 0
    if case .training(_, let count) = purpose { momentCount = count }

    // Parameters first, laid out as in the model; gradients and moments follow in the same layout.
    for entry in table.entries { record(entry.name, .parameters, entry.shape) }
    scalarCount = table.blockCount
    gradientShift = table.blockCount
    if isTraining {
      for entry in table.entries { record("d\(entry.name)", .gradients, entry.shape) }
      scalarCount += table.blockCount
      for moment in 0..<momentCount {
        record("moment \(moment + 1)", .moments, [table.blockCount])
        scalarCount += table.blockCount
      }
    }

    switch configuration.input {
    case .oneHot: break
    case .embedding(let vocabulary, let size):
      embedding = Matrix(offset: table.embedding, rows: vocabulary, columns: size)
      input = reserve("embedded input", .workspace, [rows, size])
    case .vectors(let size):
      input = reserve("input", .workspace, [rows, size])
    }
    for index in 0..<configuration.layerCount {
      layers.append(
        layer(
          index, rows: rows, isTraining: isTraining, wantsInputGradient: wantsInputGradient, scalar: scalar))
    }

    if configuration.head == .none {
      outputs = layers[layers.count - 1].outputs
    } else {
      reserveHead(scalar)
      if let loss { lossPlan = try reserve(loss) }
    }
    if isTraining {
      outputGradient = reserve("dlayer output", .scratch, [rows, configuration.hiddenSize])
      if embedding != nil || (wantsInputGradient && configuration.input.vocabularySize == nil) {
        inputGradient = reserve("dinput", .scratch, [rows, configuration.input.size])
      }
    }
    try PlanError.refuse(bytesOver: scalarCount * scalarBytes + sumCount * 8, for: "this model and batch")
  }

  private mutating func layer<S: Scalar>(
    _ index: Int, rows: Int, isTraining: Bool, wantsInputGradient: Bool, scalar: S.Type
  ) -> LayerPlan {
    let structure = configuration.cell.structure
    let hidden = configuration.hiddenSize
    let inputSize = configuration.inputSize(ofLayer: index)
    let gateRows = structure.gateCount * hidden
    let places = table.layers[index]
    let gathers = index == 0 && input == nil
    let below = index == 0 ? input : layers[index - 1].passedUp
    let name = "layer \(index) "
    // Backward needs all steps; without it those of a block take turns.
    let keptRows = isTraining ? rows : blockSteps * batchSize

    var layer = LayerPlan(
      structure: structure, hidden: hidden, inputSize: inputSize,
      inputWeights: WeightPlan(matrix: Matrix(offset: places.inputWeights, rows: gateRows, columns: inputSize)),
      hiddenWeights: Matrix(offset: places.hiddenWeights, rows: gateRows, columns: hidden),
      inputBias: Matrix(offset: places.inputBias, rows: 1, columns: gateRows),
      hiddenBias: Matrix(offset: places.hiddenBias, rows: 1, columns: gateRows),
      rowBias: reserve(name + "row bias", .packed, [1, structure.rowGateCount * hidden]),
      packedForward: 0,
      input: below,
      gates: reserve(name + "gates", .workspace, [keptRows, structure.rowGateCount * hidden]),
      states: reserve(
        name + "states", .workspace, [rows + batchSize, structure.stateCount * hidden]),
      saved: reserve(name + "saved", .workspace, [keptRows, structure.savedCount * hidden]),
      stateGradient: Matrix(offset: 0, rows: batchSize, columns: structure.stateCount * hidden))
    if gathers {
      layer.inputTable = reserve(name + "input table", .packed, [inputSize, gateRows])
    } else {
      let goesBack = isTraining && (index > 0 || embedding != nil || wantsInputGradient)
      reservePacked(name + "weight_ih", &layer.inputWeights, rows: rows, backward: goesBack, scalar)
    }
    if structure.recurrentProduct == .lastGateApart {
      layer.reorderedWeights = reserve(name + "weight_hh reordered", .packed, [gateRows, hidden], padded: false)
    }
    let first = layer.recurrentColumns.count
    let second = layer.secondStageColumns.count
    layer.packedForward = reservePacked(name + "weight_hh packed forward", hidden, first, scalar)
    if second > 0 {
      layer.packedSecondForward = reservePacked(name + "weight_hh packed forward 2", hidden, second, scalar)
    }
    guard isTraining else { return layer }

    layer.packedBackward = reservePacked(name + "weight_hh packed backward", first, hidden, scalar)
    if second > 0 {
      layer.packedSecondBackward = reservePacked(name + "weight_hh packed backward 2", second, hidden, scalar)
      layer.operandGradient = reserve(name + "doperand", .scratch, [batchSize, hidden])
    }
    layer.stateGradient = reserve(
      name + "dstate", .scratch, [batchSize, structure.stateCount * hidden])
    if gathers {
      layer.tableGradient = reserve(name + "dinput table", .scratch, [inputSize, gateRows])
    }
    if configuration.dropout(aboveLayer: index) > 0 {
      layer.dropped = reserve(name + "dropped output", .workspace, [rows, hidden])
    }
    return layer
  }

  private mutating func reserveHead<S: Scalar>(_ scalar: S.Type) {
    let outputSize = configuration.outputSize
    var weights = WeightPlan(
      matrix: Matrix(offset: table.headWeights, rows: outputSize, columns: configuration.hiddenSize))
    headBias = Matrix(offset: table.headBias, rows: 1, columns: outputSize)
    let outputRows = outputRows(steps: steps)
    reservePacked("head weight", &weights, rows: outputRows, backward: isTraining, scalar)
    headWeights = weights
    outputs = reserve("outputs", .workspace, [outputRows, outputSize], padded: false)
  }

  // MARK: Places

  mutating func record(
    _ name: String, _ lifetime: Lifetime, _ shape: [Int], scalars: Int? = nil, bytes: Int? = nil
  ) {
    let count = scalars ?? (shape.reduce(1, *) + 15) / 16 * 16
    buffers.append(Buffer(name: name, lifetime: lifetime, shape: shape, bytes: bytes ?? count * scalarBytes))
  }

  /// Padded rows start on cache lines and are never a multiple of 256 scalars long: rows of such strides would compete
  /// for the same lines of the first-level cache.
  mutating func reserve(
    _ name: String, _ lifetime: Lifetime, _ shape: [Int], padded: Bool = true
  ) -> Matrix {
    let (rows, columns) = (shape[0], shape[1])
    var stride = columns
    if padded {
      stride = (columns + 15) / 16 * 16
      if stride > 0, stride % 256 == 0, rows > 1 { stride += 16 }
    }
    let matrix = Matrix(offset: scalarCount, rows: rows, columns: columns, stride: stride)
    let scalars = (rows * stride + 15) / 16 * 16
    if scalars > 0 { record(name, lifetime, shape, scalars: scalars) }
    scalarCount += scalars
    return matrix
  }

  private mutating func reservePacked<S: Scalar>(
    _ name: String, _ inner: Int, _ columns: Int, _ scalar: S.Type
  ) -> Int {
    let offset = scalarCount
    let scalars = (Block<S>.packedCount(inner: inner, columns: columns) + 15) / 16 * 16
    record(name, .packed, [inner, columns], scalars: scalars)
    scalarCount += scalars
    return offset
  }

  /// Room for packed copies of weights that multiply `rows` rows at once, if our own products are to do it.
  private mutating func reservePacked<S: Scalar>(
    _ name: String, _ weights: inout WeightPlan, rows: Int, backward: Bool, _ scalar: S.Type
  ) {
    guard ProductChoice.packsInputWeights(rows: rows) else { return }
    let (outputs, inputs) = (weights.matrix.rows, weights.matrix.columns)
    weights.packedForward = reservePacked(name + " packed forward", inputs, outputs, scalar)
    if backward { weights.packedBackward = reservePacked(name + " packed backward", outputs, inputs, scalar) }
  }

  /// Refuses sizes whose sums could overflow below: a bound on all buffers together, computed with care.
  private static func refuseOverflow(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, table: ParameterTable
  ) throws(PlanError) {
    let structure = configuration.cell.structure
    let widest = structure.rowGateCount + structure.stateCount + structure.savedCount + 3
    // In Double an overflow cannot happen, and 2⁵⁸ bytes leave room for any rounding.
    let perRow =
      Double(configuration.layerCount) * Double(widest) * (Double(configuration.hiddenSize) + 32)
      + 2 * Double(configuration.input.size) + 2 * Double(configuration.outputSize)
    let scalars = (Double(steps) + 1) * Double(batchSize) * perRow + 16 * Double(table.blockCount)
    if scalars * 8 > 0x1p58 {
      throw .tooLarge(what: "a batch of \(batchSize) sequences of \(steps) steps")
    }
  }

  // MARK: Printing

  public var description: String {
    var lines = ["plan: \(steps) steps × \(batchSize) sequences, \(ByteCount(totalBytes)) in all"]
    let width = buffers.map(\.name.count).max() ?? 0
    for lifetime in Lifetime.allCases {
      let group = buffers.filter { $0.lifetime == lifetime }
      guard !group.isEmpty else { continue }
      lines.append("\(lifetime.rawValue): \(ByteCount(group.reduce(0) { $0 + $1.bytes }))")
      for buffer in group {
        let name = buffer.name + String(repeating: " ", count: width - buffer.name.count)
        lines.append("  \(name)  \(buffer.shape)  \(ByteCount(buffer.bytes))")
      }
    }
    return lines.joined(separator: "\n")
  }
}
