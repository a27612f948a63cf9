public import Kernels

/// Every buffer of a pass: place, shape and size, computed from (model, T, N) before anything is allocated. Printing it
/// shows them all, and who multiplies.
public struct Plan: Sendable, CustomStringConvertible {
  /// How long a buffer's contents are needed.
  public typealias Lifetime = BufferLifetime
  /// A buffer's name, place, shape and size in bytes.
  public typealias Buffer = PlannedBuffer

  /// What a pass is for.
  public enum Purpose: Sendable, Hashable {
    /// Forward only, and a loss if one is to be computed.
    case inference(loss: Loss?)
    /// Forward and backward, the moments of an optimizer, and a loss (nil: the caller gives dL/d(outputs)).
    case training(loss: Loss?, momentCount: Int)

    /// nil: the caller's own.
    var loss: Loss? {
      switch self {
      case .training(let loss, _), .inference(let loss): loss
      }
    }

    var isTraining: Bool {
      switch self {
      case .training: true
      case .inference: false
      }
    }
  }

  /// Of the model that is planned for.
  public let configuration: ModelConfiguration
  /// What the pass is for.
  public let purpose: Purpose
  /// Who was asked to multiply.
  public let products: Products

  // The stages, from the input up.
  let sizes: BatchSizes
  let choice: ProductChoice
  let table: ParameterTable
  let index: IndexLayout
  let input: InputStage
  /// The top layer, which holds those below.
  let top: Layer
  /// What stands upon the top layer of residual blocks; nil without.
  let norm: RMSNorm?
  /// nil without attention.
  let attention: AttentionStage?
  /// nil without input feeding.
  let feeding: InputFeeding?
  /// nil without a head.
  let head: Head?
  /// nil where the caller gives dL/d(outputs), or none is wanted.
  let loss: LossStage?
  let backward: BackwardRegions
  private(set) var update: UpdateStage
  /// From the top down.
  let gradientParts: [GradientPart]
  /// Of an encoder of letters; empty without.
  let letters: [Plan]
  /// [pieces + 1, N, S·H] of each recurrence: the state before each segment, and after the last; empty without segments.
  let boundaries: [Region]
  /// What the engine has to allocate.
  let arenas: ArenaLayout
  /// Multiply-adds of a row: a step of a sequence through all layers.
  let workOfRow: Int

  /// Plans a pass; nothing is allocated.
  /// - Parameters:
  ///   - configuration: of the model.
  ///   - steps: T, the most steps of a call.
  ///   - batchSize: N, the most sequences of a call.
  ///   - purpose: what the pass is for.
  ///   - wantsInputGradient: whether dL/d(input) is wanted where the input is vectors.
  ///   - isRagged: whether batches of training may have sequences of different lengths, T being the most.
  ///   - segmentSteps: steps that a training batch keeps at once, the others being computed again; nil: all.
  ///   - accumulatesGradients: whether gradients of several batches are summed up for an update.
  ///   - memory: what a model with attention attends to; nil for others.
  ///   - products: who multiplies.
  ///   - precision: of what products multiply; in training full, or bfloat16 with everything else in full.
  ///   - scalar: the precision.
  /// - Throws: `PlanError` where a size overflows or the memory does not suffice.
  public init<S: Scalar>(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, purpose: Purpose,
    inputGradient wantsInputGradient: Bool = false, isRagged: Bool = false, segmentSteps: Int? = nil,
    accumulatesGradients: Bool = false, memory: MemoryShape? = nil, products: Products = .automatic,
    precision: WeightPrecision = .full, scalar: S.Type
  ) throws(PlanError) {
    try self.init(
      configuration, steps: steps, batchSize: batchSize, shards: ShardShare(count: 1), purpose: purpose,
      inputGradient: wantsInputGradient, isRagged: isRagged, segmentSteps: segmentSteps,
      accumulatesGradients: accumulatesGradients, memory: memory, products: products, precision: precision,
      scalar: scalar)
  }

  /// - Parameters:
  ///   - batchSize: of a shard.
  ///   - shards: of a batch, and which of them are this process's.
  init<S: Scalar>(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, shards: ShardShare, purpose: Purpose,
    inputGradient wantsInputGradient: Bool, isRagged: Bool, segmentSteps: Int?, accumulatesGradients: Bool,
    memory: MemoryShape?, products: Products, precision: WeightPrecision, scalar: S.Type
  ) throws(PlanError) {
    require(steps >= 1, "steps must be 1 or more, got \(steps)")
    require(batchSize >= 1, "batch size must be 1 or more, got \(batchSize)")
    require(
      configuration.head != .none || purpose.loss == nil,
      "a model without head has no loss of its own; use RecurrentPass")
    require(
      (configuration.attention != nil) == (memory != nil),
      configuration.attention == nil
        ? "a model without attention has no memory" : "a model with attention needs a memory: give its most steps")
    (self.configuration, self.purpose, self.products) = (configuration, purpose, products)
    let isTraining = purpose.isTraining
    require(
      precision == .full || precision == .bfloat16Dot || !isTraining,
      "a training multiplies in full or in bfloat16Dot, got \(precision)")
    require(
      !configuration.tiesEmbedding || precision == .full || isTraining,
      "a tied embedding is stored in full, got \(precision): see Model.untied()")
    var sizes = BatchSizes(
      steps: steps, batchSize: batchSize, keptSteps: min(steps, segmentSteps ?? steps), blockSteps: steps,
      isTraining: isTraining, isRagged: isRagged)
    let table = try ParameterTable(configuration)
    try Self.refuseOverflow(configuration, sizes, table)
    let choice = ProductChoice(products, rows: sizes.rows, keepsRows: sizes.keepsRows, precision: precision)
    let widest = (0..<configuration.layerCount).map { configuration.hiddenSize(ofLayer: $0) }.max() ?? 0
    let gateColumns = configuration.cell.structure.gateCount * widest
    sizes = sizes.blocks(ofRows: choice.blockRows(gateColumns: gateColumns))
    try memory?.refuseOverflow(configuration, steps: steps, batchSize: batchSize)
    if sizes.isSegmented { Self.validateSegments(configuration, purpose, sizes) }

    var arenas = ArenaLayout(scalar, storage: precision.storage)
    update = UpdateStage(table, purpose, accumulates: accumulatesGradients, &arenas)
    letters = try Self.letters(of: configuration, sizes, products, scalar)
    index = IndexLayout(configuration, steps: steps, batchSize: batchSize, &arenas)
    input = InputStage(configuration, table, sizes, &arenas)
    let isEmbedded =
      switch configuration.input {
      case .embedding, .features: true
      case .oneHot, .vectors: false
      }
    let wantsGradient = isTraining && (isEmbedded || (wantsInputGradient && input.rows != nil))
    backward = BackwardRegions(configuration, sizes, wantsInput: wantsGradient, &arenas)
    var top = Layer(
      configuration, table, below: nil, input: input.rows, goesBack: wantsGradient, headColumns: 0, sizes, backward,
      choice, &arenas, scalar)
    var headColumns = top.outputs.columns
    for _ in 1..<configuration.layerCount {
      top = Layer(
        configuration, table, below: top, input: top.passedUp, goesBack: true, headColumns: headColumns, sizes,
        backward,
        choice, &arenas, scalar)
      headColumns += top.outputs.columns
    }
    let norm = table.norm.map {
      RMSNorm("top norm", gain: $0, of: top.outputs, rows: sizes.keptRows, sizes, &arenas)
    }
    let attention = memory.map { AttentionStage($0, configuration, table, sizes, choice, &arenas, scalar) }
    let feeding = attention.flatMap { attention in
      configuration.hasInputFeeding
        ? InputFeeding(attention, top, Self.layers(top)[0].forward, sizes, choice, &arenas, scalar) : nil
    }
    self.feeding = feeding
    let head =
      configuration.head == .none
      ? nil
      : Head(
        configuration, table, top: attention?.outputs ?? norm?.outputs ?? top.outputs, sizes, backward,
        attends: attention != nil,
        choice,
        &arenas, scalar)
    if let loss = purpose.loss, let head {
      require(
        loss.targets != .labels || configuration.head == .everyStep,
        "the connectionist loss needs a head at every step")
      self.loss = try LossStage(
        loss, outputs: head.outputs, rows: head.isPooled ? batchSize : sizes.rows, steps: steps, batchSize: batchSize,
        isRagged: isRagged || !isTraining, isSummed: shards.count > 1, crf: table.crf, &arenas)
    } else {
      loss = nil
    }
    let segments = sizes.isSegmented ? (steps + sizes.keptSteps - 1) / sizes.keptSteps : 0
    boundaries =
      segments == 0
      ? []
      : Self.layers(top).map {
        arenas.matrix(
          "layer \($0.index) boundaries", .workspace, (segments + 1) * batchSize, $0.forward.states.columns)
      }
    // An engine that goes step by step through its layers has their gradients all at once.
    gradientParts = GradientPart.parts(
      of: table, least: configuration.attention == nil && isTraining ? shards.leastTravellingPart : nil)
    update.reserveTree(
      shards, gradientParts, batchSize: batchSize * shards.count,
      stateColumns: Self.recurrences(Self.layers(top)).map(\.states.columns), &arenas)
    (self.sizes, self.choice, self.table, self.top) = (sizes, choice, table, top)
    (self.norm, self.attention, self.head, self.arenas) = (norm, attention, head, arenas)
    workOfRow = Self.layers(top).reduce(head?.map.weights.count ?? 0) { $0 + $1.workOfRow }
    // A checkpoint holds the parameters, their two moments and the best model's beside them.
    let parameterBytes = table.blockCount * MemoryLayout<S>.stride
    try PlanError.refuse(
      bytesOver: arenas.totalBytes + letters.reduce(0) { $0 + $1.totalBytes },
      copies: parameterBytes * (isTraining ? 5 : 1), for: "this model and batch")
  }

  // MARK: What it says

  /// T.
  public var steps: Int { sizes.steps }
  /// N.
  public var batchSize: Int { sizes.batchSize }
  /// Every buffer of the engine.
  public var buffers: [Buffer] {
    letters.reduce(arenas.buffers) {
      $0 + $1.buffers.map { $0.named("letters " + $0.name) }
    }
  }
  /// All buffers together.
  public var totalBytes: Int { letters.reduce(arenas.totalBytes) { $0 + $1.totalBytes } }
  /// Scalars in all parameters of the model.
  public var parameterCount: Int { table.parameterCount }

  public var description: String {
    var lines = ["plan: \(steps) steps × \(batchSize) sequences, \(ByteCount(totalBytes)) in all"]
    if let share = update.tree?.share {
      let others = share.rankCount == 1 ? "" : ", of which \(share.own.count) here"
      let sums = share.exchange == .full ? "" : "; sums in \(share.exchange.rawValue)"
      lines.append("shards: \(share.count) of so many sequences, one after the other\(others)\(sums)")
      if gradientParts.count > 1 {
        lines.append("gradient: in \(gradientParts.count) parts, each exchanged while those below are computed")
      }
    }
    lines.append("products: \(productsDescription)")
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

  /// Who multiplies: `batched by OpenBLAS (SkylakeX kernels), steps by packed kernels (avx512)`.
  public var productsDescription: String { choice.description }

  /// Whether what a sequence gives does not depend, to the bit, on what is computed together with it: other sequences of
  /// the batch, more steps of its own in the same call or segment. So it is where packed kernels multiply everything. Else
  /// such results are equal to rounding. That the number of threads changes no bit is always so.
  public var keepsRows: Bool { choice.keepsRows }

  /// How the weights that products read are stored.
  public var precision: WeightPrecision { choice.precision }

  // MARK: For the engine

  var isTraining: Bool { sizes.isTraining }
  /// Whether there is input feeding, whose stage then runs layers and attention.
  var isFed: Bool { configuration.hasInputFeeding }

  /// The head's outputs, then dL/d(outputs); without a head a view of the top layer's, whose rows are not contiguous.
  var outputs: Region { head?.outputs ?? topOutputs }

  /// [R, U] what the head or attention reads of the top layer.
  var topOutputs: Region { norm?.outputs ?? top.outputs }

  /// The layers, the lowest first.
  var layers: [Layer] { Self.layers(top) }

  private static func layers(_ top: Layer) -> [Layer] { (top.below.map(layers) ?? []) + [top] }

  /// All recurrences, layer by layer, in each the forward direction first.
  var recurrences: [Recurrence] { Self.recurrences(layers) }

  static func recurrences(_ layers: [Layer]) -> [Recurrence] {
    layers.flatMap { layer in [layer.forward] + (layer.runsBothWays ? [layer.reverse] : []) }
  }
}
