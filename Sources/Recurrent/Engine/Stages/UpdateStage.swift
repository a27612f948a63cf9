internal import Kernels

/// Clipping and the optimizer, on the flat blocks: parameters, gradients and moments, all laid out alike.
struct UpdateStage: Sendable {
  /// Scalars of a block: from a parameter to its gradient, and from a gradient to its first and second moments.
  let shift: Int
  /// Where in the sums the partial sums of squares stand.
  private let squares: Int
  private let pieceCount: Int
  /// [1, parameters] what gradients are summed up in; nil: they are not.
  let accumulator: Region?

  /// Scalars of a piece of the sum of squares: fixed, so that the sum does not depend on the workers.
  private static let pieceSize = 16_384

  /// nil: gradients are of whole batches.
  private(set) var tree: GradientTree?

  /// Reserves the blocks, the first of everything in the arena.
  init(_ table: ParameterTable, _ purpose: Plan.Purpose, accumulates: Bool, _ arenas: inout ArenaLayout) {
    shift = table.blockCount
    for entry in table.entries { _ = arenas.scalars(entry.name, .parameters, entry.shape, count: entry.count) }
    guard case .training(_, let momentCount) = purpose else {
      (squares, pieceCount, accumulator) = (0, 0, nil)
      return
    }
    for entry in table.entries { _ = arenas.scalars("d\(entry.name)", .gradients, entry.shape, count: entry.count) }
    for moment in 0..<momentCount {
      _ = arenas.scalars("moment \(moment + 1)", .moments, [table.blockCount], count: table.blockCount)
    }
    accumulator =
      accumulates
      ? Region(
        offset: arenas.scalars("accumulated gradient", .gradients, [table.blockCount], count: table.blockCount),
        rows: 1, columns: table.blockCount) : nil
    pieceCount = (table.blockCount + Self.pieceSize - 1) / Self.pieceSize
    squares = arenas.sums("sums of squares", .scratch, [pieceCount])
  }

  /// [1, parameters]
  var gradients: Region { Region(offset: shift, rows: 1, columns: shift) }

  /// Reserves what sums over shards need, of a batch of so many sequences and recurrences with such states.
  mutating func reserveTree(
    _ share: ShardShare, _ parts: [GradientPart], batchSize: Int, stateColumns: [Int], _ arenas: inout ArenaLayout
  ) {
    tree = GradientTree(share, parts, batchSize: batchSize, stateColumns: stateColumns, gradients: gradients, &arenas)
  }

  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    guard let rule = call.update else { stop("an update needs a rule") }
    if rule.norm == nil { sumSquares(call, engine) }
    // Every worker comes to the same verdict: a step that is not finite changes nothing.
    let norm = rule.norm ?? gradientNorm(in: engine.sums)
    guard norm.isFinite, engine.plan.loss == nil || engine.meanLoss(call.rows).isFinite else { return }
    let lines = call.share(of: shift / 16)
    if engine.hasFrozenParameters {
      engine.updateAroundFrozen(lines, by: rule, norm: norm)
      return
    }
    rule.update(lines.lowerBound * 16, count: lines.count * 16, shift: shift, norm: norm, in: engine.memory)
  }

  /// Partial sums for `gradientNorm`.
  func sumSquares<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    if engine.hasFrozenParameters {
      if call.worker == 0 { engine.clearFrozenGradients() }
      engine.pool.barrier()
    }
    for piece in stride(from: call.worker, to: pieceCount, by: call.workers) {
      let start = piece * Self.pieceSize
      engine.sums[squares + piece] = engine.memory.sumOfSquares(
        shift + start, count: min(Self.pieceSize, shift - start))
    }
    engine.pool.barrier()
  }

  /// The Euclidean norm of the whole gradient before clipping, as `sumSquares` summed it last.
  func gradientNorm(in sums: Memory<Double>) -> Double {
    var sum = 0.0
    for piece in 0..<pieceCount { sum += sums[squares + piece] }
    return sum.squareRoot()
  }
}
