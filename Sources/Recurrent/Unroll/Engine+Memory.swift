internal import Kernels

/// What a model with attention attends to: rows [C·M, U], written from outside and packed once for all the steps that
/// read them.
extension Engine {
  /// Memories [length, U], one for each of the first sequences (or groups of them); the others are empty.
  func setMemory(_ memories: Sequences<S>) {
    let attention = attentionPlan
    let limit = attention.shape.count(forSequences: plan.batchSize)
    precondition(memories.count <= limit, "expected at most \(limit) memories, got \(memories.count)")
    precondition(
      memories.width == attention.memory.columns,
      "expected a memory of rows of \(attention.memory.columns), got \(memories.width)")
    for index in 0..<limit {
      setMemoryLength(index < memories.count ? memories.lengths[index] : 0, of: index)
      for step in 0..<memoryLength(index) {
        let start = memories.position(of: index, step: step)
        block.write(
          memories.values.span.extracting(start..<start + memories.width),
          at: attention.memory.row(index * attention.shape.steps + step).offset)
      }
    }
    perform(.memory)
  }

  /// Makes the outputs of `encoder`'s last call the memories.
  func setMemory(from encoder: Engine<S>) {
    let attention = attentionPlan
    let outputs = encoder.plan.outputs
    for index in 0..<attention.shape.count(forSequences: plan.batchSize) { setMemoryLength(0, of: index) }
    for place in 0..<encoder.sequenceCount {
      let index = encoder.sequence(inPlace: place)
      let length = encoder.length(ofPlace: place)
      setMemoryLength(length, of: index)
      for step in 0..<length {
        let row = outputs.row(encoder.firstRow(ofStep: step) + place)
        block.write(
          encoder.block.span(row.offset, row.columns),
          at: attention.memory.row(index * attention.shape.steps + step).offset)
      }
    }
    perform(.memory)
  }

  /// Adds dL/d(memory) to dL/d(outputs) of the encoder whose outputs it was: writes that, which is nothing else.
  func writeMemoryGradient(to encoder: Engine<S>) {
    let gradient = memoryGradient()
    let target = encoder.plan.outputGradient!.columns(0..<gradient.columns)
    for place in 0..<encoder.sequenceCount {
      let first = encoder.sequence(inPlace: place) * attentionPlan.shape.steps
      for step in 0..<encoder.length(ofPlace: place) {
        let row = gradient.row(first + step)
        encoder.block.write(
          block.span(row.offset, row.columns), at: target.row(encoder.firstRow(ofStep: step) + place).offset)
      }
    }
  }

  /// dL/d(memory) of the sequences of the batch.
  var memoryGradientSequences: Sequences<S> {
    let gradient = memoryGradient()
    let lengths = (0..<sequenceCount).map { memoryLength($0) }
    let values = lengths.indices.flatMap { index in
      block.array(gradient.rows(attentionPlan.rows(ofMemory: index, length: lengths[index])))
    }
    return Sequences(values: values, lengths: lengths, width: gradient.columns)
  }

  /// [C·M, U] the sum of both parts, in the place of the first. To be called once after backward.
  private func memoryGradient() -> Matrix {
    let parts = attentionPlan.memoryGradient!
    let width = parts.columns / 2
    let (byContexts, byScores) = (parts.columns(0..<width), parts.columns(width..<2 * width))
    for index in 0..<sequenceCount {
      let rows = attentionPlan.rows(ofMemory: index, length: memoryLength(index))
      block.add(byScores.rows(rows), to: byContexts.rows(rows))
      block.fill(byScores.rows(rows), with: 0)
    }
    return byContexts
  }

  func packMemory(_ worker: Int) {
    let attention = attentionPlan
    for index in stride(
      from: worker, to: attention.shape.count(forSequences: plan.batchSize), by: pool.count)
    where memoryLength(index) > 0 {
      let rows = attention.memory.rows(attention.rows(ofMemory: index, length: memoryLength(index)))
      block.pack(rows, transposed: true, at: attention.keys(ofMemory: index))
      block.pack(rows, transposed: false, at: attention.values(ofMemory: index))
    }
    pool.barrier()
  }

  func memoryLength(_ memory: Int) -> Int { Int(indices[plan.index.memoryLengths! + memory]) }

  private func setMemoryLength(_ length: Int, of memory: Int) {
    let limit = attentionPlan.shape.steps
    precondition(length <= limit, "memory \(memory) has \(length) steps; expected 0...\(limit)")
    indices[plan.index.memoryLengths! + memory] = Int32(length)
  }

  private var attentionPlan: AttentionPlan {
    guard let attention = plan.attention else { preconditionFailure("the model has no attention") }
    return attention
  }
}
