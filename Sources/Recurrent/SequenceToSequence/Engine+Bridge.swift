internal import Kernels

/// The bridge from an encoder's engine to its decoder's: the state after each source's last step is the state before its
/// target's first, and dL/d(state) goes back over it.
///
/// Of a layer that runs both ways the state is that of the forward direction after the last step beside that of the other
/// after the first: the decoder's is as wide as both.
extension Engine {
  /// Starts this engine, a decoder's, from the encoder's final states: sequence s from that of source s / `beams`.
  /// - Parameter rows: the encoder's batch.
  func setInitialState(from encoder: Engine<S>, _ rows: Rows, beams: Int = 1) {
    for slot in 0..<rows.sequenceCount {
      let source = rows.sequence(inSlot: slot)
      let row = rows.finalStateRow(ofSlot: slot)
      for sequence in source * beams..<(source + 1) * beams {
        forEachBridge(from: encoder) { from, to, encoderColumns, columns in
          let target = to.states.row(sequence).columns(columns)
          memory.write(encoder.memory.span(from.states.row(row).columns(encoderColumns), 0), at: target.offset)
        }
        clearFedOutput(of: sequence)
        setFresh(false, sequence)
      }
    }
  }

  /// Starts the encoder's backward pass from dL/d(this decoder's initial states); the encoder is then to be told so
  /// (`startsFromStateGradient`).
  /// - Parameters:
  ///   - rows: this decoder's batch.
  ///   - encoderRows: the encoder's.
  ///   - slots: room for the slot of each sequence.
  func writeInitialStateGradient(
    _ rows: Rows, to encoder: Engine<S>, _ encoderRows: Rows, slots: inout [Int]
  ) {
    for slot in 0..<rows.sequenceCount { slots[rows.sequence(inSlot: slot)] = slot }
    for index in 0..<encoder.recurrenceCount {
      encoder.memory.fill(encoder.recurrence(index).stateGradient, with: 0)
    }
    for slot in 0..<encoderRows.sequenceCount {
      let row = slots[encoderRows.sequence(inSlot: slot)]
      forEachBridge(from: encoder) { from, to, encoderColumns, columns in
        let target = from.stateGradient.row(slot).columns(encoderColumns)
        encoder.memory.write(memory.span(to.stateGradient.row(row).columns(columns), 0), at: target.offset)
      }
    }
  }

  /// Calls `body` for each part of the state of each direction of each of the encoder's layers: where it stands there and
  /// here.
  private func forEachBridge(
    from encoder: Engine<S>,
    _ body: (
      _ from: Recurrence, _ to: Recurrence, _ encoderColumns: Range<Int>, _ columns: Range<Int>
    ) -> Void
  ) {
    let directions = encoder.plan.configuration.directions.count
    // A decoder runs forward only.
    for layer in 0..<recurrenceCount {
      let to = recurrence(layer)
      for part in 0..<to.cell.stateCount {
        var start = part * to.hidden
        for direction in 0..<directions {
          let from = encoder.recurrence(layer * directions + direction)
          let width = part == 0 ? from.outputSize : from.hidden
          body(from, to, part * from.hidden..<part * from.hidden + width, start..<start + width)
          start += width
        }
      }
    }
  }

  /// Makes the state of sequence `parents[s]` after the one step of the last call the initial state of each sequence s, and with input
  /// feeding what the head read then what it reads next.
  func carryState(after rows: Rows, from parents: [Int]) {
    require(rows.batchSteps == 1 && !rows.isRagged, "hypotheses go one step at a time")
    for layer in 0..<recurrenceCount {
      let states = recurrence(layer).states
      for sequence in parents.indices {
        memory.copy(states.row(rows.finalStateRow(ofSlot: parents[sequence])), to: states.row(sequence))
      }
    }
    for sequence in parents.indices {
      if let feeding = plan.feeding { carryFedOutput(feeding, parents[sequence], to: sequence) }
      setFresh(false, sequence)
    }
  }
}
