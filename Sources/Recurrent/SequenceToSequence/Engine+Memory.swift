internal import Kernels

/// What a model with attention attends to: rows [C·M, U], written from outside and packed once for all the steps that
/// read them.
extension Engine {
  /// Memories [length, U], one for each of the first sequences (or groups of them); the others are empty.
  func setMemory(_ memories: Sequences<S>) {
    let attention = attention
    let limit = attention.memoryCount
    require(memories.count <= limit, "expected at most \(limit) memories, got \(memories.count)")
    require(
      memories.width == attention.memory.columns,
      "expected a memory of rows of \(attention.memory.columns), got \(memories.width)")
    for index in 0..<limit {
      attention.setLength(index < memories.count ? memories.lengths[index] : 0, ofMemory: index, in: indices)
    }
    attention.placeMemories(in: indices)
    for index in 0..<memories.count {
      for (step, row) in attention.rows(ofMemory: index, in: indices).enumerated() {
        let start = memories.position(of: index, step: step)
        memory.write(
          memories.values.span.extracting(start..<start + memories.width), at: attention.memory.row(row).offset)
      }
    }
    perform(.memory, writtenRows)
  }

  /// Makes the outputs of an encoder's call the memories.
  func setMemory(from encoder: Engine<S>, _ rows: Rows) {
    let attention = attention
    let outputs = encoder.plan.outputs
    for index in 0..<attention.memoryCount { attention.setLength(0, ofMemory: index, in: indices) }
    for slot in 0..<rows.sequenceCount {
      attention.setLength(rows.length(ofSlot: slot), ofMemory: rows.sequence(inSlot: slot), in: indices)
    }
    attention.placeMemories(in: indices)
    for slot in 0..<rows.sequenceCount {
      for (step, own) in attention.rows(ofMemory: rows.sequence(inSlot: slot), in: indices).enumerated() {
        let row = outputs.row(rows.firstRow(ofStep: step) + slot)
        memory.write(encoder.memory.span(row.offset, row.columns), at: attention.memory.row(own).offset)
      }
    }
    perform(.memory, writtenRows)
  }

  /// Adds dL/d(memory) of this decoder's batch to dL/d(outputs) of the encoder whose outputs it was: writes that, which is
  /// nothing else.
  /// - Parameter encoderRows: the encoder's batch.
  func writeMemoryGradient(_ rows: Rows, to encoder: Engine<S>, _ encoderRows: Rows) {
    let gradient = memoryGradient(rows)
    let target = encoder.plan.backward.outputs.columns(0..<gradient.columns)
    for slot in 0..<encoderRows.sequenceCount {
      let own = attention.rows(ofMemory: encoderRows.sequence(inSlot: slot), in: indices)
      for (step, index) in own.enumerated() {
        let row = gradient.row(index)
        encoder.memory.write(
          memory.span(row.offset, row.columns), at: target.row(encoderRows.firstRow(ofStep: step) + slot).offset)
      }
    }
  }

  /// dL/d(memory) of the sequences of the batch.
  func memoryGradientSequences(_ rows: Rows) -> Sequences<S> {
    let gradient = memoryGradient(rows)
    let lengths = (0..<rows.sequenceCount).map { attention.length(ofMemory: $0, in: indices) }
    let values = lengths.indices.flatMap { index in
      memory.array(gradient.rows(attention.rows(ofMemory: index, in: indices)))
    }
    return Sequences(values: values, lengths: lengths, width: gradient.columns)
  }

  /// [C·M, U] the sum of both parts, in the place of the first. To be called once after backward.
  private func memoryGradient(_ rows: Rows) -> Region {
    let parts = attention.memoryGradient
    let width = parts.columns / 2
    let (byContexts, byScores) = (parts.columns(0..<width), parts.columns(width..<2 * width))
    for index in 0..<rows.sequenceCount {
      let rows = attention.rows(ofMemory: index, in: indices)
      memory.add(byScores.rows(rows), to: byContexts.rows(rows))
      memory.fill(byScores.rows(rows), with: 0)
    }
    return byContexts
  }

  private var attention: AttentionStage {
    guard let attention = plan.attention else { stop("the model has no attention") }
    return attention
  }
}
