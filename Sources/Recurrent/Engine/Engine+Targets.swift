internal import Kernels

/// Targets into the engine's memory, and the loss.
extension Engine {
  /// A class for each row of the outputs: [T, N], or [N] where there is one for each sequence.
  func setClasses(_ classes: Span<Int32>, _ rows: Rows) {
    checkOneForEachRow("classes", rows)
    loss(for: .classes).setClasses(classes, rows: lossCount(rows), in: lossMemory)
  }

  /// A class for each step of each sequence.
  func setClasses(_ classes: Sequences<Int32>, _ rows: Rows) {
    let loss = loss(for: .classes)
    loss.check(classes.values.span)
    require(classes.width == 1, "expected 1 class a step, got \(classes.width)")
    checkOneForEachStep("classes")
    rows.check(classes)
    write(classes, at: loss.classes, rows)
  }

  /// Values [T, N, O], or [N, O] where there is one output for each sequence.
  func setValues(_ values: Span<S>, _ rows: Rows) {
    checkOneForEachRow("values", rows)
    loss(for: .values).setValues(values, rows: lossCount(rows), in: lossMemory)
  }

  /// Values for each step of each sequence.
  func setValues(_ values: Sequences<S>, _ rows: Rows) {
    let targets = loss(for: .values).place(for: values.values.span)
    require(values.width == targets.columns, "expected \(targets.columns) values a step, got \(values.width)")
    checkOneForEachStep("values")
    write(values, to: targets, rows)
  }

  /// The labels of each sequence.
  func setLabels(_ labels: [[Int32]], _ rows: Rows) {
    guard let ctc = loss(for: .labels).ctc else { stop("the loss is not on labels") }
    require(
      labels.count == rows.sequenceCount, "expected labels of \(rows.sequenceCount) sequences, got \(labels.count)")
    for slot in 0..<rows.sequenceCount {
      let sequence = rows.sequence(inSlot: slot)
      ctc.setLabels(labels[sequence], of: sequence, stepCount: rows.length(ofSlot: slot), in: indices)
    }
  }

  /// The loss of each row, or of each sequence, into the sums; its gradient takes the place of the outputs.
  func loss(_ call: Call) {
    guard let loss = plan.loss else { stop("the plan has no loss") }
    let (memory, rows, outputs) = (lossMemory, call.rows, loss.outputs)
    if let ctc = loss.ctc {
      let count = rows.sequenceCount
      for slot in call.share(of: count) {
        let sequence = rows.sequence(inSlot: slot)
        memory.sums[loss.losses + sequence] = ctc.loss(of: sequence, outOf: count, outputs, in: memory) {
          rows.firstRow(ofStep: $0) + slot
        }
      }
    } else {
      let untargeted = rows.untargetedRows
      let first = plan.configuration.head.isPooled ? 0 : rows.rowOffset - untargeted
      let targeted = call.share(of: outputRowCount(rows) - untargeted).moved(by: untargeted)
      loss.perform(targeted, from: first, of: lossCount(rows), in: memory)
      for row in call.share(of: untargeted) { self.memory.fill(outputs.row(row), with: 0) }
    }
    pool.barrier()
  }

  /// The mean of the losses of rows or sequences of a batch, summed in their order.
  func meanLoss(_ rows: Rows) -> Double {
    guard let loss = plan.loss else { stop("the plan has no loss") }
    return loss.mean(rows: lossCount(rows), in: lossMemory)
  }

  var lossMemory: LossMemory<S> { LossMemory(scalars: memory, indices: indices, sums: sums) }

  /// Losses that are summed: of rows of the outputs, or of sequences.
  private func lossCount(_ rows: Rows) -> Int {
    plan.loss?.ctc != nil || plan.configuration.head.isPooled
      ? rows.sequenceCount : rows.batchRowCount - rows.untargetedRows
  }

  private func loss(for targets: Loss.Targets) -> LossStage {
    guard let loss = plan.purpose.loss, let stage = plan.loss else { stop("the plan has no loss") }
    loss.requireTargets(targets)
    return stage
  }

  private func checkOneForEachRow(_ what: String, _ rows: Rows) {
    require(
      !rows.isRagged || plan.configuration.head.isPooled, "the sequences differ in length: give \(what) as Sequences")
  }

  private func checkOneForEachStep(_ what: String) {
    require(!plan.configuration.head.isPooled, "there is one output for each sequence: give \(what) as a Span")
  }
}

extension Rows {
  fileprivate var untargetedRows: Int { untargetedSteps * batchSize }
}
