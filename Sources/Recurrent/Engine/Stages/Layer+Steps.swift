internal import Kernels

/// A stack of layers step by step, each step through all of them: for `InputFeeding`, whose first layer reads at each step what the
/// top one gave at the step before. All layers run forward. A worker goes through all steps of its own slots without a word with
/// the others.
extension Layer {
  // MARK: Forward

  /// What comes before the first step: a worker's share.
  func startSteps<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    below?.startSteps(call, engine)
    forward.start(call, engine)
  }

  /// The first layer's input product of some steps at once: a worker's part.
  /// - Parameter keptRow: the row of the segment that the first row of gates is.
  func readInput<S: Scalar>(steps: Range<Int>, keptFrom keptRow: Int, _ call: Call, _ engine: Engine<S>) {
    below?.readInput(steps: steps, keptFrom: keptRow, call, engine)
    guard index == 0 else { return }
    forward.input.forward(
      steps: steps, into: forward.gates, keptFrom: keptRow, tokens: call.rows.index.tokens + call.rows.rowOffset, call,
      engine)
  }

  /// A step of some slots through the layers below, and then through this one.
  func stepForward<S: Scalar>(
    _ step: Int, _ slots: Range<Int>, keptFrom keptRow: Int, _ call: Call, _ engine: Engine<S>
  ) {
    let rows = slots.moved(by: call.rows.firstRow(ofStep: step))
    if index > 0 {
      below?.stepForward(step, slots, keptFrom: keptRow, call, engine)
      forward.input.forward(rows: rows, into: forward.gates, keptFrom: keptRow, in: engine.memory)
    }
    forward.forward(
      steps: step..<step + 1, forward.share(ofSlots: slots), keptFrom: keptRow, call, engine)
    passUp(rows, call, in: engine.memory)
  }

  // MARK: Backward

  /// From dL/d(outputs) of a step of some slots, in the shared region, to dL/d(pre-activations) of this layer, and then of those
  /// below. In the shared region each row is used by one layer after the other.
  func stepBack<S: Scalar>(_ step: Int, _ slots: Range<Int>, _ call: Call, _ engine: Engine<S>) {
    forward.backward(step: step, forward.share(ofSlots: slots), addsOutputGradient: true, call, engine)
    // The layer below is not bound: that would count references to it.
    guard index > 0 else { return }
    let rows = slots.moved(by: call.rows.firstRow(ofStep: step))
    let gradient = engine.plan.backward.outputs.columns(0..<forward.input.size)
    forward.input.backward(rows: rows, forward.gates, adding: addsInput, into: gradient, in: engine.memory)
    below?.dropout?.dropBack(gradient, rows: rows, columns: 0..<gradient.columns, call, in: engine.memory)
    below?.stepBack(step, slots, call, engine)
  }

  /// dL/d(what the first layer reads) of all rows at once, where it is wanted.
  func finishSteps<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    below?.finishSteps(call, engine)
    guard index == 0, let gradient = engine.plan.backward.input else { return }
    backwardInput(adding: addsInput, into: gradient, nil, call, engine)
  }
}
