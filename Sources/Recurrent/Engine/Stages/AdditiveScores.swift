internal import Kernels

/// Additive scores v·tanh(q + K·E_j) (Bahdanau, Cho & Bengio 2015): what `AttentionStage` needs for them beside its queries q = Q·h.
/// K·E is computed once for all steps that read the memory. What stands under tanh would take [N·T, M, U]: forward computes it for
/// some rows of a memory at once and forgets it, backward computes it again.
///
/// Rows of [C·M, ·] are those of the memories, as in `AttentionStage`.
struct AdditiveScores: Sendable {
  /// K [U, U]
  private let keyMap: Linear
  /// v [1, U]
  private let scoreMap: Linear
  /// [C·M, U] K·E
  private let keys: Region
  /// [N·B, U] the tile of each slot: some rows under tanh, and then their gradient.
  private let tiles: Region

  // Scratch of the backward pass; empty without.
  /// [C·M, U] dL/d(K·E)
  private let keyGradient: Region
  /// [N, U] dL/dv by each slot.
  private let scoreGradient: Region

  /// B: rows of a memory that are computed at once.
  static let tileRows = 16

  init<S: Scalar>(
    _ weights: ParameterTable.AdditiveWeights, width: Int, memoryRows: Int, _ sizes: BatchSizes,
    _ products: ProductChoice, _ arenas: inout ArenaLayout, _ scalar: S.Type
  ) {
    let isTraining = sizes.isTraining
    keyMap = Linear(
      "attention key weight", Region(offset: weights.keys, rows: width, columns: width),
      by: products.multiplier(rows: memoryRows, columns: width, inner: width), backward: isTraining, &arenas, scalar)
    scoreMap = Linear(
      "attention score weight", Region(offset: weights.scores, rows: 1, columns: width), by: .packed, backward: false,
      &arenas, scalar)
    keys = arenas.matrix("projected memory", .workspace, memoryRows, width)
    tiles = arenas.matrix("memory under tanh", .scratch, sizes.batchSize * Self.tileRows, width)
    keyGradient = arenas.matrix("dprojected memory", .scratch, isTraining ? memoryRows : 0, width)
    scoreGradient = arenas.matrix("dattention score weight", .scratch, isTraining ? sizes.batchSize : 0, width)
  }

  /// Copies of the weights in the form that the products want.
  func pack<S: Scalar>(in memory: Memory<S>) {
    keyMap.pack(in: memory)
    scoreMap.pack(in: memory)
  }

  // MARK: Forward

  /// A worker's part of K·E.
  func project<S: Scalar>(_ rows: Region, _ call: Call, in memory: Memory<S>) {
    let part = keyMap.part(forward: rows.rows, call)
    for piece in part.rows {
      keyMap.multiply(rows.rows(piece), from: .zero, into: keys.rows(piece), columns: part.columns, in: memory)
    }
  }

  /// The scores of a query [1, U] with the rows of a memory.
  /// - Parameters:
  ///   - rows: those of the memory.
  ///   - scores: [1, rows]
  func forward<S: Scalar>(
    _ query: Region, _ rows: Range<Int>, into scores: Region, slot: Int, in memory: Memory<S>
  ) {
    forEachTile(rows) { piece in
      let tile = tile(query, piece, slot, in: memory)
      scoreMap.multiply(tile, from: .zero, into: scores.asColumn(piece.moved(by: -rows.lowerBound)), in: memory)
    }
  }

  /// tanh(q + K·E_j) of some rows.
  private func tile<S: Scalar>(_ query: Region, _ rows: Range<Int>, _ slot: Int, in memory: Memory<S>) -> Region {
    let first = slot * Self.tileRows
    let tile = tiles.rows(first..<first + rows.count)
    memory.copy(keys.rows(rows), to: tile)
    for row in 0..<rows.count {
      memory.add(query, to: tile.row(row))
      var values = memory.mutableSpan(tile, row)
      VectorMath.tanh(&values, in: 0..<values.count)
    }
    return tile
  }

  private func forEachTile(_ rows: Range<Int>, _ body: (Range<Int>) -> Void) {
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.tileRows) {
      body(first..<min(first + Self.tileRows, rows.upperBound))
    }
  }

  // MARK: Backward

  /// What is summed over the whole batch starts from 0: a worker's share.
  /// - Parameter rows: of all memories.
  func startGradients<S: Scalar>(rows: Int, _ call: Call, in memory: Memory<S>) {
    memory.fill(keyGradient.rows(call.share(of: rows)), with: 0)
    memory.fill(scoreGradient.rows(call.share(of: scoreGradient.rows)), with: 0)
  }

  /// From dL/d(scores) [1, rows] of a query to dL/dq, and to what the memory's rows and v gather.
  func backward<S: Scalar>(
    _ scores: Region, _ query: Region, _ rows: Range<Int>, into queryGradient: Region, slot: Int, in memory: Memory<S>
  ) {
    memory.fill(queryGradient, with: 0)
    forEachTile(rows) { piece in
      let tile = tile(query, piece, slot, in: memory)
      let own = piece.moved(by: -rows.lowerBound)
      memory.multiplyTransposed(scores.asColumn(own), tile, addingTo: scoreGradient.row(slot))
      let weights = memory.span(scoreMap.weights, 0)
      for row in 0..<piece.count {
        let slope = memory[scores.offset + own.lowerBound + row]
        var values = memory.mutableSpan(tile, row)
        for unit in 0..<weights.count { values[unit] = slope * weights[unit] * (1 - values[unit] * values[unit]) }
      }
      memory.addColumnSums(tile, to: queryGradient)
      memory.add(tile, to: keyGradient.rows(piece))
    }
  }

  /// A worker's part of dL/dE by the scores, once all of dL/d(K·E) is there.
  func backwardMemory<S: Scalar>(into gradient: Region, _ call: Call, in memory: Memory<S>) {
    let part = keyMap.part(backward: gradient.rows, call)
    for piece in part.rows {
      keyMap.multiplyBack(
        keyGradient.rows(piece), from: .zero, into: gradient.rows(piece), columns: part.columns, in: memory)
    }
  }

  // MARK: Gradient

  /// - Parameter memory: [C·M, U] E.
  func gradientTasks(
    _ memory: Region, shift: Int, _ products: ProductChoice
  ) -> (products: [GradientTask], sums: [GradientTask]) {
    (
      GradientTask.memoryWeights(keyGradient, memory, keyMap.weights.moved(by: shift), products),
      [.vectors(gradients: scoreGradient, sums: scoreMap.weights.moved(by: shift))]
    )
  }
}

extension Region {
  /// Some numbers of a row as a column.
  fileprivate func asColumn(_ range: Range<Int>) -> Region {
    let part = columns(range)
    return Region(offset: part.offset, rows: range.count, columns: 1, stride: 1)
  }
}
