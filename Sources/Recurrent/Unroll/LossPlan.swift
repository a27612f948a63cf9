internal import Kernels

/// What a loss works on: the scalars, the targets that are integers, and the sums, all in double precision.
struct LossMemory<S: Scalar> {
  let block: Block<S>
  let indices: Block<Int32>
  /// The loss of each row from 0 on, and a connectionist loss's scratch.
  let sums: Block<Double>
}

/// Where a loss has its targets and weights, and what it makes of rows of outputs.
struct LossPlan: Sendable {
  let loss: Loss
  /// [rows, O] the outputs, then dL/d(outputs).
  let outputs: Matrix
  /// [rows, O] the targets of losses on values.
  private var values: Matrix?
  /// [1, O] each class's share of a smoothed target, or the weight of each output's positive part.
  private var weights: Matrix?
  /// For a loss on labels.
  private(set) var ctc: CTCPlan?
  /// Where in the indices the classes or labels start.
  let firstIndex: Int

  /// - Parameters:
  ///   - outputs: [rows, O], one after the other.
  ///   - steps: T of the longest sequence.
  ///   - firstScratch: where in the sums a loss on labels may work.
  ///   - reserve: gives a place of this name and shape, its rows one after the other.
  init(
    _ loss: Loss, outputs: Matrix, steps: Int, batchSize: Int, firstIndex: Int, firstScratch: Int,
    reserve: (_ name: String, _ lifetime: Plan.Lifetime, _ shape: [Int]) -> Matrix
  ) {
    (self.loss, self.outputs, self.firstIndex) = (loss, outputs, firstIndex)
    let columns = outputs.columns
    if loss.targets == .values { values = reserve("targets", .workspace, [outputs.rows, columns]) }
    switch loss.kind {
    case .crossEntropy(let classWeights, let smoothing, _):
      precondition(
        classWeights.isEmpty || classWeights.count == columns,
        "expected \(columns) class weights, got \(classWeights.count)")
      if smoothing > 0 { weights = reserve("class weights", .packed, [1, columns]) }
    case .binaryCrossEntropy(let positiveWeights):
      precondition(
        positiveWeights.count <= 1 || positiveWeights.count == columns,
        "expected \(columns) positive weights, got \(positiveWeights.count)")
      weights = reserve("positive weights", .packed, [1, columns])
    case .ctc(let blank, let maximumLabels, let zeroInfinity):
      precondition(blank < columns, "blank \(blank) of \(columns) outputs")
      ctc = CTCPlan(
        blank: blank, zeroInfinity: zeroInfinity, steps: steps, batchSize: batchSize, classCount: columns,
        maximumLabels: min(maximumLabels ?? steps, steps), firstIndex: firstIndex, firstScratch: firstScratch)
    case .meanSquaredError, .meanAbsoluteError, .huber: break
    }
  }

  /// Whether every row counts alike.
  private var isUniform: Bool {
    guard case .crossEntropy(let classWeights, _, let ignored) = loss.kind else { return true }
    return classWeights.isEmpty && ignored == nil
  }

  /// What the sum over `rows` rows is divided by. Every worker sums it up for itself, in the order of the rows.
  func weight<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    guard !isUniform, case .crossEntropy(let classWeights, _, let ignored) = loss.kind else { return Double(rows) }
    var sum = 0.0
    for row in 0..<rows {
      let target = memory.indices[firstIndex + row]
      if target != ignored { sum += classWeights.isEmpty ? 1 : classWeights[Int(target)] }
    }
    return sum
  }

  /// The losses of the rows `range` of `rows` into the sums; their gradients take the place of the outputs.
  func perform<S: Scalar>(_ range: Range<Int>, of rows: Int, in memory: LossMemory<S>) {
    let block = memory.block
    let outputSize = outputs.columns
    let each = S(1 / Double(rows * outputSize))
    switch loss.kind {
    case .crossEntropy(let classWeights, let smoothing, let ignored):
      classes(range, of: rows, classWeights, smoothing, ignored, in: memory)
    case .binaryCrossEntropy:
      for row in range {
        let sum = block.binaryCrossEntropy(
          outputs.row(row), target: values!.row(row), positive: weights!, scale: each)
        memory.sums[row] = sum / Double(outputSize)
      }
    case .meanSquaredError:
      for row in range {
        let sum = block.squaredError(outputs.row(row), target: values!.row(row), scale: each)
        memory.sums[row] = sum / Double(outputSize)
      }
    case .meanAbsoluteError:
      for row in range {
        let sum = block.absoluteError(outputs.row(row), target: values!.row(row), scale: each)
        memory.sums[row] = sum / Double(outputSize)
      }
    case .huber(let delta):
      for row in range {
        let sum = block.huberError(outputs.row(row), target: values!.row(row), delta: S(delta), scale: each)
        memory.sums[row] = sum / Double(outputSize)
      }
    case .ctc: preconditionFailure("a loss on labels takes sequences, not rows")
    }
  }

  private func classes<S: Scalar>(
    _ range: Range<Int>, of rows: Int, _ classWeights: [Double], _ smoothing: Double, _ ignored: Int32?,
    in memory: LossMemory<S>
  ) {
    let weight = weight(rows: rows, in: memory)
    assert((smoothing > 0) == (weights != nil), "only a smoothed target has shares")
    let others = smoothing * (classWeights.isEmpty ? 1 : classWeights.reduce(0, +) / Double(outputs.columns))
    for row in range {
      let target = memory.indices[firstIndex + row]
      if target == ignored || weight == 0 {
        memory.block.fill(outputs.row(row), with: 0)
        memory.sums[row] = 0
        continue
      }
      let own = classWeights.isEmpty ? 1 : classWeights[Int(target)]
      if let weights {
        memory.sums[row] = memory.block.spreadCrossEntropy(
          outputs.row(row), target: Int(target), own: (1 - smoothing) * own, others: weights,
          weight: (1 - smoothing) * own + others, scale: S(1 / weight))
      } else {
        let loss = memory.block.softmaxCrossEntropy(outputs.row(row), target: Int(target), scale: S(own / weight))
        memory.sums[row] = own * loss
      }
    }
  }

  /// The mean of the first `rows` losses, summed in their order.
  func mean<S>(rows: Int, in memory: LossMemory<S>) -> Double {
    let weight = weight(rows: rows, in: memory)
    var sum = 0.0
    for row in 0..<rows { sum += memory.sums[row] }
    return weight == 0 ? 0 : sum / weight
  }

  /// Writes what does not change between steps. To be called once.
  func writeWeights<S: Scalar>(in memory: LossMemory<S>) {
    guard let weights else { return }
    for column in 0..<weights.columns {
      let weight: Double =
        switch loss.kind {
        case .crossEntropy(let classWeights, let smoothing, _):
          smoothing / Double(weights.columns) * (classWeights.isEmpty ? 1 : classWeights[column])
        case .binaryCrossEntropy(let positive):
          positive.isEmpty ? 1 : positive[positive.count == 1 ? 0 : column]
        default: 0
        }
      memory.block[weights.offset + column] = S(weight)
    }
  }
}

// MARK: Targets

extension LossPlan {
  /// A class for each row.
  func setClasses<S>(_ classes: Span<Int32>, rows: Int, in memory: LossMemory<S>) {
    check(classes)
    precondition(classes.count == rows, "expected \(rows) classes, got \(classes.count)")
    memory.indices.write(classes, at: firstIndex)
  }

  /// A value for each output.
  func setValues<S: Scalar>(_ targets: Span<S>, rows: Int, in memory: LossMemory<S>) {
    let place = place(for: targets)
    let count = rows * place.columns
    precondition(targets.count == count, "expected \(count) target values, got \(targets.count)")
    memory.block.write(targets, at: place.offset)
  }

  /// Traps where one is neither a class nor ignored.
  func check(_ classes: Span<Int32>) {
    precondition(loss.targets == .classes, "classes are for the cross-entropy; the loss is \(loss)")
    let limit = outputs.columns
    if case .crossEntropy(_, _, let ignored?) = loss.kind {
      for index in classes.indices where classes[index] != ignored {
        precondition(classes[index] >= 0 && classes[index] < limit, "class \(classes[index]) of \(limit)")
      }
    } else {
      for index in classes.indices {
        precondition(classes[index] >= 0 && classes[index] < limit, "class \(classes[index]) of \(limit)")
      }
    }
  }

  /// Where the targets `values` belong; traps where they cannot be such.
  func place<S: Scalar>(for targets: Span<S>) -> Matrix {
    guard let values else { preconditionFailure("values are for losses on values; the loss is \(loss)") }
    if case .binaryCrossEntropy = loss.kind {
      for index in targets.indices {
        precondition(
          targets[index] >= 0 && targets[index] <= 1,
          "targets of the binary cross-entropy must be in 0...1, got \(targets[index])")
      }
    }
    return values
  }
}
