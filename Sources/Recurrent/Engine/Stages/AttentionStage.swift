internal import Kernels

/// What a batch attends to: memories of at most so many steps, each shared by some sequences that follow each other.
public struct MemoryShape: Sendable, Hashable {
  /// M.
  public let steps: Int
  /// More than one for the hypotheses of a beam search; then there is no backward pass.
  public let sequencesPerMemory: Int

  /// - Precondition: both are at least 1.
  public init(steps: Int, sequencesPerMemory: Int = 1) {
    require(steps >= 1, "a memory needs 1 step or more, got \(steps)")
    require(sequencesPerMemory >= 1, "a memory needs 1 sequence or more, got \(sequencesPerMemory)")
    (self.steps, self.sequencesPerMemory) = (steps, sequencesPerMemory)
  }

  /// C.
  func count(forSequences batchSize: Int) -> Int { (batchSize + sequencesPerMemory - 1) / sequencesPerMemory }

  /// Refuses sizes whose sums could overflow, as `Plan` does for all others.
  func refuseOverflow(_ configuration: ModelConfiguration, steps: Int, batchSize: Int) throws(PlanError) {
    let (width, most) = (Double(configuration.headInputSize) + 48, Double(self.steps) + 48)
    let rows = (Double(steps) + 1) * Double(batchSize)
    let memoryRows = most * Double(batchSize)
    let tiles = Double(batchSize) * Double(AdditiveScores.tileRows) * width
    if (rows * (2 * most + 12 * width) + 12 * memoryRows * width + tiles) * 8 > 0x1p57 || memoryRows >= 0x1p31 {
      throw .tooLarge(what: "a memory of \(self.steps) steps for \(batchSize) sequences of \(steps) steps")
    }
  }
}

/// Attention between the top layer and the head (Luong et al. 2015), for all steps at once, or with input feeding a step at a time:
/// where it keeps everything. Rows of [N·T, ·] are sequence by sequence: those of slot p are from p·T on, its products are of
/// contiguous rows. Rows of [R, ·] are those of the batch, rows of [C·M, ·] those of the memories, one after the other without a
/// gap. Its products with a memory are packed ones: the memory is packed once for all the steps that read it.
final class AttentionStage: Sendable {
  let shape: MemoryShape
  /// T, N.
  let steps: Int
  let batchSize: Int
  /// What scores are multiplied by.
  let scale: Double

  /// [U, 2U]
  let map: Linear
  /// [1, U]
  let bias: Region
  /// [C·M, U] E
  let memory: Region
  /// [C] and [C + 1] where in the indices the steps of each memory stand, and its first row.
  private let lengths: Int
  private let starts: Int
  /// Eᵀ and E of each memory, packed for the products with queries and weights.
  private let packedKeys: PackedRegion
  private let packedValues: PackedRegion
  /// Q [U, U] of general and additive scores; nil: queries are h.
  let query: Query?
  /// What additive scores are made of; nil: they are products.
  let additive: AdditiveScores?
  /// [N·T, U] h, or Q·h.
  let queries: Region
  /// [N·T, M] scores, then p.
  let probabilities: Region
  /// [N·T, U] c; backward dL/dc and then dL/dh by the scores.
  let contexts: Region
  /// [R, 2U] [c; h]
  let joined: Region
  /// [R, U] tanh(W·[c; h] + b), what the head reads.
  let outputs: Region

  // Scratch of the backward pass; empty without.
  /// [R, 2U] dL/d[c; h]
  let joinedGradient: Region
  /// [N·T, M] dL/dp, then dL/d(E·h).
  let scoreGradient: Region
  /// [C·M, 2U] dL/dE: the part by the contexts, beside that by the scores.
  let memoryGradient: Region

  /// What makes queries of the top layer's outputs.
  struct Query: Sendable {
    let map: Linear
    /// [R, U] Q·h
    let outputs: Region
    /// [R, U] dL/d(Q·h); empty without a backward pass.
    let gradient: Region
  }

  init<S: Scalar>(
    _ shape: MemoryShape, _ configuration: ModelConfiguration, _ table: ParameterTable, _ sizes: BatchSizes,
    _ products: ProductChoice, _ arenas: inout ArenaLayout, _ scalar: S.Type
  ) {
    let isTraining = sizes.isTraining
    require(
      !isTraining || shape.sequencesPerMemory == 1,
      "in training each sequence has a memory of its own, not one for \(shape.sequencesPerMemory)")
    let width = configuration.headInputSize
    let rows = sizes.rows
    let memories = shape.count(forSequences: sizes.batchSize)
    (self.shape, steps, batchSize) = (shape, sizes.steps, sizes.batchSize)
    scale = configuration.attention == .scaledDot ? 1 / Double(width).squareRoot() : 1
    // With input feeding all products are those of single steps.
    let isFed = configuration.hasInputFeeding
    func multiplier(inner: Int) -> Multiplier {
      isFed ? products.steps : products.multiplier(rows: rows, columns: width, inner: inner)
    }
    map = Linear(
      "attention weight", Region(offset: table.attentionWeights, rows: width, columns: 2 * width),
      by: multiplier(inner: 2 * width), ofSteps: isFed, backward: isTraining, &arenas, scalar)
    bias = Region(offset: table.attentionBias, rows: 1, columns: width)
    memory = arenas.matrix("memory", .workspace, memories * shape.steps, width)
    lengths = arenas.integers("lengths of memories", .workspace, [memories])
    starts = arenas.integers("starts of memories", .workspace, [memories + 1])
    packedKeys = arenas.packed("memory packed as keys", width, shape.steps, copies: memories, storage: .full, scalar)
    packedValues = arenas.packed(
      "memory packed as values", shape.steps, width, copies: memories, storage: .full, scalar)
    query = table.queryWeights.map { place in
      Query(
        map: Linear(
          "attention query weight", Region(offset: place, rows: width, columns: width),
          by: multiplier(inner: width), ofSteps: isFed, backward: isTraining, &arenas, scalar),
        outputs: arenas.matrix("attention queries", .scratch, rows, width),
        gradient: arenas.matrix("dattention queries", .scratch, isTraining ? rows : 0, width))
    }
    additive = table.additiveWeights.map {
      AdditiveScores(
        $0, width: width, memoryRows: memories * shape.steps, sizes, products, &arenas, scalar)
    }
    queries = arenas.matrix("queries", .workspace, rows, width)
    probabilities = arenas.matrix("attention probabilities", .workspace, rows, shape.steps)
    contexts = arenas.matrix("contexts", .scratch, rows, width)
    joined = arenas.matrix("contexts and queries", .workspace, rows, 2 * width)
    outputs = arenas.matrix("attentional output", .workspace, rows, width)
    joinedGradient = arenas.matrix("dcontexts and queries", .scratch, isTraining ? rows : 0, 2 * width)
    scoreGradient = arenas.matrix("dscores", .scratch, isTraining ? rows : 0, shape.steps)
    memoryGradient = arenas.matrix("dmemory", .scratch, isTraining ? memories * shape.steps : 0, 2 * width)
  }

  /// C.
  var memoryCount: Int { shape.count(forSequences: batchSize) }

  /// Rows of [N·T, ·] of some steps of a slot.
  func rows(ofSlot slot: Int, _ steps: Range<Int>) -> Range<Int> { steps.moved(by: slot * self.steps) }

  /// Rows of [C·M, ·] of a memory.
  func rows(ofMemory memory: Int, in indices: Memory<Int32>) -> Range<Int> {
    let first = Int(indices[starts + memory])
    return first..<first + length(ofMemory: memory, in: indices)
  }

  /// Rows of all memories.
  func memoryRowCount(in indices: Memory<Int32>) -> Int { Int(indices[starts + memoryCount]) }

  func keys(ofMemory memory: Int) -> Int { packedKeys.copy(memory) }
  func values(ofMemory memory: Int) -> Int { packedValues.copy(memory) }

  /// Steps of a memory.
  func length(ofMemory memory: Int, in indices: Memory<Int32>) -> Int { Int(indices[lengths + memory]) }

  /// To be followed by `placeMemories` once the lengths of all are set.
  func setLength(_ length: Int, ofMemory memory: Int, in indices: Memory<Int32>) {
    require(length <= shape.steps, "memory \(memory) has \(length) steps; expected 0...\(shape.steps)")
    indices[lengths + memory] = Int32(length)
  }

  /// Puts each memory's rows behind those of the one before it.
  func placeMemories(in indices: Memory<Int32>) {
    var first: Int32 = 0
    for memory in 0..<memoryCount {
      indices[starts + memory] = first
      first += indices[lengths + memory]
    }
    indices[starts + memoryCount] = first
  }

  /// Copies of the weights in the form that the products want.
  func pack<S: Scalar>(in memory: Memory<S>) {
    map.pack(in: memory)
    query?.map.pack(in: memory)
    additive?.pack(in: memory)
  }

  /// Packs a worker's share of the memories, and projects it.
  func packMemories<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    additive?.project(memory.rows(0..<memoryRowCount(in: engine.indices)), call, in: engine.memory)
    for index in stride(from: call.worker, to: memoryCount, by: call.workers) {
      let own = rows(ofMemory: index, in: engine.indices)
      guard !own.isEmpty else { continue }
      let rows = memory.rows(own)
      engine.memory.pack(rows, transposed: true, at: keys(ofMemory: index))
      engine.memory.pack(rows, transposed: false, at: values(ofMemory: index))
    }
    engine.pool.barrier()
  }

  // MARK: Gradient

  /// - Parameter outputGradient: dL/d(W·[c; h] + b).
  func gradientTasks(
    _ outputGradient: Region, shift: Int, _ products: ProductChoice
  ) -> (products: [GradientTask], sums: [GradientTask]) {
    let width = bias.columns
    let ofQueries =
      query.map {
        // h is the second half of what is joined.
        GradientTask.weights(
          $0.gradient, joined.columns(width..<2 * width), $0.map.weights.moved(by: shift), products)
      } ?? []
    let ofScores = additive?.gradientTasks(memory, shift: shift, products)
    return (
      GradientTask.weights(outputGradient, joined, map.weights.moved(by: shift), products) + ofQueries
        + (ofScores?.products ?? []),
      [.bias(outputs: outputGradient, bias: .init(sums: bias.moved(by: shift)))] + (ofScores?.sums ?? [])
    )
  }
}
