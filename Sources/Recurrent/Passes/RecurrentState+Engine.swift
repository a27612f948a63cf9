internal import Kernels

/// States out of the engine as values, and back.
extension Engine {
  /// The states that the next call starts from.
  var initialState: RecurrentState<S> { state { startRow($0, $1) } }

  /// The states after each sequence's last step of a call.
  func finalState(_ rows: Rows) -> RecurrentState<S> {
    state { recurrence, sequence in
      recurrence.states.row(
        sequence < rows.sequenceCount ? rows.finalStateRow(ofSlot: rows.slot(of: sequence)) : sequence)
    }
  }

  /// dL/d(initial states); 0 for sequences that were not in the batch.
  func initialStateGradient(_ rows: Rows) -> RecurrentState<S> {
    state { recurrence, sequence in
      recurrence.stateGradient.row(sequence < rows.sequenceCount ? rows.slot(of: sequence) : sequence)
    }
  }

  /// Writes dL/d(final states), from which a backward pass through equally long sequences may start.
  func setStateGradient(_ gradient: RecurrentState<S>) {
    checkShape(of: gradient)
    for index in 0..<recurrenceCount {
      let recurrence = recurrence(index)
      for sequence in 0..<plan.batchSize {
        let row = recurrence.stateGradient.row(sequence)
        for part in 0..<gradient.partCount {
          let range = gradient.range(part, index, sequence)
          memory.write(gradient.values.span.extracting(range), at: row.offset + part * recurrence.hidden)
        }
      }
    }
  }

  /// The states of a recurrence after every step of each sequence, in the order of time.
  func stateSequences(_ recurrence: Recurrence, _ rows: Rows) -> Sequences<S> {
    let states = recurrence.states.rows(plan.batchSize..<recurrence.states.rows)
    let inOrder = sequences(states, rows)
    guard recurrence.isReverse else { return inOrder }
    let width = states.columns
    return Sequences(
      (0..<inOrder.count).map { sequence in
        let steps = Array(inOrder[sequence])
        return (0..<inOrder.lengths[sequence]).reversed().flatMap { steps[$0 * width..<($0 + 1) * width] }
      }, width: width)
  }

  /// Copies rows [1, S·H], one for each recurrence and sequence, to a value.
  private func state(_ row: (Recurrence, Int) -> Region) -> RecurrentState<S> {
    var state = RecurrentState<S>(zerosFor: plan.configuration, batchSize: plan.batchSize)
    for index in 0..<recurrenceCount {
      let recurrence = recurrence(index)
      for sequence in 0..<plan.batchSize {
        let row = row(recurrence, sequence)
        for part in 0..<state.partCount {
          let start = part * recurrence.hidden
          let columns = row.columns(start..<start + state.widths[part][index])
          state.values.replaceSubrange(state.range(part, index, sequence), with: memory.array(columns))
        }
      }
    }
    return state
  }

  /// Where the state stands that a sequence of the next call starts from.
  private func startRow(_ recurrence: Recurrence, _ sequence: Int) -> Region {
    (isFresh(sequence) ? recurrence.initialState : nil) ?? recurrence.states.row(sequence)
  }

  /// Copies the states that the next call starts from, without allocating.
  func copyInitialState(into state: inout RecurrentState<S>) {
    checkShape(of: state)
    for index in 0..<state.recurrenceCount {
      let recurrence = recurrence(index)
      for sequence in 0..<plan.batchSize {
        let row = startRow(recurrence, sequence)
        for part in 0..<state.partCount {
          let first = row.offset + part * recurrence.hidden
          for (offset, place) in state.range(part, index, sequence).enumerated() {
            state.values[place] = memory[first + offset]
          }
        }
      }
    }
  }

  /// Makes `state` the initial state of the next call.
  func setInitialState(_ state: RecurrentState<S>) {
    checkShape(of: state)
    for index in 0..<state.recurrenceCount {
      let recurrence = recurrence(index)
      for sequence in 0..<plan.batchSize {
        let row = recurrence.states.row(sequence)
        for part in 0..<state.partCount {
          memory.write(
            state.values.span.extracting(state.range(part, index, sequence)),
            at: row.offset + part * recurrence.hidden)
        }
      }
    }
    for sequence in 0..<plan.batchSize {
      clearFedOutput(of: sequence)
      setFresh(false, sequence)
    }
  }

  /// What the next call starts from: states, and which of them are the trained one.
  struct SavedStart {
    let state: RecurrentState<S>
    /// [N], whether a sequence starts anew.
    let isFresh: [Bool]

    init(state: RecurrentState<S>, isFresh: [Bool]) { (self.state, self.isFresh) = (state, isFresh) }

    /// All sequences start from `state`.
    init(allFrom state: RecurrentState<S>) {
      self.init(state: state, isFresh: [Bool](repeating: false, count: state.batchSize))
    }
  }

  func savedStart() -> SavedStart {
    SavedStart(state: initialState, isFresh: (0..<plan.batchSize).map { isFresh($0) })
  }

  func restore(_ start: SavedStart) {
    setInitialState(start.state)
    for (sequence, isFresh) in start.isFresh.enumerated() { setFresh(isFresh, sequence) }
  }

  private func checkShape(of state: RecurrentState<S>) {
    let structure = plan.configuration.cell.structure
    let count = recurrenceCount
    var fits = state.batchSize == plan.batchSize && state.partCount == structure.stateCount
    fits = fits && state.recurrenceCount == count
    for index in 0..<(fits ? count : 0) {
      let recurrence = recurrence(index)
      for part in 0..<state.partCount {
        fits = fits && state.widths[part][index] == (part == 0 ? recurrence.outputSize : recurrence.hidden)
      }
    }
    guard !fits else { return }
    let expected = RecurrentState<S>(zerosFor: plan.configuration, batchSize: plan.batchSize)
    stop("expected a state of \(expected.shapeText), got \(state.shapeText)")
  }
}
