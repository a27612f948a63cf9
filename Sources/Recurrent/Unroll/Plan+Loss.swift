internal import Kernels

/// The loss's part of a plan.
extension Plan {
  /// nil: the caller's own.
  var loss: Loss? { purpose.loss }

  /// Integers for the loss: classes, or what a loss on labels needs.
  var targetIndexCount: Int { max(rowCount, lossPlan?.ctc?.indexCount ?? 0) }

  /// Numbers in double precision: losses of rows, partial sums of the gradient's norm, and what else the loss needs.
  var sumCount: Int { outputRowCount + normPieces + (lossPlan?.sumCount ?? 0) }

  /// Places for a loss on the rows of `outputs`.
  /// - Throws: `PlanError` where the alignments of a loss on labels are too many to count.
  mutating func reserve(_ loss: Loss) throws(PlanError) -> LossPlan {
    let plan = LossPlan(
      loss, outputs: outputs, rows: outputRowCount, steps: steps, batchSize: batchSize, firstIndex: index.targets,
      firstSum: outputRowCount + normPieces
    ) { name, lifetime, shape in reserve(name, lifetime, shape, padded: false) }
    guard let ctc = plan.ctc else { return plan }
    precondition(configuration.head == .everyStep, "the connectionist loss needs a head at every step")
    guard ctc.isCountable else {
      throw .tooLarge(what: "alignments of \(ctc.maximumLabels) labels with \(steps) steps")
    }
    record(
      "alignments", .scratch, [batchSize, ctc.sequenceScratch], bytes: ctc.scratchCount * MemoryLayout<Double>.stride)
    return plan
  }
}

extension Plan.Purpose {
  /// nil: the caller's own.
  var loss: Loss? {
    switch self {
    case .training(let loss, _), .inference(let loss): loss
    }
  }
}
