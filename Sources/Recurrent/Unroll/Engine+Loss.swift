internal import Kernels

/// Targets into the engine's memory, and the loss.
extension Engine {
  /// Classes [T, N], or [N] for a head at the last step.
  func setClasses(_ classes: Span<Int32>, steps: Int) {
    lossPlan(for: .classes).setClasses(classes, rows: plan.outputRows(steps: steps), in: lossMemory)
  }

  /// Values [T, N, O], or [N, O] for a head at the last step.
  func setValues(_ values: Span<S>, steps: Int) {
    lossPlan(for: .values).setValues(values, rows: plan.outputRows(steps: steps), in: lossMemory)
  }

  /// The labels of each sequence, and how many of the steps it has.
  func setLabels(_ labels: [[Int32]], stepCount: (_ sequence: Int) -> Int) {
    lossPlan(for: .labels).ctc!.setLabels(labels, stepCount: stepCount, in: indices)
  }

  /// The loss of each row, or of each sequence, into `sums`; its gradient takes the place of the outputs.
  func loss(_ job: EngineJob, _ worker: Int) {
    guard let loss = plan.lossPlan else { preconditionFailure("the plan has no loss") }
    let memory = lossMemory
    if let ctc = loss.ctc {
      let batchSize = plan.batchSize
      for sequence in pool.share(of: batchSize, worker: worker) {
        memory.sums[sequence] = ctc.loss(of: sequence, plan.outputs, in: memory) { $0 * batchSize + sequence }
      }
    } else {
      let rows = plan.outputRows(steps: job.steps)
      loss.perform(pool.share(of: rows, worker: worker), of: rows, in: memory)
    }
    pool.barrier()
  }

  /// The mean of the losses of rows or sequences, summed in their order.
  func meanLoss(steps: Int) -> Double {
    guard let loss = plan.lossPlan else { preconditionFailure("the plan has no loss") }
    return loss.mean(rows: loss.ctc == nil ? plan.outputRows(steps: steps) : plan.batchSize, in: lossMemory)
  }

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
}
