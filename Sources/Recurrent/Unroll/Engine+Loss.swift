internal import Kernels

/// What the outputs are compared with, and the loss of each row of them.
extension Engine {
  /// A class for each row of the outputs: [T, N], or [N] where there is one for each sequence.
  func setClasses(_ classes: Span<Int32>) {
    precondition(plan.loss == .crossEntropy, "classes are for the cross-entropy; the loss is \(lossName)")
    precondition(
      !isRagged || plan.configuration.head.isPooled, "expected a list of classes for each of the sequences")
    precondition(classes.count == outputRowCount, "expected \(outputRowCount) classes, got \(classes.count)")
    Self.check(classes, below: plan.outputs.columns, "class")
    indices.write(classes, at: plan.index.classes)
  }

  /// A class for each step of each sequence.
  func setClasses(_ classes: Sequences<Int32>) {
    precondition(plan.loss == .crossEntropy, "classes are for the cross-entropy; the loss is \(lossName)")
    checkLengths(of: classes)
    Self.check(classes.values.span, below: plan.outputs.columns, "class")
    writeIndices(classes, at: plan.index.classes)
  }

  /// Values [T, N, O], or [N, O] where there is one output for each sequence.
  func setValues(_ values: Span<S>) {
    let targets = valueTargets
    precondition(
      !isRagged || plan.configuration.head.isPooled, "expected a list of values for each of the sequences")
    let count = outputRowCount * targets.columns
    precondition(values.count == count, "expected \(count) target values, got \(values.count)")
    block.write(values, at: targets.offset)
  }

  /// Values for each step of each sequence.
  func setValues(_ values: Sequences<S>) {
    let targets = valueTargets
    precondition(values.width == targets.columns, "expected \(targets.columns) values a step, got \(values.width)")
    write(values, to: targets)
  }

  private var valueTargets: Matrix {
    guard plan.loss == .meanSquaredError, let targets = plan.targets else {
      preconditionFailure("values are for the mean squared error; the loss is \(lossName)")
    }
    return targets
  }

  private var lossName: String { plan.loss?.rawValue ?? "the caller's" }

  /// The loss of each row into `sums`; its gradient takes the place of the outputs.
  func loss(_ job: EngineJob, _ worker: Int) {
    guard let kind = plan.loss else { preconditionFailure("the plan has no loss") }
    let rows = outputRowCount
    let outputSize = plan.outputs.columns
    for row in pool.share(of: rows, worker: worker) {
      switch kind {
      case .crossEntropy:
        sums[row] = block.softmaxCrossEntropy(
          plan.outputs.row(row), target: Int(indices[plan.index.classes + row]), scale: S(1 / Double(rows)))
      case .meanSquaredError:
        sums[row] =
          block.squaredError(
            plan.outputs.row(row), target: plan.targets!.row(row), scale: S(1 / Double(rows * outputSize)))
          / Double(outputSize)
      }
    }
    pool.barrier()
  }

  /// The mean of the rows' losses, summed in their order.
  func meanLoss() -> Double {
    let rows = outputRowCount
    var sum = 0.0
    for row in 0..<rows { sum += sums[row] }
    return sum / Double(rows)
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
