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
  public internal(set) var buffers: [Buffer] = []
  /// All buffers together.
  public var totalBytes: Int { buffers.reduce(0) { $0 + $1.bytes } }

  // What the engine needs.
  public let configuration: ModelConfiguration
  let table: ParameterTable
  /// Whether a batch may have sequences of different lengths, or fewer than N, in training.
  let isRagged: Bool
  /// Steps of a training batch that are kept at once: T, or fewer where the others are computed again.
  let keptSteps: Int
  let index: IndexPlan
  /// Layer by layer, in each the forward direction first.
  var recurrences: [RecurrencePlan] = []
  var layers: [LayerPlan] = []
  /// nil without attention.
  var attention: AttentionPlan?
  /// nil without a head.
  var head: HeadPlan?
  /// From a parameter to its gradient; and from a gradient to its first and second moments.
  var gradientShift = 0
  /// [V, E]; nil without embedding.
  var embedding: Matrix?
  /// [R, I] the dense or embedded input; nil for one-hot tokens.
  var input: Matrix?
  /// [T·N, I] the vectors of the whole batch, where only a piece of its time stands in `input`.
  var wholeInput: Matrix?
  /// [pieces + 1, N, S·H] of each recurrence: the state before each piece of time, and after the last.
  var boundaries: [Matrix] = []
  /// [R, I] dL/d(input); nil where nobody wants it.
  var inputGradient: Matrix?
  /// [R, U] dL/d(outputs of the layer whose turn it is), as wide as the widest.
  var outputGradient: Matrix?
  /// [R, I] dL/d(input) in the other direction's order, as wide as the widest; nil for one direction.
  var mirroredGradient: Matrix?
  /// [R or N, O] the head's outputs, then dL/d(outputs); without a head a view of the top layer's, whose rows are not
  /// contiguous.
  var outputs = Matrix(offset: 0, rows: 0, columns: 0)
  /// What the loss needs; nil: there is none.
  var lossPlan: LossPlan?
  /// Steps whose input product is done at once, before the steps themselves. All in training, which keeps every gate;
  /// else so many that the products have rows enough.
  let blockSteps: Int
  /// Scalars in the engine's block.
  var scalarCount = 0
  let scalarBytes: Int

  /// - Parameters:
  ///   - inputGradient: whether dL/d(input) is wanted where the input is vectors.
  ///   - isRagged: whether batches of training may have sequences of different lengths, T being the most.
  ///   - segmentSteps: steps that a training batch keeps at once, the others being computed again; nil: all.
  ///   - memory: what a model with attention attends to; nil for others.
  /// - Throws: `PlanError` where a size overflows or the memory does not suffice.
  public init<S: Scalar>(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, purpose: Purpose,
    inputGradient wantsInputGradient: Bool = false, isRagged: Bool = false, segmentSteps: Int? = nil,
    memory: MemoryShape? = nil, scalar: S.Type
  ) throws(PlanError) {
    precondition(steps >= 1, "steps must be 1 or more, got \(steps)")
    precondition(batchSize >= 1, "batch size must be 1 or more, got \(batchSize)")
    precondition(
      configuration.head != .none || purpose.loss == nil,
      "a model without head has no loss of its own; use RecurrentPass")
    precondition(
      (configuration.attention != nil) == (memory != nil),
      configuration.attention == nil
        ? "a model without attention has no memory" : "a model with attention needs a memory: give its most steps")
    self.configuration = configuration
    self.purpose = purpose
    self.steps = steps
    self.batchSize = batchSize
    self.isRagged = isRagged
    keptSteps = min(steps, segmentSteps ?? steps)
    scalarBytes = MemoryLayout<S>.stride
    table = try ParameterTable(configuration)
    try Self.refuseOverflow(configuration, steps: steps, batchSize: batchSize, table: table)
    try memory?.refuseOverflow(configuration, steps: steps, batchSize: batchSize)
    blockSteps = if case .training = purpose { steps } else { min(steps, max(1, 1024 / batchSize)) }
    index = IndexPlan(configuration, steps: steps, batchSize: batchSize, memory: memory)

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
      if let memory { attention = reserveAttention(memory, scalar) }
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

  /// Scalars in all parameters of the model.
  public var parameterCount: Int { table.parameterCount }

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
