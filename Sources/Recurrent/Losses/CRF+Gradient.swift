internal import Kernels

/// The loss of a CRF and its gradients for outputs of one's own, by what a trainer computes with.
extension CRF {
  /// Gradients of the loss.
  public struct Gradients<S: Scalar>: Sendable {
    /// By the outputs, row by row as these.
    public let outputs: [S]
    /// By A, [K, K].
    public let transitions: [S]
    /// By b, [K].
    public let starts: [S]
    /// By d, [K].
    public let ends: [S]
  }

  /// `Loss.crf` of sequences, one after the other, and its gradients.
  /// - Parameters:
  ///   - outputs: e, of all steps of the first sequence, then of the next, a row of K each.
  ///   - labels: a label in 0..<K for each step.
  /// - Returns: the loss in nats for each step, and its gradients.
  /// - Precondition: labels of as many steps as there are outputs.
  public func evaluate<S: Scalar>(
    _ outputs: Sequences<S>, labels: Sequences<Int32>
  ) -> (loss: Double, gradients: Gradients<S>) {
    require(
      outputs.width == labelCount && labels.width == 1 && labels.lengths == outputs.lengths,
      "expected \(labelCount) outputs and 1 label for each step of \(outputs.lengths), got \(outputs.width), \(labels.width) of \(labels.lengths)"
    )
    var arenas = ArenaLayout(S.self)
    let rows = outputs.stepCount
    let region = arenas.matrix("outputs", .workspace, max(rows, 1), labelCount, padded: false)
    let count = labelCount
    let parameters = arenas.matrix("transitions", .parameters, 1, count * count + 2 * count, padded: false)
    let gradient = arenas.matrix("gradient of transitions", .gradients, 1, parameters.columns, padded: false)
    let places = ParameterTable.CRFOffsets(
      labelCount: count, transitions: parameters.offset, starts: parameters.offset + count * count,
      ends: parameters.offset + count * count + count)
    let classes = arenas.integers("classes", .workspace, [rows])
    let stage: CRFStage
    do throws(PlanError) {
      stage = try CRFStage(
        places, steps: outputs.lengths.max() ?? 0, batchSize: max(outputs.count, 1), &arenas)
    } catch {
      stop("\(error)")
    }
    let scalars = Arena<S>(count: arenas.scalarCount, filledWith: 0)
    let indices = Arena<Int32>(count: arenas.indexCount, filledWith: 0)
    let sums = Arena<Double>(count: arenas.sumCount, filledWith: 0)
    let memory = LossMemory(scalars: scalars.memory, indices: indices.memory, sums: sums.memory)
    memory.scalars.write(outputs.values.span, at: region.offset)
    for (place, value) in (transitions + starts + ends).enumerated() {
      memory.scalars[parameters.offset + place] = S(value)
    }
    for (place, label) in labels.values.enumerated() {
      require(
        label >= 0 && label < count, "label \(label) at \(labels.place(ofStep: place)): expected 0 to \(count - 1)")
      memory.indices[classes + place] = label
    }
    stage.pack(memory.scalars, memory.sums)
    var (sum, first) = (0.0, 0)
    for (sequence, length) in outputs.lengths.enumerated() {
      stage.setStepCount(length, of: sequence, in: memory.indices)
      sum += stage.loss(
        of: sequence, weight: 1, outOf: Double(rows), region, classes: classes, in: memory
      ) { first + $0 }
      first += length
    }
    stage.writeGradient(
      sequences: outputs.count, shift: gradient.offset - parameters.offset, memory.scalars, memory.sums)
    let own = memory.scalars.array(gradient)
    let gradients = Gradients(
      outputs: memory.scalars.array(region.rows(0..<rows)), transitions: Array(own[..<(count * count)]),
      starts: Array(own[count * count..<count * count + count]), ends: Array(own[(count * count + count)...]))
    // The handles do not keep the arenas alive.
    withExtendedLifetime(scalars) {}
    withExtendedLifetime(indices) {}
    withExtendedLifetime(sums) {}
    return (rows == 0 ? 0 : sum / Double(rows), gradients)
  }
}
