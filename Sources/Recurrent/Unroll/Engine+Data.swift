internal import Kernels

/// Inputs and targets into the engine's memory, checked on the way. Inputs come first: they say which rows the batch has.
extension Engine {
  // MARK: One length

  /// Tokens [T, N].
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func setTokens(_ tokens: Span<Int32>, steps: Int) {
    let vocabularySize = vocabularySize
    check(count: tokens.count, isStepsOf: steps, width: 1, "tokens")
    Self.check(tokens, below: vocabularySize, "token")
    setRows(steps: steps)
    indices.write(tokens, at: plan.index.tokens)
  }

  /// Vectors [T, N, I].
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func setVectors(_ vectors: Span<S>, steps: Int) {
    let input = vectorInput
    check(count: vectors.count, isStepsOf: steps, width: input.columns, "vector components")
    setRows(steps: steps)
    for row in 0..<batchRowCount {
      block.write(vectors.extracting(row * input.columns..<(row + 1) * input.columns), at: input.row(row).offset)
    }
  }

  /// One window of parallel streams: its inputs as tokens, its targets as classes.
  func setWindow(_ window: Int, of streams: TokenStreams) {
    precondition(
      streams.batchSize == plan.batchSize && streams.sequenceLength == plan.steps,
      """
      expected streams of \(plan.batchSize) sequences and \(plan.steps) steps, got \(streams.batchSize) and \
      \(streams.sequenceLength)
      """)
    guard let vocabularySize = plan.configuration.input.vocabularySize, plan.configuration.head == .everyStep,
      let loss = plan.lossPlan, plan.loss?.targets == .classes
    else { preconditionFailure("token streams need tokens in and classes out at every step") }
    setRows(steps: plan.steps)
    var tokens = indices.mutableSpan(plan.index.tokens, plan.rowCount)
    var classes = indices.mutableSpan(loss.firstIndex, plan.rowCount)
    streams.copyWindow(window, inputs: &tokens, targets: &classes)
    Self.check(tokens.span, below: vocabularySize, "token")
    loss.check(classes.span)
  }

  // MARK: Different lengths

  func setTokens(_ tokens: Sequences<Int32>) {
    let vocabularySize = vocabularySize
    precondition(tokens.width == 1, "expected 1 token a step, got \(tokens.width)")
    Self.check(tokens.values.span, below: vocabularySize, "token")
    setRows(lengths: tokens.lengths)
    writeIndices(tokens, at: plan.index.tokens)
  }

  func setVectors(_ vectors: Sequences<S>) {
    let input = vectorInput
    precondition(vectors.width == input.columns, "expected vectors of \(input.columns), got \(vectors.width)")
    setRows(lengths: vectors.lengths)
    write(vectors, to: input)
  }

  /// An index for each row, from `offset` on.
  func writeIndices(_ values: Sequences<Int32>, at offset: Int) {
    for place in 0..<sequenceCount {
      let sequence = sequence(inPlace: place)
      for step in 0..<length(ofPlace: place) {
        indices[offset + firstRow(ofStep: step) + place] = values.values[values.position(of: sequence, step: step)]
      }
    }
  }

  /// Sequences of the batch to rows of `target`.
  func write(_ values: Sequences<S>, to target: Matrix) {
    checkLengths(of: values)
    for place in 0..<sequenceCount {
      let sequence = sequence(inPlace: place)
      for step in 0..<length(ofPlace: place) {
        let start = values.position(of: sequence, step: step)
        block.write(
          values.values.span.extracting(start..<start + values.width),
          at: target.row(firstRow(ofStep: step) + place).offset)
      }
    }
  }

  /// Rows of `source` as the sequences of the batch.
  func sequences(_ source: Matrix) -> Sequences<S> {
    var lengths = [Int](repeating: 0, count: sequenceCount)
    var places = lengths
    for place in 0..<sequenceCount {
      lengths[sequence(inPlace: place)] = length(ofPlace: place)
      places[sequence(inPlace: place)] = place
    }
    let values = places.indices.flatMap { sequence in
      (0..<lengths[sequence]).flatMap { block.array(source.row(firstRow(ofStep: $0) + places[sequence])) }
    }
    return Sequences(values: values, lengths: lengths, width: source.columns)
  }

  /// The states of a recurrence after every step of each sequence, in the order of time.
  func stateSequences(_ index: Int) -> Sequences<S> {
    let recurrence = plan.recurrences[index]
    let states = recurrence.states.rows(plan.batchSize..<recurrence.states.rows)
    let inOrder = sequences(states)
    guard recurrence.isReverse else { return inOrder }
    let width = states.columns
    return Sequences(
      (0..<inOrder.count).map { sequence in
        let rows = Array(inOrder[sequence])
        return inOrder.lengths[sequence..<sequence + 1].flatMap { length in
          (0..<length).reversed().flatMap { rows[$0 * width..<($0 + 1) * width] }
        }
      }, width: width)
  }

  /// Traps where values for every step do not have the lengths of the batch.
  func checkLengths<Element>(of values: Sequences<Element>) {
    precondition(values.count == sequenceCount, "expected \(sequenceCount) sequences, got \(values.count)")
    for place in 0..<sequenceCount {
      let sequence = sequence(inPlace: place)
      precondition(
        values.lengths[sequence] == length(ofPlace: place),
        "expected \(length(ofPlace: place)) steps of sequence \(sequence), got \(values.lengths[sequence])")
    }
  }

  // MARK: Checks

  private var vocabularySize: Int {
    guard let size = plan.configuration.input.vocabularySize else {
      preconditionFailure("the model takes vectors, not tokens")
    }
    return size
  }

  private var vectorInput: Matrix {
    guard case .vectors = plan.configuration.input, let input = plan.input else {
      preconditionFailure("the model takes tokens, not vectors")
    }
    return plan.wholeInput ?? input
  }

  private func check(count: Int, isStepsOf steps: Int, width: Int, _ what: String) {
    precondition(steps >= 1 && steps <= plan.steps, "steps must be in 1...\(plan.steps), got \(steps)")
    let expected = steps * plan.batchSize * width
    precondition(
      count == expected,
      "expected \(expected) \(what) for \(steps) steps of \(plan.batchSize) sequences, got \(count)")
  }

  static func check(_ values: Span<Int32>, below limit: Int, _ what: String) {
    for index in values.indices {
      precondition(values[index] >= 0 && values[index] < limit, "\(what) \(values[index]) of \(limit)")
    }
  }
}
