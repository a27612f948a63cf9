internal import Kernels

/// Truncated back-propagation through time with two lengths, BPTT(k2; k1) of Williams & Peng (1990): along sequences of any
/// length an update every k1 steps, by the loss of those steps, whose gradient goes back through k2 steps. States are
/// those of the pass that reached them, as there.
///
/// With k1 = k2 these are segments with the state carried. With k2 > k1 the gradient reaches further back than the steps
/// that are new; with k2 < k1 only the last k2 of them are learnt from.
extension Trainer {
  /// - Parameters:
  ///   - input: tokens [steps, N] or vectors [steps, N, I], any number of steps.
  ///   - target: classes [steps, N] or values [steps, N, O], without weights.
  ///   - newSteps: k1.
  ///   - gradientSteps: k2, at most the trainer's T.
  /// - Returns: the report of each update. The state after the last step is where the next call starts, if the trainer
  ///   carries it.
  /// - Precondition: layers run forward only, with a head at every step; nothing is recomputed.
  public mutating func steps(
    _ input: ModelInput<S>, _ target: ModelTarget<S>, every newSteps: Int, through gradientSteps: Int
  ) -> [StepReport] {
    require(settings.shards == 1, "truncated steps take the batch whole, got \(settings.shards) shards")
    let batch = plan.batchSize
    let width = plan.configuration.input.size * batch
    let valueWidth = plan.configuration.outputSize * batch
    require(target.weights == nil && !chosen.loss.isWeighted, "truncated steps take no weights")
    let inputCount: (elements: Int, ofStep: Int)
    let targetCount: (elements: Int, ofStep: Int)
    switch (input.content, target.content) {
    case (.tokens(let tokens), .classes(let classes)):
      (inputCount, targetCount) = ((tokens.count, batch), (classes.count, batch))
    case (.tokens(let tokens), .values(let values)):
      (inputCount, targetCount) = ((tokens.count, batch), (values.count, valueWidth))
    case (.vectors(let vectors), .classes(let classes)):
      (inputCount, targetCount) = ((vectors.count, width), (classes.count, batch))
    case (.vectors(let vectors), .values(let values)):
      (inputCount, targetCount) = ((vectors.count, width), (values.count, valueWidth))
    default: stop("truncated steps take flat arrays, [steps, N, …], with a target for every step")
    }
    let count = inputCount.elements / inputCount.ofStep
    require(
      inputCount.elements == count * inputCount.ofStep && targetCount.elements == count * targetCount.ofStep,
      """
      expected whole steps of \(inputCount.ofStep) inputs and \(targetCount.ofStep) targets, got \(inputCount.elements) \
      and \(targetCount.elements)
      """)
    return truncated(
      steps: count, newSteps, gradientSteps,
      inputs: { engine, steps in
        let part = steps.lowerBound * inputCount.ofStep..<steps.upperBound * inputCount.ofStep
        return switch input.content {
        case .tokens(let tokens): engine.setTokens(tokens.span.extracting(part))
        case .vectors(let vectors): engine.setVectors(vectors.span.extracting(part))
        default: stop("truncated steps take flat arrays")
        }
      },
      targets: { engine, rows, steps in
        let part = steps.lowerBound * targetCount.ofStep..<steps.upperBound * targetCount.ofStep
        switch target.content {
        case .classes(let classes): engine.setClasses(classes.span.extracting(part), rows)
        case .values(let values): engine.setValues(values.span.extracting(part), rows)
        default: stop("truncated steps take flat arrays")
        }
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
