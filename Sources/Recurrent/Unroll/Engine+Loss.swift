internal import Kernels

/// Targets into the engine's memory, and the loss. Inputs were set before: they say which rows there are.
extension Engine {
  /// A class for each row of the outputs: [T, N], or [N] where there is one for each sequence.
  func setClasses(_ classes: Span<Int32>) {
    checkOneForEachRow("classes")
    lossPlan("classes").setClasses(classes, rows: outputRowCount, in: lossMemory)
  }

  /// A class for each step of each sequence.
  func setClasses(_ classes: Sequences<Int32>) {
    let loss = lossPlan("classes")
    loss.check(classes.values.span)
    precondition(classes.width == 1, "expected 1 class a step, got \(classes.width)")
    checkOneForEachStep("classes")
    checkLengths(of: classes)
    writeIndices(classes, at: loss.firstIndex)
  }

  /// Values [T, N, O], or [N, O] where there is one output for each sequence.
  func setValues(_ values: Span<S>) {
    checkOneForEachRow("values")
    lossPlan("values").setValues(values, rows: outputRowCount, in: lossMemory)
  }

  /// Values for each step of each sequence.
  func setValues(_ values: Sequences<S>) {
    let targets = lossPlan("values").place(for: values.values.span)
    precondition(values.width == targets.columns, "expected \(targets.columns) values a step, got \(values.width)")
    checkOneForEachStep("values")
    write(values, to: targets)
  }

  /// The labels of each sequence.
  func setLabels(_ labels: [[Int32]]) {
    let loss = lossPlan("labels")
    guard let ctc = loss.ctc else {
      preconditionFailure("labels are for the connectionist loss; the loss is \(loss.loss)")
    }
    precondition(labels.count == sequenceCount, "expected labels of \(sequenceCount) sequences, got \(labels.count)")
    for place in 0..<sequenceCount {
      let sequence = sequence(inPlace: place)
      ctc.setLabels(labels[sequence], of: sequence, stepCount: length(ofPlace: place), in: indices)
    }
  }

  /// The loss of each row, or of each sequence, into `sums`; its gradient takes the place of the outputs.
  func loss(_ job: EngineJob, _ worker: Int) {
    let loss = lossPlan("loss")
    let memory = lossMemory
    let share = pool.share(of: lossCount, worker: worker)
    if let ctc = loss.ctc {
      for place in share {
        let sequence = sequence(inPlace: place)
        memory.sums[sequence] = ctc.loss(of: sequence, outOf: sequenceCount, plan.outputs, in: memory) {
          firstRow(ofStep: $0) + place
        }
      }
    } else {
      loss.perform(share, of: lossCount, in: memory)
    }
    pool.barrier()
  }

  /// The mean of the losses of rows or sequences, summed in their order.
  func meanLoss() -> Double { lossPlan("loss").mean(rows: lossCount, in: lossMemory) }

  /// Losses that are summed: of rows of the outputs, or of sequences.
  private var lossCount: Int { plan.lossPlan?.ctc == nil ? outputRowCount : sequenceCount }

  /// Writes the weights that the plan has room for.
  func writeLossWeights() { plan.lossPlan?.writeWeights(in: lossMemory) }

  private var lossMemory: LossMemory<S> { LossMemory(block: block, indices: indices, sums: sums) }

  private func lossPlan(_ what: String) -> LossPlan {
    guard let loss = plan.lossPlan else { preconditionFailure("\(what): the plan has no loss") }
    return loss
  }

  private func checkOneForEachRow(_ what: String) {
    precondition(
      !isRagged || plan.configuration.head.isPooled, "the sequences differ in length: give \(what) as Sequences")
  }

  private func checkOneForEachStep(_ what: String) {
    precondition(!plan.configuration.head.isPooled, "there is one output for each sequence: give \(what) as a Span")
  }
}
