internal import Kernels

/// The bridge from an encoder's engine to its decoder's: the state after each source's last step is the state before its
/// target's first, and dL/d(state) goes back over it.
///
/// Of a layer that runs both ways the state is that of the forward direction after the last step beside that of the other
/// after the first: the decoder's is as wide as both.
extension Engine {
  /// Starts this engine, a decoder's, from the encoder's final states: sequence s from that of source s / `beams`.
  func setInitialState(from encoder: Engine<S>, beams: Int = 1) {
    for place in 0..<encoder.sequenceCount {
      let source = encoder.sequence(inPlace: place)
      let row = encoder.finalStateRow(ofPlace: place)
      for sequence in source * beams..<(source + 1) * beams {
        forEachBridge(from: encoder) { from, to, encoderColumns, columns in
          encoder.copy(
            from.states.row(row).columns(encoderColumns), to: to.states.row(sequence).columns(columns), of: self)
        }
        indices[plan.index.isFresh + sequence] = 0
      }
    }
  }

  /// Starts the encoder's backward pass from dL/d(this decoder's initial states).
  /// - Parameter places: room for the place of each sequence.
  func writeInitialStateGradient(to encoder: Engine<S>, places: inout [Int]) {
    for place in 0..<sequenceCount { places[sequence(inPlace: place)] = place }
    for recurrence in encoder.plan.recurrences { encoder.block.fill(recurrence.stateGradient, with: 0) }
    for place in 0..<encoder.sequenceCount {
      let row = places[encoder.sequence(inPlace: place)]
      forEachBridge(from: encoder) { from, to, encoderColumns, columns in
        copy(
          to.stateGradient.row(row).columns(columns), to: from.stateGradient.row(place).columns(encoderColumns),
          of: encoder)
      }
    }
    encoder.isFinalStateGradientGiven = true
  }

  /// Calls `body` for each part of the state of each direction of each of the encoder's layers: where it stands there and
  /// here.
  private func forEachBridge(
    from encoder: Engine<S>,
    _ body: (
      _ from: RecurrencePlan, _ to: RecurrencePlan, _ encoderColumns: Range<Int>, _ columns: Range<Int>
    ) -> Void
  ) {
    let directions = encoder.plan.configuration.directions.count
    for layer in plan.recurrences.indices {
      let to = plan.recurrences[layer]
      for part in 0..<to.structure.stateCount {
        var start = part * to.hidden
        for direction in 0..<directions {
          let from = encoder.plan.recurrences[layer * directions + direction]
          let width = part == 0 ? from.outputSize : from.hidden
          body(from, to, part * from.hidden..<part * from.hidden + width, start..<start + width)
          start += width
        }
      }
    }
  }

  private func copy(_ source: Matrix, to target: Matrix, of other: Engine<S>) {
    other.block.write(block.span(source.offset, source.columns), at: target.offset)
  }

  /// Makes the state of sequence `parents[s]` after the one step of the last call the initial state of each sequence s.
  func carryState(from parents: [Int]) {
    precondition(batchSteps == 1 && !isRagged, "hypotheses go one step at a time")
    for recurrence in plan.recurrences {
      for sequence in parents.indices {
        block.copy(
          recurrence.states.row(finalStateRow(ofPlace: parents[sequence])), to: recurrence.states.row(sequence))
      }
    }
    for sequence in parents.indices { indices[plan.index.isFresh + sequence] = 0 }
  }
}
