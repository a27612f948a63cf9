/// Where the engine keeps its whole numbers: places in a block of Int32. R is T·N.
struct IndexPlan: Sendable {
  /// [R] in the order of time.
  let tokens = 0
  /// [T + 1] the first row of each step, then the number of rows.
  let starts: Int
  /// [3] of the piece of time that is worked on: the first step, the first row, the number of steps.
  let segment: Int
  /// [N] the sequence in each place of a step.
  let order: Int
  /// [N] the length of the sequence in each place.
  let lengths: Int
  /// [N] whether a sequence starts from the trained initial state.
  let isFresh: Int
  /// [N] `isFresh` of the first piece of time, where a batch is taken piece by piece.
  let wasFresh: Int
  /// [R] the row that a row is for the other direction; nil for one direction.
  let mirror: Int?
  /// [R] the tokens in the other direction's order; nil for one direction or vectors.
  let mirroredTokens: Int?
  /// [N, U] the row of each greatest value, for a head that reads those.
  let greatest: Int?
  /// [C] the steps of each memory, for a model with attention.
  let memoryLengths: Int?
  /// Classes or labels: as many as the loss wants (`Plan.targetIndexCount`).
  let targets: Int

  init(_ configuration: ModelConfiguration, steps: Int, batchSize: Int, memory: MemoryShape?) {
    let rows = steps * batchSize
    var next = rows
    func take(_ size: Int) -> Int {
      defer { next += size }
      return next
    }
    starts = take(steps + 1)
    segment = take(3)
    order = take(batchSize)
    lengths = take(batchSize)
    isFresh = take(batchSize)
    wasFresh = take(batchSize)
    let isBoth = configuration.directions != .forward
    mirror = isBoth ? take(rows) : nil
    mirroredTokens = isBoth && configuration.isInputGathered ? take(rows) : nil
    greatest =
      configuration.head == .maxOverSteps
      ? take(batchSize * configuration.outputSize(ofLayer: configuration.layerCount - 1)) : nil
    memoryLengths = memory.map { take($0.count(forSequences: batchSize)) }
    targets = next
  }
}
