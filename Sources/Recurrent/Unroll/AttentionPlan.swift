internal import Kernels

/// What a batch attends to: memories of at most so many steps, each shared by some sequences that follow each other.
public struct MemoryShape: Sendable, Hashable {
  /// M.
  public let steps: Int
  /// More than one for the hypotheses of a beam search; then there is no backward pass.
  public let sequencesPerMemory: Int

  /// - Precondition: both are at least 1.
  public init(steps: Int, sequencesPerMemory: Int = 1) {
    precondition(steps >= 1, "a memory needs 1 step or more, got \(steps)")
    precondition(sequencesPerMemory >= 1, "a memory needs 1 sequence or more, got \(sequencesPerMemory)")
    (self.steps, self.sequencesPerMemory) = (steps, sequencesPerMemory)
  }

  /// C.
  func count(forSequences batchSize: Int) -> Int { (batchSize + sequencesPerMemory - 1) / sequencesPerMemory }

  /// Refuses sizes whose sums could overflow, as `Plan` does for all others.
  func refuseOverflow(_ configuration: ModelConfiguration, steps: Int, batchSize: Int) throws(PlanError) {
    let (width, most) = (Double(configuration.headInputSize) + 48, Double(self.steps) + 48)
    let rows = (Double(steps) + 1) * Double(batchSize)
    let memoryRows = most * Double(batchSize)
    if (rows * (2 * most + 8 * width) + 8 * memoryRows * width) * 8 > 0x1p57 || memoryRows >= 0x1p31 {
      throw .tooLarge(what: "a memory of \(self.steps) steps for \(batchSize) sequences of \(steps) steps")
    }
  }
}

/// Where attention keeps everything. Rows of [N·T, ·] are sequence by sequence: those of the place p are from p·T on, its
/// products are of contiguous rows. Rows of [R, ·] are those of the batch.
struct AttentionPlan: Sendable {
  let shape: MemoryShape
  /// T.
  let steps: Int
  /// What scores are multiplied by.
  let scale: Double

  /// [U, 2U]
  var weights: WeightPlan
  /// [1, U]
  let bias: Matrix
  /// [C·M, U] E, a memory after the other.
  let memory: Matrix
  /// Eᵀ and E of each memory, packed for the products with queries and weights; a memory takes so many scalars.
  let packedKeys: Int
  let keyCount: Int
  let packedValues: Int
  let valueCount: Int
  /// [N·T, U] h.
  let queries: Matrix
  /// [N·T, M] scores, then p.
  let probabilities: Matrix
  /// [N·T, U] c; backward dL/dc and then dL/dh by the scores.
  let contexts: Matrix
  /// [R, 2U] [c; h]
  let joined: Matrix
  /// [R, U] tanh(W·[c; h] + b), what the head reads; the gradient by it is `HeadPlan.inputGradient`.
  let outputs: Matrix

  // Scratch of the backward pass.
  /// [R, 2U] dL/d[c; h]
  var joinedGradient: Matrix?
  /// [N·T, M] dL/dp, then dL/d(E·h).
  var scoreGradient: Matrix?
  /// [C·M, 2U] dL/dE: the part by the contexts, beside that by the scores.
  var memoryGradient: Matrix?

  /// Rows of [N·T, ·] of the first `length` steps of a place.
  func rows(ofPlace place: Int, length: Int) -> Range<Int> { place * steps..<place * steps + length }

  /// Rows of [C·M, ·] of a memory.
  func rows(ofMemory memory: Int, length: Int) -> Range<Int> { memory * shape.steps..<memory * shape.steps + length }

  func keys(ofMemory memory: Int) -> Int { packedKeys + memory * keyCount }
  func values(ofMemory memory: Int) -> Int { packedValues + memory * valueCount }
}

extension Plan {
  mutating func reserveAttention<S: Scalar>(_ shape: MemoryShape, _ scalar: S.Type) -> AttentionPlan {
    precondition(
      !isTraining || shape.sequencesPerMemory == 1,
      "in training each sequence has a memory of its own, not one for \(shape.sequencesPerMemory)")
    let width = configuration.headInputSize
    let rows = steps * batchSize
    let memories = shape.count(forSequences: batchSize)
    var weights = WeightPlan(matrix: Matrix(offset: table.attentionWeights, rows: width, columns: 2 * width))
    reservePacked("attention weight", &weights, rows: rows, backward: isTraining, scalar)
    let keyCount = (Block<S>.packedCount(inner: width, columns: shape.steps) + 15) / 16 * 16
    let valueCount = (Block<S>.packedCount(inner: shape.steps, columns: width) + 15) / 16 * 16
    var plan = AttentionPlan(
      shape: shape, steps: steps,
      scale: configuration.attention == .scaledDot ? 1 / Double(width).squareRoot() : 1,
      weights: weights, bias: Matrix(offset: table.attentionBias, rows: 1, columns: width),
      memory: reserve("memory", .workspace, [memories * shape.steps, width]),
      packedKeys: reserve("memory packed as keys", .workspace, [memories, keyCount], padded: false).offset,
      keyCount: keyCount,
      packedValues: reserve("memory packed as values", .workspace, [memories, valueCount], padded: false).offset,
      valueCount: valueCount,
      queries: reserve("queries", .workspace, [rows, width]),
      probabilities: reserve("attention probabilities", .workspace, [rows, shape.steps]),
      contexts: reserve("contexts", .scratch, [rows, width]),
      joined: reserve("contexts and queries", .workspace, [rows, 2 * width]),
      outputs: reserve("attentional output", .workspace, [rows, width]))
    if isTraining {
      plan.joinedGradient = reserve("dcontexts and queries", .scratch, [rows, 2 * width])
      plan.scoreGradient = reserve("dscores", .scratch, [rows, shape.steps])
      plan.memoryGradient = reserve("dmemory", .scratch, [memories * shape.steps, 2 * width])
    }
    return plan
  }
}
