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
  /// Whether a batch may have sequences of different lengths, or fewer than N, in training.
  let isRagged: Bool
  /// Steps of a training batch that are kept at once: T, or fewer where the others are computed again.
  let keptSteps: Int
  let index: IndexPlan
  /// Layer by layer, in each the forward direction first.
  private(set) var recurrences: [RecurrencePlan] = []
  private(set) var layers: [LayerPlan] = []
  /// nil without a head.
  private(set) var head: HeadPlan?
  /// From a parameter to its gradient; and from a gradient to its first and second moments.
  private(set) var gradientShift = 0
  /// [V, E]; nil without embedding.
  private(set) var embedding: Matrix?
  /// [R, I] the dense or embedded input; nil for one-hot tokens.
  private(set) var input: Matrix?
  /// [T·N, I] the vectors of the whole batch, where only a piece of its time stands in `input`.
  private(set) var wholeInput: Matrix?
  /// [pieces + 1, N, S·H] of each recurrence: the state before each piece of time, and after the last.
  private(set) var boundaries: [Matrix] = []
  /// [R, I] dL/d(input); nil where nobody wants it.
  private(set) var inputGradient: Matrix?
  /// [R, U] dL/d(outputs of the layer whose turn it is), as wide as the widest.
  private(set) var outputGradient: Matrix?
  /// [R, I] dL/d(input) in the other direction's order, as wide as the widest; nil for one direction.
  private(set) var mirroredGradient: Matrix?
  /// [R or N, O] the head's outputs, then dL/d(outputs); without a head a view of the top layer's, whose rows are not
  /// contiguous.
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
  ///   - isRagged: whether batches of training may have sequences of different lengths, T being the most.
  ///   - segmentSteps: steps that a training batch keeps at once, the others being computed again; nil: all.
  /// - Throws: `PlanError` where a size overflows or the memory does not suffice.
  public init<S: Scalar>(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, purpose: Purpose,
    inputGradient wantsInputGradient: Bool = false, isRagged: Bool = false, segmentSteps: Int? = nil, scalar: S.Type
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
    self.isRagged = isRagged
    keptSteps = min(steps, segmentSteps ?? steps)
    scalarBytes = MemoryLayout<S>.stride
    table = try ParameterTable(configuration)
    try Self.refuseOverflow(configuration, steps: steps, batchSize: batchSize, table: table)
    blockSteps = if case .training = purpose { steps } else { min(steps, max(1, 1024 / batchSize)) }
    index = IndexPlan(configuration, steps: steps, batchSize: batchSize)

    reserveParameters()
    if keptSteps < steps { validateSegments() }
    let rows = keptRows
    switch configuration.input {
    case .oneHot: break
    case .embedding(let vocabulary, let size):
      embedding = Matrix(offset: table.embedding, rows: vocabulary, columns: size)
      input = reserve("embedded input", .workspace, [rows, size])
    case .vectors(let size):
      input = reserve("input", .workspace, [rows, size])
      if keptSteps < steps { wholeInput = reserve("whole input", .workspace, [steps * batchSize, size]) }
    }
    let wantsGradient = isTraining && (embedding != nil || (wantsInputGradient && input != nil))
    var headColumns = 0
    for layer in 0..<configuration.layerCount {
      reserveLayer(layer, headColumns: headColumns, goesBack: layer > 0 || wantsGradient, scalar)
      headColumns += layers[layer].outputs.columns
    }
    if configuration.head == .none {
      outputs = layers[layers.count - 1].outputs
    } else {
      reserveHead(scalar)
      if let loss { lossPlan = try reserve(loss) }
    }
    if isTraining { reserveGradients(rows: rows, ofInput: wantsGradient) }
    if keptSteps < steps {
      let pieces = (steps + keptSteps - 1) / keptSteps
      for (index, recurrence) in recurrences.enumerated() {
        boundaries.append(
          reserve("layer \(index) boundaries", .workspace, [(pieces + 1) * batchSize, recurrence.states.columns]))
      }
    }
    try PlanError.refuse(bytesOver: scalarCount * scalarBytes + sumCount * 8, for: "this model and batch")
  }

  /// Rows that a batch keeps at once.
  private var keptRows: Int { keptSteps * batchSize }

  /// Traps where a batch cannot be taken piece by piece.
  private func validateSegments() {
    precondition(keptSteps >= 1, "a segment needs 1 step or more, got \(keptSteps)")
    precondition(isTraining, "only a training batch is computed again in segments")
    precondition(
      configuration.directions == .forward, "a layer that runs both ways cannot be computed again in segments")
    precondition(
      configuration.head == .everyStep || (configuration.head == .lastStep && !configuration.isResidual),
      "a head that reads \(configuration.head) of all steps cannot be computed again in segments")
    precondition(purpose.loss?.targets != .labels, "the connectionist loss reads all steps at once")
  }

  /// Parameters first, laid out as in the model; gradients and moments follow in the same layout.
  private mutating func reserveParameters() {
    for entry in table.entries { record(entry.name, .parameters, entry.shape) }
    scalarCount = table.blockCount
    gradientShift = table.blockCount
    guard case .training(_, let momentCount) = purpose else { return }
    for entry in table.entries { record("d\(entry.name)", .gradients, entry.shape) }
    scalarCount += table.blockCount
    for moment in 0..<momentCount {
      record("moment \(moment + 1)", .moments, [table.blockCount])
      scalarCount += table.blockCount
    }
  }

  private mutating func reserveLayer<S: Scalar>(
    _ layer: Int, headColumns: Int, goesBack: Bool, _ scalar: S.Type
  ) {
    let rows = keptRows
    let below = layer == 0 ? input : layers[layer - 1].passedUp
    let first = recurrences.count
    for direction in 0..<configuration.directions.count {
      let name = "layer \(layer) " + (direction == 0 ? "" : "reverse ")
      recurrences.append(
        recurrence(name, layer, isReverse: direction == 1, input: below, goesBack: goesBack, scalar))
    }
    let width = configuration.outputSize(ofLayer: layer)
    let addsInput = configuration.addsInput(layer: layer)
    let ownsOutputs = configuration.directions != .forward || addsInput
    let outputs =
      ownsOutputs ? reserve("layer \(layer) output", .workspace, [rows, width]) : recurrences[first].outputs
    var plan = LayerPlan(
      recurrences: first..<recurrences.count, merge: configuration.directions.merge, input: below,
      addsInput: addsInput, outputs: outputs, ownsOutputs: ownsOutputs,
      headColumns: configuration.headReadsAllLayers ? headColumns..<headColumns + width : nil)
    if isTraining, configuration.dropout > 0, layer < configuration.layerCount - 1 {
      plan.dropped = reserve("layer \(layer) dropped output", .workspace, [rows, width])
    }
    layers.append(plan)
  }

  private mutating func recurrence<S: Scalar>(
    _ name: String, _ layer: Int, isReverse: Bool, input below: Matrix?, goesBack: Bool, _ scalar: S.Type
  ) -> RecurrencePlan {
    let structure = CellShape(configuration.cell.structure)
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let output = configuration.directionSize(ofLayer: layer)
    let inputSize = configuration.inputSize(ofLayer: layer)
    let gateRows = structure.gateCount * hidden
    let productRows = structure.recurrentProduct == .none ? 0 : gateRows
    let places = table.recurrences[recurrences.count]
    let rows = keptRows
    let stateColumns = structure.stateCount * hidden
    // Backward needs all steps; without it those of a block take turns.
    let blockRows = isTraining ? rows : blockSteps * batchSize

    var plan = RecurrencePlan(
      structure: structure, hidden: hidden, outputSize: output, batchSize: batchSize, isReverse: isReverse,
      inputWeights: WeightPlan(matrix: Matrix(offset: places.inputWeights, rows: gateRows, columns: inputSize)),
      hiddenWeights: Matrix(offset: places.hiddenWeights, rows: productRows, columns: output),
      inputBias: Matrix(offset: places.inputBias, rows: 1, columns: gateRows),
      hiddenBias: Matrix(offset: places.hiddenBias, rows: 1, columns: productRows),
      vectors: places.vectors.map { Matrix(offset: $0, rows: 1, columns: structure.vectorCount * hidden) },
      initialState: places.initialState.map { Matrix(offset: $0, rows: 1, columns: stateColumns) },
      rowBias: reserve(name + "row bias", .packed, [1, structure.rowGateCount * hidden]),
      input: isReverse && below != nil ? reserve(name + "input", .workspace, [rows, inputSize]) : below,
      gates: reserve(name + "gates", .workspace, [blockRows, structure.rowGateCount * hidden]),
      states: reserve(name + "states", .workspace, [rows + batchSize, stateColumns]),
      saved: reserve(name + "saved", .workspace, [blockRows, structure.savedCount * hidden]),
      stateGradient: Matrix(offset: 0, rows: batchSize, columns: stateColumns))
    if below == nil {
      plan.inputTable = reserve(name + "input table", .packed, [inputSize, gateRows])
    } else {
      reservePacked(name + "weight_ih", &plan.inputWeights, rows: rows, backward: goesBack && isTraining, scalar)
    }
    reserveRecurrentWeights(name, &plan, scalar)
    if let projection = places.projection {
      var weights = WeightPlan(matrix: Matrix(offset: projection, rows: output, columns: hidden))
      reservePacked(name + "weight_hr", &weights, backward: isTraining, scalar)
      plan.projection = weights
    }
    if plan.projection != nil || configuration.zoneout.isActive {
      plan.candidates = reserve(name + "candidates", .workspace, [blockRows, stateColumns])
    }
    let drops = isTraining && configuration.recurrentDropout > 0
    if productRows > 0, isTraining ? isRagged || drops : steps > 1 {
      plan.operands = reserve(name + "operands", .workspace, [blockRows, output])
    }
    if drops { plan.mask = reserve(name + "mask", .workspace, [batchSize, output]) }
    if isTraining { reserveScratch(name, &plan) }
    return plan
  }

  private mutating func reserveRecurrentWeights<S: Scalar>(
    _ name: String, _ plan: inout RecurrencePlan, _ scalar: S.Type
  ) {
    guard plan.structure.recurrentProduct != .none else { return }
    if plan.structure.recurrentProduct == .lastGateApart {
      plan.reorderedWeights = reserve(
        name + "weight_hh reordered", .packed, [plan.hiddenWeights.rows, plan.outputSize], padded: false)
    }
    let (first, second) = (plan.recurrentColumns.count, plan.secondStageColumns.count)
    plan.packedForward = reservePacked(name + "weight_hh packed forward", plan.outputSize, first, scalar)
    if second > 0 {
      plan.packedSecondForward = reservePacked(name + "weight_hh packed forward 2", plan.hidden, second, scalar)
    }
    guard isTraining else { return }
    plan.packedBackward = reservePacked(name + "weight_hh packed backward", first, plan.outputSize, scalar)
    if second > 0 {
      plan.packedSecondBackward = reservePacked(name + "weight_hh packed backward 2", second, plan.hidden, scalar)
    }
  }

  /// What backward needs besides the workspace.
  private mutating func reserveScratch(_ name: String, _ plan: inout RecurrencePlan) {
    let (hidden, output) = (plan.hidden, plan.outputSize)
    let stateColumns = plan.structure.stateCount * hidden
    plan.stateGradient = reserve(name + "dstate", .scratch, [batchSize, stateColumns])
    if plan.secondStageColumns.count > 0 {
      plan.operandGradient = reserve(name + "doperand", .scratch, [batchSize, hidden])
    }
    if plan.mask != nil { plan.maskedGradient = reserve(name + "dmasked", .scratch, [batchSize, output]) }
    if configuration.zoneout.isActive {
      plan.keptGradient = reserve(name + "dkept", .scratch, [batchSize, stateColumns])
    }
    if plan.projection != nil {
      plan.projectionGradient = reserve(name + "dprojected", .workspace, [keptRows, output])
      plan.expandedGradient = reserve(name + "dcell output", .scratch, [batchSize, hidden])
    }
    if let vectors = plan.vectors {
      plan.vectorGradient = reserve(name + "dvectors", .scratch, [batchSize, vectors.columns])
    }
    if let table = plan.inputTable {
      plan.tableGradient = reserve(name + "dinput table", .scratch, [table.rows, table.columns])
    }
  }

  private mutating func reserveHead<S: Scalar>(_ scalar: S.Type) {
    let outputSize = configuration.outputSize
    let inputSize = configuration.headInputSize
    let outputRows = configuration.head.isPooled ? batchSize : keptRows
    var weights = WeightPlan(matrix: Matrix(offset: table.headWeights, rows: outputSize, columns: inputSize))
    reservePacked("head weight", &weights, rows: outputRows, backward: isTraining, scalar)
    let gathers = configuration.head.isPooled || configuration.headReadsAllLayers
    var plan = HeadPlan(
      weights: weights, bias: Matrix(offset: table.headBias, rows: 1, columns: outputSize),
      input: gathers
        ? reserve("head input", .workspace, [outputRows, inputSize]) : layers[layers.count - 1].outputs)
    if isTraining, configuration.headDropout > 0 {
      plan.dropped = reserve("head dropped input", .workspace, [outputRows, inputSize])
    }
    if isTraining, gathers { plan.inputGradient = reserve("dhead input", .scratch, [outputRows, inputSize]) }
    outputs = reserve("outputs", .workspace, [outputRows, outputSize], padded: false)
    head = plan
  }

  private mutating func reserveGradients(rows: Int, ofInput wantsInputGradient: Bool) {
    let layerRange = 0..<configuration.layerCount
    let widest = layerRange.map { configuration.outputSize(ofLayer: $0) }.max()!
    let outputGradient = reserve("dlayer output", .scratch, [rows, widest])
    self.outputGradient = outputGradient
    if head != nil, head!.inputGradient == nil {
      head!.inputGradient = outputGradient.columns(0..<configuration.headInputSize)
    }
    if wantsInputGradient { inputGradient = reserve("dinput", .scratch, [rows, configuration.input.size]) }
    guard configuration.directions != .forward else {
      for index in recurrences.indices {
        recurrences[index].outputGradient = outputGradient.columns(0..<recurrences[index].outputSize)
      }
      return
    }
    let widestDirection = layerRange.map { configuration.directionSize(ofLayer: $0) }.max()!
    let gradients = (0..<2).map {
      reserve("d\($0 == 0 ? "forward" : "reverse") output", .scratch, [rows, widestDirection])
    }
    for index in recurrences.indices {
      recurrences[index].outputGradient = gradients[index % 2].columns(0..<recurrences[index].outputSize)
    }
    let inputs = layerRange.filter { $0 > 0 || wantsInputGradient }.map { configuration.inputSize(ofLayer: $0) }
    if let widestInput = inputs.max() {
      mirroredGradient = reserve("dreverse input", .scratch, [rows, widestInput])
    }
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
    reservePacked(name, &weights, backward: backward, scalar)
  }

  /// Room for packed copies of weights.
  private mutating func reservePacked<S: Scalar>(
    _ name: String, _ weights: inout WeightPlan, backward: Bool, _ scalar: S.Type
  ) {
    let (outputs, inputs) = (weights.matrix.rows, weights.matrix.columns)
    weights.packedForward = reservePacked(name + " packed forward", inputs, outputs, scalar)
    if backward { weights.packedBackward = reservePacked(name + " packed backward", outputs, inputs, scalar) }
  }

  /// Refuses sizes whose sums could overflow below: a bound on all buffers together, computed with care.
  private static func refuseOverflow(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, table: ParameterTable
  ) throws(PlanError) {
    let structure = configuration.cell.structure
    let widest = structure.rowGateCount + 4 * structure.stateCount + structure.savedCount + 8
    // In Double an overflow cannot happen, and 2⁵⁸ bytes leave room for any rounding.
    var perRow = 4 * Double(configuration.input.size) + 2 * Double(configuration.outputSize)
    for layer in 0..<configuration.layerCount {
      perRow +=
        Double(configuration.directions.count * widest) * (Double(configuration.hiddenSize(ofLayer: layer)) + 32)
    }
    let rows = (Double(steps) + 1) * Double(batchSize)
    let scalars = rows * perRow + 16 * Double(table.blockCount)
    // Rows are counted in 32 bits.
    if scalars * 8 > 0x1p58 || rows >= 0x1p31 {
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
