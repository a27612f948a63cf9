internal import Kernels

/// Inputs of a shard: its sequences of the whole batch's.
extension Engine {
  /// Sets what the next call reads of a batch.
  /// - Parameter needsSteps: whether sequences of no step are nothing to compute.
  /// - Returns: nil where the batch has no step, or no sequence, in this part.
  func set(_ input: ModelInput<S>, _ part: BatchPart, needsSteps: Bool = true) -> Rows? {
    switch input.content {
    case .tokens(let tokens): return setTokens(tokens.span, part)
    case .vectors(let vectors): return setVectors(vectors.span, part)
    case .tokenSequences(let tokens) where plan.input.hasFeatures:
      guard let rows = rows(lengths: tokens.lengths, part, needsSteps) else { return nil }
      plan.input.write(tokens, to: indices, rows)
      setLetters(rows)
      return rows
    case .tokenSequences(let tokens):
      plan.input.tokens.check(tokens)
      guard let rows = rows(lengths: tokens.lengths, part, needsSteps) else { return nil }
      write(tokens, at: plan.index.tokens, rows)
      return rows
    case .vectorSequences(let vectors):
      let input = plan.input.vectors
      require(vectors.width == input.columns, "expected vectors of \(input.columns), got \(vectors.width)")
      guard let rows = rows(lengths: vectors.lengths, part, needsSteps) else { return nil }
      write(vectors, to: input, rows)
      return rows
    case .vectorLists: stop("vectors in lists are joined before a batch is cut into shards")
    case .window(let window, let streams): return setWindow(window, of: streams, part)
    }
  }

  /// Tokens [T, N], of which these sequences are read.
  private func setTokens(_ tokens: Span<Int32>, _ part: BatchPart) -> Rows {
    let steps = steps(count: tokens.count, part.whole, width: 1, "tokens")
    let place = plan.index.tokens
    for step in 0..<steps {
      let first = step * part.whole + part.first
      indices.write(tokens.extracting(first..<first + part.count), at: place + step * part.count)
    }
    plan.input.tokens.check(indices.span(place, steps * part.count)) { part.place($0) }
    return rows(steps: steps, part)
  }

  /// Vectors [T, N, I], of which these sequences are read.
  private func setVectors(_ vectors: Span<S>, _ part: BatchPart) -> Rows {
    let (input, width) = (plan.input.vectors, plan.input.vectors.columns)
    let steps = steps(count: vectors.count, part.whole, width: width, "vector components")
    for step in 0..<steps {
      let first = (step * part.whole + part.first) * width
      memory.write(
        vectors.extracting(first..<first + part.count * width),
        to: input.rows(step * part.count..<(step + 1) * part.count))
    }
    return rows(steps: steps, part)
  }

  private func setWindow(_ window: Int, of streams: TokenStreams, _ part: BatchPart) -> Rows {
    require(
      streams.batchSize == part.whole && streams.sequenceLength <= plan.steps,
      """
      expected streams of \(part.whole) sequences and at most \(plan.steps) steps, got \(streams.batchSize) and \
      \(streams.sequenceLength)
      """)
    var tokens = indices.mutableSpan(plan.index.tokens, streams.sequenceLength * part.count)
    streams.copyWindow(window, isTarget: false, streams: part.sequences(of: part.whole), into: &tokens)
    plan.input.tokens.check(tokens.span) { part.place($0) }
    return rows(steps: streams.sequenceLength, part)
  }

  private func rows(steps: Int, _ part: BatchPart) -> Rows {
    var rows = rows(steps: steps, sequences: part.count)
    rows.part = part
    return rows
  }

  /// nil where the part has no sequence, or none with a step.
  private func rows(lengths: [Int], _ part: BatchPart, _ needsSteps: Bool) -> Rows? {
    require(
      !lengths.isEmpty && lengths.count <= part.whole,
      "expected 1 to \(part.whole) sequences, got \(lengths.count)")
    let own = lengths[part.sequences(of: lengths.count)]
    guard needsSteps ? own.contains(where: { $0 > 0 }) : !own.isEmpty else { return nil }
    var rows = rows(lengths: own)
    rows.part = part
    return rows
  }
}

extension BatchPart {
  /// Where an element stands that is `index` in an array [T, count] of this part.
  func place(_ index: Int) -> StepPlace { StepPlace(sequence: first + index % count, step: index / count) }
}
