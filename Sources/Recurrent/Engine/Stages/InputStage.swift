internal import Kernels

/// What goes into the first layer: tokens as they are (their rows of weights are gathered), tokens looked up in a trained
/// table, or vectors. Rows of [R, ·] are those of the segment, of [T·N, ·] those of the whole batch.
struct InputStage: Sendable {
  private enum Kind: Sendable {
    /// One-hot tokens: the first layer gathers its weights.
    case oneHot
    /// [V, E]
    case embedding(table: Region)
    /// [V, E] of each token of a step, and where its vector stands in a row.
    case features([(table: Region, columns: Range<Int>)])
    /// The vectors stand in the rows that the first layer reads.
    case vectors
    /// [T·N, I] the vectors of the whole batch, of which a segment is copied.
    case segments(whole: Region)
  }

  private let kind: Kind
  /// [R, I] what the first layer multiplies; nil for one-hot tokens.
  let rows: Region?
  /// V of tokens, where a step has one.
  private let vocabularySize: Int?
  /// V of the tokens of a step, where it has several.
  private let vocabularySizes: [Int]
  /// R: from one token of a step to the next in the indices.
  private let stride: Int
  /// The place in a step from which on its tokens are letters.
  private let firstLetter: Int
  /// Which tokens are dropped in a batch of a training; nil without.
  private let dropout: TokenDropout?

  init(_ configuration: ModelConfiguration, _ table: ParameterTable, _ sizes: BatchSizes, _ arenas: inout ArenaLayout) {
    vocabularySize = configuration.input.vocabularySize
    stride = sizes.rows
    vocabularySizes = configuration.input.vocabularySizes
    dropout =
      sizes.isTraining && configuration.embeddingDropout > 0
      ? TokenDropout(
        rate: configuration.embeddingDropout,
        scales: arenas.matrix("token scales", .workspace, 1, vocabularySize ?? 0)) : nil
    firstLetter = vocabularySizes.count - (configuration.input.letters?.count ?? 0)
    switch configuration.input {
    case .oneHot:
      kind = .oneHot
      rows = nil
    case .embedding(let vocabulary, let size):
      kind = .embedding(table: Region(offset: table.embedding, rows: vocabulary, columns: size))
      rows = arenas.matrix("embedded input", .workspace, sizes.keptRows, size)
    case .features(let tables, _):
      var first = 0
      kind = .features(
        zip(tables, table.embeddings).map { own, offset in
          defer { first += own.size }
          return (Region(offset: offset, rows: own.vocabularySize, columns: own.size), first..<first + own.size)
        })
      rows = arenas.matrix("embedded input", .workspace, sizes.keptRows, configuration.input.size)
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
    case .oneHot, .embedding, .features: stop("the model takes tokens, not vectors")
    case .segments(let whole): whole
    case .vectors: rows ?? .empty
    }
  }

  /// The tokens of the vocabulary, of which a step has one.
  var tokens: IndexRange {
    guard let vocabularySize else { stop("the model takes vectors, not tokens") }
    require(
      vocabularySizes.isEmpty,
      "a step has \(vocabularySizes.count) tokens: give Sequences of width \(vocabularySizes.count)")
    return IndexRange(name: "token", count: vocabularySize)
  }

  /// Writes the tokens of sequences, checked, to the indices: those of one place in a step after those of another.
  func write(_ tokens: Sequences<Int32>, to indices: Memory<Int32>, _ rows: Rows) {
    IndexRange.check(tokens, vocabularySizes)
    for slot in 0..<rows.sequenceCount {
      let sequence = rows.part.first + rows.sequence(inSlot: slot)
      for step in 0..<rows.length(ofSlot: slot) {
        let (row, first) = (rows.firstRow(ofStep: step) + slot, tokens.position(of: sequence, step: step))
        for place in 0..<tokens.width {
          indices[rows.index.tokens + place * stride + row] = tokens.values[first + place]
        }
      }
    }
  }

  /// A letter of a row of the whole batch.
  func letter(_ place: Int, ofRow row: Int, _ index: IndexLayout, in indices: Memory<Int32>) -> Int32 {
    indices[index.tokens + (firstLetter + place) * stride + row]
  }

  /// Whether a step has several tokens.
  var hasFeatures: Bool { !vocabularySizes.isEmpty }

  // MARK: Forward

  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    guard let rows else { return }
    let share = call.share(of: call.rows.rowCount)
    let ofBatch = share.moved(by: call.rows.rowOffset)
    switch kind {
    case .oneHot, .vectors: return
    case .embedding(let table):
      let tokens = call.rows.index.tokens + ofBatch.lowerBound
      dropout?.draw(call, engine)
      engine.memory.gather(table, engine.indices, at: tokens, into: rows.rows(share))
      dropout?.apply(to: rows.rows(share), at: tokens, call, engine)
    case .features(let tables):
      for place in tables.indices {
        engine.memory.gather(
          tables[place].table, engine.indices, at: call.rows.index.tokens + place * stride + ofBatch.lowerBound,
          into: rows.rows(share).columns(tables[place].columns))
      }
    case .segments(let whole): engine.memory.copy(whole.rows(ofBatch), to: rows.rows(share))
    }
    engine.pool.barrier()
  }

  // MARK: Gradient

  /// The embeddings' gradient by dL/d(input).
  /// - Parameter isTied: whether the head's gradient stands there already.
  func gradientTasks(_ inputGradient: Region, isTied: Bool, shift: Int) -> [GradientTask] {
    switch kind {
    case .embedding(let table):
      return Self.gradientTasks(
        inputGradient, table.moved(by: shift), tokens: 0, isTied: isTied, scales: dropout?.scales)
    case .features(let tables):
      return tables.enumerated().flatMap { place, own in
        Self.gradientTasks(
          inputGradient.columns(own.columns), own.table.moved(by: shift), tokens: place * stride)
      }
    case .oneHot, .vectors, .segments: return []
    }
  }

  private static func gradientTasks(
    _ inputGradient: Region, _ table: Region, tokens: Int, isTied: Bool = false, scales: Region? = nil
  ) -> [GradientTask] {
    let pieces = Pieces(of: table.columns, atMost: 64)
    return (0..<pieces.count).map {
      .embedding(
        inputGradient: inputGradient.columns(pieces[$0]), table: table.columns(pieces[$0]), tokens: tokens,
        isTied: isTied, scales: scales)
    }
  }
}
