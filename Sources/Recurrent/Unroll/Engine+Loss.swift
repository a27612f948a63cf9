internal import Kernels

/// Targets into the engine's memory, and the loss. Inputs were set before: they say which rows there are.
extension Engine {
  /// A class for each row of the outputs: [T, N], or [N] where there is one for each sequence.
  func setClasses(_ classes: Span<Int32>) {
    checkOneForEachRow("classes")
    lossPlan(for: .classes).setClasses(classes, rows: lossCount, in: lossMemory)
  }

  /// A class for each step of each sequence.
  func setClasses(_ classes: Sequences<Int32>) {
    let loss = lossPlan(for: .classes)
    loss.check(classes.values.span)
    precondition(classes.width == 1, "expected 1 class a step, got \(classes.width)")
    checkOneForEachStep("classes")
    checkLengths(of: classes)
    writeIndices(classes, at: loss.firstIndex)
  }

  /// Values [T, N, O], or [N, O] where there is one output for each sequence.
  func setValues(_ values: Span<S>) {
    checkOneForEachRow("values")
    lossPlan(for: .values).setValues(values, rows: lossCount, in: lossMemory)
  }

  /// Values for each step of each sequence.
  func setValues(_ values: Sequences<S>) {
    let targets = lossPlan(for: .values).place(for: values.values.span)
    precondition(values.width == targets.columns, "expected \(targets.columns) values a step, got \(values.width)")
    checkOneForEachStep("values")
    write(values, to: targets)
  }

  /// The labels of each sequence.
  func setLabels(_ labels: [[Int32]]) {
    let ctc = lossPlan(for: .labels).ctc!
    precondition(labels.count == sequenceCount, "expected labels of \(sequenceCount) sequences, got \(labels.count)")
    for place in 0..<sequenceCount {
      let sequence = sequence(inPlace: place)
      ctc.setLabels(labels[sequence], of: sequence, stepCount: length(ofPlace: place), in: indices)
    }
  }

  /// The loss of each row, or of each sequence, into `sums`; its gradient takes the place of the outputs.
  func loss(_ job: EngineJob, _ worker: Int) {
    guard let loss = plan.lossPlan else { preconditionFailure("the plan has no loss") }
    let memory = lossMemory
    if let ctc = loss.ctc {
      // Plain numbers: a closure that captured the engine would count references.
      let (indices, starts, count) = (indices, plan.index.starts, sequenceCount)
      for place in pool.share(of: sequenceCount, worker: worker) {
        let sequence = sequence(inPlace: place)
        memory.sums[sequence] = ctc.loss(of: sequence, outOf: count, plan.outputs, in: memory) {
          Int(indices[starts + $0]) + place
        }
      }
    } else {
      let untargeted = untargetedRows
      let first = plan.configuration.head.isPooled ? 0 : rowOffset - untargeted
      let rows = pool.share(of: outputRowCount - untargeted, worker: worker).moved(by: untargeted)
      loss.perform(rows, from: first, of: lossCount, in: memory)
      for row in pool.share(of: untargeted, worker: worker) { block.fill(plan.outputs.row(row), with: 0) }
    }
    pool.barrier()
  }

  /// The mean of the losses of rows or sequences, summed in their order.
  func meanLoss() -> Double {
    guard let loss = plan.lossPlan else { preconditionFailure("the plan has no loss") }
    return loss.mean(rows: lossCount, in: lossMemory)
  }

  /// Losses that are summed: of rows of the outputs, or of sequences.
  private var lossCount: Int {
    plan.lossPlan?.ctc != nil || plan.configuration.head.isPooled ? sequenceCount : batchRowCount - untargetedRows
  }

  private var untargetedRows: Int { untargetedSteps * plan.batchSize }

  /// Writes the weights that the plan has room for.
  func writeLossWeights() {
    if let loss = plan.loss { plan.lossPlan?.writeWeights(of: loss, in: lossMemory) }
  }

  private var lossMemory: LossMemory<S> { LossMemory(block: block, indices: indices, sums: sums) }

  private func lossPlan(for targets: Loss.Targets) -> LossPlan {
    guard let loss = plan.loss, let place = plan.lossPlan else { preconditionFailure("the plan has no loss") }
    loss.require(targets)
    return place
  }

  private func checkOneForEachRow(_ what: String) {
    precondition(
      !isRagged || plan.configuration.head.isPooled, "the sequences differ in length: give \(what) as Sequences")
  }

  private func checkOneForEachStep(_ what: String) {
    precondition(!plan.configuration.head.isPooled, "there is one output for each sequence: give \(what) as a Span")
  }
}
