internal import Kernels

/// What goes into the first layer: tokens as they are (their rows of weights are gathered), tokens looked up in a trained
/// table, or vectors. Rows of [R, ·] are those of the segment, of [T·N, ·] those of the whole batch.
struct InputStage: Sendable {
  private enum Kind: Sendable {
    /// One-hot tokens: the first layer gathers its weights.
    case oneHot
    /// [V, E]
    case embedding(table: Region)
    /// The vectors stand in the rows that the first layer reads.
    case vectors
    /// [T·N, I] the vectors of the whole batch, of which a segment is copied.
    case segments(whole: Region)
  }

  private let kind: Kind
  /// [R, I] what the first layer multiplies; nil for one-hot tokens.
  let rows: Region?
  /// V of tokens.
  private let vocabularySize: Int?

  init(_ configuration: ModelConfiguration, _ table: ParameterTable, _ sizes: BatchSizes, _ arenas: inout ArenaLayout) {
    vocabularySize = configuration.input.vocabularySize
    switch configuration.input {
    case .oneHot:
      kind = .oneHot
      rows = nil
    case .embedding(let vocabulary, let size):
      kind = .embedding(table: Region(offset: table.embedding, rows: vocabulary, columns: size))
      rows = arenas.matrix("embedded input", .workspace, sizes.keptRows, size)
    case .vectors(let size):
      rows = arenas.matrix("input", .workspace, sizes.keptRows, size)
      kind =
        sizes.isSegmented
        ? .segments(whole: arenas.matrix("whole input", .workspace, sizes.rows, size)) : .vectors
    }
  }

  // MARK: Data

  /// Where the vectors of the whole batch are to be written.
  var vectors: Region {
    switch kind {
    case .oneHot, .embedding: stop("the model takes tokens, not vectors")
    case .segments(let whole): whole
    case .vectors: rows ?? .empty
    }
  }

  /// The tokens of the vocabulary.
  var tokens: IndexRange {
    guard let vocabularySize else { stop("the model takes vectors, not tokens") }
    return IndexRange(name: "token", count: vocabularySize)
  }

  // MARK: Forward

  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    guard let rows else { return }
    let share = call.share(of: call.rows.rowCount)
    let ofBatch = share.moved(by: call.rows.rowOffset)
    switch kind {
    case .oneHot, .vectors: return
    case .embedding(let table):
      engine.memory.gather(
        table, engine.indices, at: call.rows.index.tokens + ofBatch.lowerBound, into: rows.rows(share))
    case .segments(let whole): engine.memory.copy(whole.rows(ofBatch), to: rows.rows(share))
    }
    engine.pool.barrier()
  }

  // MARK: Gradient

  /// The embedding's gradient by dL/d(input).
  func gradientTasks(_ inputGradient: Region, shift: Int) -> [GradientTask] {
    guard case .embedding(let table) = kind else { return [] }
    let gradient = table.moved(by: shift)
    let pieces = Pieces(of: table.columns, atMost: 64)
    return (0..<pieces.count).map {
      .embedding(inputGradient: inputGradient.columns(pieces[$0]), table: gradient.columns(pieces[$0]))
    }
  }
}
