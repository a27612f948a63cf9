internal import Kernels

/// Inputs into the engine's memory, checked on the way. They say which rows the batch has: the value that they return is what
/// targets, calls and results of the batch ask for.
extension Engine {
  /// Sets what the next call reads.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func set(_ input: ModelInput<S>) -> Rows {
    switch input.content {
    case .tokens(let tokens): setTokens(tokens.span)
    case .vectors(let vectors): setVectors(vectors.span)
    case .tokenSequences(let tokens): setTokens(tokens)
    case .vectorSequences(let vectors): setVectors(vectors)
    case .vectorLists(let lists): setVectors(Sequences(lists, width: plan.input.vectors.columns))
    case .window(let window, let streams): setWindow(window, of: streams)
    }
  }

  // MARK: One length

  /// Tokens [T, N].
  /// - Parameter sequences: how many there are; nil: N. See `rows(steps:sequences:)`.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func setTokens(_ tokens: Span<Int32>, sequences: Int? = nil) -> Rows {
    let sequences = sequences ?? plan.batchSize
    let steps = steps(count: tokens.count, sequences, width: 1, "tokens")
    plan.input.tokens.check(tokens) { StepPlace(timeMajor: $0, sequences: sequences) }
    indices.write(tokens, at: plan.index.tokens)
    return rows(steps: steps, sequences: sequences)
  }

  /// Vectors [T, N, I].
  /// - Parameter sequences: as for tokens.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func setVectors(_ vectors: Span<S>, sequences: Int? = nil) -> Rows {
    let sequences = sequences ?? plan.batchSize
    let input = plan.input.vectors
    let steps = steps(count: vectors.count, sequences, width: input.columns, "vector components")
    let rows = rows(steps: steps, sequences: sequences)
    memory.write(vectors, to: input.rows(0..<rows.batchRowCount))
    return rows
  }

  /// The tokens of one window of parallel streams.
  private func setWindow(_ window: Int, of streams: TokenStreams) -> Rows {
    require(
      streams.batchSize == plan.batchSize && streams.sequenceLength <= plan.steps,
      """
      expected streams of \(plan.batchSize) sequences and at most \(plan.steps) steps, got \(streams.batchSize) and \
      \(streams.sequenceLength)
      """)
    // Stops for a model of vectors: it has no room for tokens.
    let range = plan.input.tokens
    var tokens = indices.mutableSpan(plan.index.tokens, streams.sequenceLength * streams.batchSize)
    streams.copyWindow(window, isTarget: false, into: &tokens)
    range.check(tokens.span) { StepPlace(timeMajor: $0, sequences: plan.batchSize) }
    return rows(steps: streams.sequenceLength)
  }

  /// Steps of so many elements.
  func steps(count: Int, _ sequences: Int, width: Int, _ what: StaticString) -> Int {
    let step = sequences * width
    require(
      count > 0 && count.isMultiple(of: step),
      "expected a multiple of \(step) \(what), 1 step or more of \(sequences) sequences, got \(count)")
    let steps = count / step
    require(steps <= plan.steps, "steps must be in 1...\(plan.steps), got \(steps)")
    return steps
  }

  // MARK: Different lengths

  func setTokens(_ tokens: Sequences<Int32>) -> Rows {
    if plan.input.hasFeatures {
      let rows = rows(lengths: tokens.lengths)
      plan.input.write(tokens, to: indices, rows)
      setLetters(rows)
      return rows
    }
    plan.input.tokens.check(tokens)
    let rows = rows(lengths: tokens.lengths)
    write(tokens, at: plan.index.tokens, rows)
    return rows
  }

  func setVectors(_ vectors: Sequences<S>) -> Rows {
    let input = plan.input.vectors
    require(vectors.width == input.columns, "expected vectors of \(input.columns), got \(vectors.width)")
    let rows = rows(lengths: vectors.lengths)
    write(vectors, to: input, rows)
    return rows
  }

  /// An index for each row, from `offset` on.
  func write(_ values: Sequences<Int32>, at offset: Int, _ rows: Rows) {
    for slot in 0..<rows.sequenceCount {
      let sequence = rows.sequence(inSlot: slot)
      for step in 0..<rows.length(ofSlot: slot) {
        indices[offset + rows.firstRow(ofStep: step) + slot] =
          values.values[values.position(of: rows.part.first + sequence, step: step)]
      }
    }
  }

  /// Sequences of the batch to rows of `target`.
  func write(_ values: Sequences<S>, to target: Region, _ rows: Rows) {
    rows.check(values)
    for slot in 0..<rows.sequenceCount {
      let sequence = rows.sequence(inSlot: slot)
      for step in 0..<rows.length(ofSlot: slot) {
        let start = values.position(of: rows.part.first + sequence, step: step)
        memory.write(
          values.values.span.extracting(start..<start + values.width),
          at: target.row(rows.firstRow(ofStep: step) + slot).offset)
      }
    }
  }

  /// Rows of `source` as the sequences of the batch.
  func sequences(_ source: Region, _ rows: Rows) -> Sequences<S> {
    var lengths = [Int](repeating: 0, count: rows.sequenceCount)
    var slots = lengths
    for slot in 0..<rows.sequenceCount {
      lengths[rows.sequence(inSlot: slot)] = rows.length(ofSlot: slot)
      slots[rows.sequence(inSlot: slot)] = slot
    }
    let values = slots.indices.flatMap { sequence in
      (0..<lengths[sequence]).flatMap { memory.array(source.row(rows.firstRow(ofStep: $0) + slots[sequence])) }
    }
    return Sequences(values: values, lengths: lengths, width: source.columns)
  }
}

extension Rows {
  /// Stops where values for every step do not have the lengths of the batch.
  func check<Element>(_ values: Sequences<Element>) {
    require(
      values.count <= part.whole && part.sequences(of: values.count).count == sequenceCount,
      "expected \(part.first + sequenceCount) sequences, got \(values.count)")
    for slot in 0..<sequenceCount {
      let sequence = part.first + sequence(inSlot: slot)
      require(
        values.lengths[sequence] == length(ofSlot: slot),
        "expected \(length(ofSlot: slot)) steps of sequence \(sequence), got \(values.lengths[sequence])")
    }
  }
}
