internal import Kernels

/// What a residual block adds to the way back through a layer: the feed-forward layer behind its recurrences, and the norm
/// before them.
extension Layer {
  /// From dL/d(the block's output) to dL/d(what the recurrences gave). (The feed-forward layer is called where it stands: to hand it
  /// on would count a reference.)
  func backwardBlock<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let columns = 0..<outputs.columns
    let backward = engine.plan.backward
    let gradient = backward.outputs.columns(columns)
    feedForward?.backward(gradient, normGradient: backward.normalized.columns(columns), call, engine)
    guard let branchDropout else { return }
    let (share, branch) = (call.share(of: call.rows.rowCount), backward.branch.columns(columns))
    engine.memory.copy(gradient.rows(share), to: branch.rows(share))
    branchDropout.dropBack(branch, rows: share, columns: columns, call, in: engine.memory)
    engine.pool.barrier()
  }

  /// From dL/d(what the recurrences read) by the norm to dL/d(what the layer reads), where that is wanted.
  func backwardNorm<S: Scalar>(
    _ norm: RMSNorm, into inputGradient: Region?, _ call: Call, _ engine: Engine<S>
  ) {
    let (memory, share) = (engine.memory, call.share(of: call.rows.rowCount))
    let gradient = engine.plan.backward.normalized.columns(0..<forward.input.size)
    backwardInput(adding: false, into: gradient, nil, call, engine)
    guard let inputGradient else {
      norm.backward(gradient, rows: share, adding: false, into: gradient, in: memory)
      return engine.pool.barrier()
    }
    let target = inputGradient.columns(0..<gradient.columns)
    if addsInput, index == 0 {
      memory.copy(engine.plan.backward.outputs.columns(0..<target.columns).rows(share), to: target.rows(share))
    }
    norm.backward(gradient, rows: share, adding: addsInput, into: target, in: memory)
    engine.pool.barrier()
  }
}
