internal import Kernels

/// Inputs and targets into the engine's memory, checked on the way.
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

  /// Classes [T, N], or [N] for a head at the last step.
  func setClasses(_ classes: Span<Int32>, steps: Int) {
    precondition(plan.loss == .crossEntropy, "classes are for the cross-entropy; the loss is \(lossName)")
    let rows = plan.outputRows(steps: steps)
    precondition(classes.count == rows, "expected \(rows) classes, got \(classes.count)")
    Self.check(classes, below: plan.outputs.columns, "class")
    indices.write(classes, at: plan.rowCount)
  }

  /// Values [T, N, O], or [N, O] for a head at the last step.
  func setValues(_ values: Span<S>, steps: Int) {
    guard plan.loss == .meanSquaredError, let targets = plan.targets else {
      preconditionFailure("values are for the mean squared error; the loss is \(lossName)")
    }
    let count = plan.outputRows(steps: steps) * targets.columns
    precondition(values.count == count, "expected \(count) target values, got \(values.count)")
    block.write(values, at: targets.offset)
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
      plan.loss == .crossEntropy
    else { preconditionFailure("token streams need tokens in and classes out at every step") }
    var tokens = indices.mutableSpan(0, plan.rowCount)
    var classes = indices.mutableSpan(plan.rowCount, plan.rowCount)
    streams.copyWindow(window, inputs: &tokens, targets: &classes)
    Self.check(tokens.span, below: vocabularySize, "token")
    Self.check(classes.span, below: plan.outputs.columns, "class")
  }

  private var lossName: String { plan.loss?.rawValue ?? "the caller's" }

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

extension Plan {
  /// nil: the caller's own.
  var loss: Loss? { purpose.loss }
}

extension Plan.Purpose {
  /// nil: the caller's own.
  var loss: Loss? {
    switch self {
    case .training(let loss, _), .inference(let loss): loss
    }
  }
}
