internal import Kernels

/// Truncated back-propagation through time with two lengths, BPTT(k2; k1) of Williams & Peng (1990): along sequences of any
/// length an update every k1 steps, by the loss of those steps, whose gradient goes back through k2 steps. States are
/// those of the pass that reached them, as there.
///
/// With k1 = k2 these are segments with the state carried. With k2 > k1 the gradient reaches further back than the steps
/// that are new; with k2 < k1 only the last k2 of them are learnt from.
extension Trainer {
  /// - Parameters:
  ///   - tokens: [steps, N], any number of steps.
  ///   - classes: [steps, N].
  ///   - newSteps: k1.
  ///   - gradientSteps: k2, at most the trainer's T.
  /// - Returns: the report of each update. The state after the last step is where the next call starts, if the trainer
  ///   carries it.
  /// - Precondition: layers run forward only, with a head at every step; nothing is recomputed.
  public mutating func steps(
    tokens: Span<Int32>, classes: Span<Int32>, every newSteps: Int, through gradientSteps: Int
  ) -> [StepReport] {
    let batch = plan.batchSize
    require(
      tokens.count.isMultiple(of: batch) && classes.count == tokens.count,
      "expected as many classes as tokens for whole steps of \(batch), got \(tokens.count) and \(classes.count)")
    return truncated(
      steps: tokens.count / batch, newSteps, gradientSteps,
      inputs: { engine, steps in
        engine.setTokens(
          tokens.extracting(steps.lowerBound * batch..<steps.upperBound * batch), steps: steps.count)
      },
      targets: { engine, rows, steps in
        engine.setClasses(classes.extracting(steps.lowerBound * batch..<steps.upperBound * batch), rows)
      })
  }

  /// As above, on vectors [steps, N, I] with target values [steps, N, O].
  public mutating func steps(
    vectors: Span<S>, values: Span<S>, every newSteps: Int, through gradientSteps: Int
  ) -> [StepReport] {
    let input = plan.batchSize * plan.configuration.input.size
    let output = plan.batchSize * plan.configuration.outputSize
    require(
      vectors.count.isMultiple(of: input) && values.count == vectors.count / input * output,
      "expected whole steps of \(input) and \(output) numbers, got \(vectors.count) and \(values.count)")
    return truncated(
      steps: vectors.count / input, newSteps, gradientSteps,
      inputs: { engine, steps in
        engine.setVectors(
          vectors.extracting(steps.lowerBound * input..<steps.upperBound * input), steps: steps.count)
      },
      targets: { engine, rows, steps in
        engine.setValues(values.extracting(steps.lowerBound * output..<steps.upperBound * output), rows)
      })
  }

  /// As above, on vectors [steps, N, I] with classes [steps, N].
  public mutating func steps(
    vectors: Span<S>, classes: Span<Int32>, every newSteps: Int, through gradientSteps: Int
  ) -> [StepReport] {
    let batch = plan.batchSize
    let input = batch * plan.configuration.input.size
    require(
      vectors.count.isMultiple(of: input) && classes.count == vectors.count / input * batch,
      "expected whole steps of \(input) numbers and \(batch) classes, got \(vectors.count) and \(classes.count)")
    return truncated(
      steps: vectors.count / input, newSteps, gradientSteps,
      inputs: { engine, steps in
        engine.setVectors(
          vectors.extracting(steps.lowerBound * input..<steps.upperBound * input), steps: steps.count)
      },
      targets: { engine, rows, steps in
        engine.setClasses(classes.extracting(steps.lowerBound * batch..<steps.upperBound * batch), rows)
      })
  }

  private mutating func truncated(
    steps: Int, _ newSteps: Int, _ gradientSteps: Int,
    inputs: (Engine<S>, Range<Int>) -> Rows, targets: (Engine<S>, Rows, Range<Int>) -> Void
  ) -> [StepReport] {
    require(newSteps >= 1, "an update needs 1 new step or more, got \(newSteps)")
    require(
      gradientSteps >= 1 && gradientSteps <= plan.steps,
      "a gradient goes back through 1 to \(plan.steps) steps, got \(gradientSteps)")
    require(
      plan.sizes.keptSteps == plan.steps && plan.configuration.head == .everyStep
        && plan.configuration.directions == .forward,
      "truncation needs forward layers, a head at every step and no recomputation")
    let before = engine.savedStart()
    var reports: [StepReport] = []
    // The engine's initial state is that before step `position`, and `last` the batch that it was reached by.
    var position = 0
    var last: Rows?
    for first in stride(from: 0, to: steps, by: newSteps) {
      let end = min(first + newSteps, steps)
      let start = max(0, end - gradientSteps)
      if start > position {
        if let last, start <= position + last.batchSteps {
          engine.carryState(of: last, afterSteps: start - position)
        } else {
          // Not reached by the last pass: steps that are not learnt from.
          if let last { engine.carryState(after: last) }
          advance(from: position + (last?.batchSteps ?? 0), to: start, inputs)
        }
      }
      position = start
      var rows = inputs(engine, start..<end)
      rows.untargetedSteps = max(0, first - start)
      targets(engine, rows, max(first, start)..<end)
      reports.append(update(rows))
      last = rows
    }
    if let last { engine.carryState(after: last) }
    if !settings.carriesState { engine.restore(before) }
    return reports
  }

  /// Runs steps forward only.
  private mutating func advance(from start: Int, to end: Int, _ inputs: (Engine<S>, Range<Int>) -> Rows) {
    for first in stride(from: start, to: end, by: plan.steps) {
      let rows = inputs(engine, first..<min(first + plan.steps, end))
      engine.perform(.forward, rows, skipsHead: true)
      engine.carryState(after: rows)
    }
  }
}

extension Engine {
  /// Makes the state after some steps of a pass the initial state.
  fileprivate func carryState(of rows: Rows, afterSteps count: Int) {
    carryState(after: rows.segment(0..<count))
    for sequence in 0..<plan.batchSize { setFresh(false, sequence) }
  }
}
