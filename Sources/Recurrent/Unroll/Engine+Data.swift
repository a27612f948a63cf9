internal import Kernels

/// Inputs, and windows of streams, into the engine's memory, checked on the way.
extension Engine {
  /// Tokens [T, N].
  func setTokens(_ tokens: Span<Int32>, steps: Int) {
    guard let vocabularySize = plan.configuration.input.vocabularySize else {
      preconditionFailure("the model takes vectors, not tokens")
    }
    check(count: tokens.count, isStepsOf: steps, width: 1, "tokens")
    Self.check(tokens, below: vocabularySize, "token")
    indices.write(tokens, at: 0)
  }

  /// Vectors [T, N, I].
  func setVectors(_ vectors: Span<S>, steps: Int) {
    guard case .vectors(let size) = plan.configuration.input, let input = plan.input else {
      preconditionFailure("the model takes tokens, not vectors")
    }
    check(count: vectors.count, isStepsOf: steps, width: size, "vector components")
    for row in 0..<steps * plan.batchSize {
      block.write(vectors.extracting(row * size..<(row + 1) * size), at: input.row(row).offset)
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
    var tokens = indices.mutableSpan(0, plan.rowCount)
    var classes = indices.mutableSpan(plan.rowCount, plan.rowCount)
    streams.copyWindow(window, inputs: &tokens, targets: &classes)
    Self.check(tokens.span, below: vocabularySize, "token")
    loss.check(classes.span)
  }

  private func check(count: Int, isStepsOf steps: Int, width: Int, _ what: String) {
    precondition(steps >= 1 && steps <= plan.steps, "steps must be in 1...\(plan.steps), got \(steps)")
    let expected = steps * plan.batchSize * width
    precondition(
      count == expected,
      "expected \(expected) \(what) for \(steps) steps of \(plan.batchSize) sequences, got \(count)")
  }

  private static func check(_ values: Span<Int32>, below limit: Int, _ what: String) {
    for index in values.indices {
      precondition(values[index] >= 0 && values[index] < limit, "\(what) \(values[index]) of \(limit)")
    }
  }
}
