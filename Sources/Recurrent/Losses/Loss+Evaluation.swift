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
    requireTargets(.classes)
    require(kind != .crf, "the loss of a CRF depends on its transitions: see CRF.logLikelihood")
    let (outputs, classes) = (kept(outputs), kept(classes))
    return evaluate(outputs, outputSize) { plan, rows, memory in
      plan.setClasses(classes.span, rows: rows, in: memory) { StepPlace(sequence: $0) }
      plan.perform(0..<rows, from: 0, of: rows, in: memory)
    }
  }

  /// - Parameters:
  ///   - outputs: [rows, O].
  ///   - outputSize: O.
  ///   - values: [rows, O]; of a loss on quantiles or distributions the values that it compares.
  /// - Returns: the loss, and its gradient by the outputs, [rows, O].
  public func evaluate<S: Scalar>(
    _ outputs: [S], outputSize: Int, values: [S]
  ) -> (loss: Double, gradient: [S]) {
    requireTargets(.values)
    let (outputs, values) = (kept(outputs), kept(values))
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
    requireTargets(.labels)
    let batchSize = labels.count
    require(
      (stepCounts ?? []).count == (stepCounts == nil ? 0 : batchSize),
      "expected \(batchSize) numbers of steps, got \(stepCounts?.count ?? 0)")
    return evaluate(outputs, outputSize, batchSize: batchSize) { plan, rows, memory in
      guard let ctc = plan.ctc else { stop("a loss on labels needs its alignments") }
      let steps = rows / batchSize
      for sequence in 0..<batchSize {
        let stepCount = stepCounts?[sequence] ?? steps
        ctc.setLabels(labels[sequence], of: sequence, stepCount: stepCount, in: memory.indices)
        memory.sums[plan.losses + sequence] = ctc.loss(
          of: sequence, weight: 1, outOf: Double(batchSize), plan.outputs, in: memory
        ) {
          $0 * batchSize + sequence
        }
        for step in stepCount..<steps {
          memory.scalars.fill(plan.outputs.row(step * batchSize + sequence), with: 0)
        }
      }
    }
  }

  /// The same. Swift 6.3 takes the elements of an array literal for unread where they are read through a span, in an optimised build.
  @_optimize(none)
  private func kept<T>(_ values: [T]) -> [T] { values }

  private func evaluate<S: Scalar>(
    _ outputs: [S], _ outputSize: Int, batchSize: Int? = nil,
    _ perform: (_ plan: LossStage, _ rows: Int, _ memory: LossMemory<S>) -> Void
  ) -> (loss: Double, gradient: [S]) {
    require(!isWeighted, "weights are for trainers: evaluate the loss without")
    require(outputSize >= 1, "an output size must be 1 or more, got \(outputSize)")
    let rows = outputs.count / outputSize
    require(
      outputs.count == rows * outputSize && rows % max(batchSize ?? 1, 1) == 0 && rows > 0 && batchSize != 0,
      "\(outputs.count) outputs are no rows of \(outputSize) for \(batchSize ?? rows) sequences")
    var arenas = ArenaLayout(S.self)
    let region = arenas.matrix("outputs", .workspace, rows, outputSize, padded: false)
    let sequences = batchSize ?? rows
    let stage: LossStage
    do throws(PlanError) {
      stage = try LossStage(
        self, outputs: region, rows: rows, steps: rows / sequences, batchSize: sequences, isRagged: false, crf: nil,
        &arenas)
    } catch {
      stop("\(error)")
    }
    let scalars = Arena<S>(count: arenas.scalarCount, filledWith: 0)
    let indices = Arena<Int32>(count: arenas.indexCount, filledWith: 0)
    let sums = Arena<Double>(count: arenas.sumCount, filledWith: 0)
    let memory = LossMemory(scalars: scalars.memory, indices: indices.memory, sums: sums.memory)
    memory.scalars.write(outputs.span, at: 0)
    stage.writeWeights(of: self, in: memory)
    perform(stage, rows, memory)
    let result = (
      stage.mean(rows: stage.ctc == nil ? rows : sequences, in: memory), memory.scalars.array(region)
    )
    // The handles do not keep the arenas alive.
    withExtendedLifetime(scalars) {}
    withExtendedLifetime(indices) {}
    withExtendedLifetime(sums) {}
    return result
  }
}
