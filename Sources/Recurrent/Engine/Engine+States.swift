internal import Kernels

/// The states that calls start from and end with.
extension Engine {
  /// Makes the state of each sequence after its last step its initial state in the next call. The state of the other
  /// direction, which begins at the end of a sequence, is no start for what follows: it stays.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func carryState(after rows: Rows) {
    carryState(of: plan.top, rows)
    if let feeding = plan.feeding {
      for slot in 0..<rows.sequenceCount where rows.length(ofSlot: slot) > 0 {
        carryFedOutput(feeding, rows.lastRow(ofSlot: slot), to: rows.sequence(inSlot: slot))
      }
    }
    guard plan.configuration.trainsInitialState else { return }
    for slot in 0..<rows.sequenceCount { setFresh(false, rows.sequence(inSlot: slot)) }
  }

  private func carryState(of layer: Layer, _ rows: Rows) {
    _ = layer.below.map { carryState(of: $0, rows) }
    let states = layer.forward.states
    if !rows.isRagged {
      let (first, count) = (rows.finalStateRow(ofSlot: 0), rows.sequenceCount)
      memory.copy(states.rows(first..<first + count), to: states.rows(0..<count))
      return
    }
    for slot in 0..<rows.sequenceCount {
      memory.copy(states.row(rows.finalStateRow(ofSlot: slot)), to: states.row(rows.sequence(inSlot: slot)))
    }
  }

  /// Lets all sequences of the next call start from the trained initial state, or from 0.
  func zeroState() {
    for sequence in 0..<plan.batchSize { zeroState(of: sequence) }
  }

  /// Lets a sequence of the next call start from the trained initial state, or from 0.
  func zeroState(of sequence: Int) {
    require(sequence >= 0 && sequence < plan.batchSize, "sequence \(sequence) of \(plan.batchSize)")
    for index in 0..<recurrenceCount { memory.fill(recurrence(index).states.row(sequence), with: 0) }
    clearFedOutput(of: sequence)
    setFresh(true, sequence)
  }

  // MARK: Input feeding

  /// Lets a sequence of the next call read what the head read at a row of the last one.
  func carryFedOutput(_ feeding: InputFeeding, _ row: Int, to sequence: Int) {
    guard let attention = plan.attention else { return }
    memory.copy(attention.outputs.row(row), to: feeding.start.row(sequence))
  }

  /// Lets a sequence of the next call read 0 at its first step.
  func clearFedOutput(of sequence: Int) {
    if let feeding = plan.feeding { memory.fill(feeding.start.row(sequence), with: 0) }
  }

  // MARK: Fresh sequences

  /// Whether a sequence of the next call starts from the trained initial state.
  func isFresh(_ sequence: Int) -> Bool { indices[plan.index.isFresh + sequence] != 0 }

  func setFresh(_ isFresh: Bool, _ sequence: Int) {
    indices[plan.index.isFresh + sequence] = isFresh ? 1 : 0
  }
}
