internal import Kernels

/// A loss and its gradient for outputs of one's own: for `RecurrentPass`, for evaluation, or to see what the trainer
/// computes.
extension Loss {
  /// - Parameters:
  ///   - outputs: [rows, O].
  ///   - outputSize: O.
  ///   - classes: [rows].
  /// - Returns: the loss, and its gradient by the outputs, [rows, O].
  public func evaluate<S: Scalar>(
    _ outputs: [S], outputSize: Int, classes: [Int32]
  ) -> (loss: Double, gradient: [S]) {
    require(.classes)
    return evaluate(outputs, outputSize) { plan, rows, memory in
      plan.setClasses(classes.span, rows: rows, in: memory)
      plan.perform(0..<rows, from: 0, of: rows, in: memory)
    }
  }

  /// - Parameters:
  ///   - outputs: [rows, O].
  ///   - outputSize: O.
  ///   - values: [rows, O].
  /// - Returns: the loss, and its gradient by the outputs, [rows, O].
  public func evaluate<S: Scalar>(
    _ outputs: [S], outputSize: Int, values: [S]
  ) -> (loss: Double, gradient: [S]) {
    require(.values)
    return evaluate(outputs, outputSize) { plan, rows, memory in
      plan.setValues(values.span, rows: rows, in: memory)
      plan.perform(0..<rows, from: 0, of: rows, in: memory)
    }
  }

  /// - Parameters:
  ///   - outputs: [T, N, O], T steps of as many sequences as there are lists of labels.
  ///   - outputSize: O.
  ///   - labels: of each sequence.
  ///   - stepCounts: how many of the steps each sequence has; nil: all.
  /// - Returns: the loss, and its gradient by the outputs, [T, N, O]; 0 where a sequence has ended.
  public func evaluate<S: Scalar>(
    _ outputs: [S], outputSize: Int, labels: [[Int32]], stepCounts: [Int]? = nil
  ) -> (loss: Double, gradient: [S]) {
    require(.labels)
    let batchSize = labels.count
    precondition(
      (stepCounts ?? []).count == (stepCounts == nil ? 0 : batchSize),
      "expected \(batchSize) numbers of steps, got \(stepCounts?.count ?? 0)")
    return evaluate(outputs, outputSize, batchSize: batchSize) { plan, rows, memory in
      let (steps, ctc) = (rows / batchSize, plan.ctc!)
      for sequence in 0..<batchSize {
        let stepCount = stepCounts?[sequence] ?? steps
        ctc.setLabels(labels[sequence], of: sequence, stepCount: stepCount, in: memory.indices)
        memory.sums[sequence] = ctc.loss(of: sequence, outOf: batchSize, plan.outputs, in: memory) {
          $0 * batchSize + sequence
        }
        for step in stepCount..<steps {
          memory.block.fill(plan.outputs.row(step * batchSize + sequence), with: 0)
        }
      }
    }
  }

  private func evaluate<S: Scalar>(
    _ outputs: [S], _ outputSize: Int, batchSize: Int? = nil,
    _ perform: (_ plan: LossPlan, _ rows: Int, _ memory: LossMemory<S>) -> Void
  ) -> (loss: Double, gradient: [S]) {
    precondition(outputSize >= 1, "an output size must be 1 or more, got \(outputSize)")
    let rows = outputs.count / outputSize
    precondition(
      outputs.count == rows * outputSize && rows % max(batchSize ?? 1, 1) == 0 && rows > 0 && batchSize != 0,
      "\(outputs.count) outputs are no rows of \(outputSize) for \(batchSize ?? rows) sequences")
    let place = Matrix(offset: 0, rows: rows, columns: outputSize)
    var scalarCount = place.count
    let plan = LossPlan(
      self, outputs: place, rows: rows, steps: rows / (batchSize ?? rows), batchSize: batchSize ?? rows, firstIndex: 0,
      firstSum: rows
    ) { _, _, shape in
      defer { scalarCount += shape[0] * shape[1] }
      return Matrix(offset: scalarCount, rows: shape[0], columns: shape[1])
    }
    let scalars = Arena<S>(count: scalarCount, filledWith: 0)
    let indices = Arena<Int32>(count: max(rows, plan.ctc?.indexCount ?? 0), filledWith: 0)
    let sums = Arena<Double>(count: rows + plan.sumCount, filledWith: 0)
    let memory = LossMemory(block: scalars.block, indices: indices.block, sums: sums.block)
    memory.block.write(outputs.span, at: 0)
    plan.writeWeights(of: self, in: memory)
    perform(plan, rows, memory)
    return (plan.mean(rows: plan.ctc == nil ? rows : batchSize!, in: memory), memory.block.array(place))
  }
}
