internal import Kernels

/// The state of every layer for a batch of sequences, as a value that can be kept, copied and given back. Layers that run
/// both ways have two, the forward direction's first.
public struct RecurrentState<S: Scalar>: Sendable, Hashable {
  /// N.
  public let batchSize: Int
  /// Widths of each part of the state in each direction of each layer: [part][L·D]. The first part is the output h, P wide
  /// where it is projected; all others are H wide.
  public let widths: [[Int]]
  /// [part, L·D, N, width]
  public var values: [S]

  /// The state that sequences start from where none is trained.
  public init(zerosFor configuration: ModelConfiguration, batchSize: Int) {
    self.batchSize = batchSize
    widths = (0..<configuration.cell.structure.stateCount).map { part in
      (0..<configuration.layerCount).flatMap { layer in
        [Int](
          repeating: configuration.stateSize(ofPart: part, layer: layer), count: configuration.directions.count)
      }
    }
    values = [S](repeating: 0, count: batchSize * widths.joined().reduce(0, +))
  }

  /// Parts of the state: for an LSTM two, h and c.
  public var partCount: Int { widths.count }

  /// L·D.
  public var recurrenceCount: Int { widths[0].count }

  /// One part, [L·D, N, width] as PyTorch has it: 0 is h, 1 an LSTM's c.
  public subscript(part part: Int) -> [S] {
    get { Array(values[range(ofPart: part)]) }
    set {
      let range = range(ofPart: part)
      precondition(newValue.count == range.count, "expected \(range.count) values, got \(newValue.count)")
      values.replaceSubrange(range, with: newValue)
    }
  }

  /// The state of other sequences: row i of the new one is row `sequences[i]` of this one. A sequence may be left out or
  /// stand more than once, as in a beam search.
  public func selecting(_ sequences: [Int]) -> RecurrentState {
    var result = self
    result = RecurrentState(batchSize: sequences.count, widths: widths)
    for part in 0..<partCount {
      for recurrence in 0..<recurrenceCount {
        for (row, sequence) in sequences.enumerated() {
          precondition(sequence >= 0 && sequence < batchSize, "sequence \(sequence) of \(batchSize)")
          result.values.replaceSubrange(
            result.range(part, recurrence, row), with: values[range(part, recurrence, sequence)])
        }
      }
    }
    return result
  }

  private init(batchSize: Int, widths: [[Int]]) {
    self.batchSize = batchSize
    self.widths = widths
    values = [S](repeating: 0, count: batchSize * widths.joined().reduce(0, +))
  }

  private func range(ofPart part: Int) -> Range<Int> {
    precondition((0..<partCount).contains(part), "part \(part) of \(partCount)")
    let start = batchSize * widths[..<part].joined().reduce(0, +)
    return start..<start + batchSize * widths[part].reduce(0, +)
  }

  /// Where one sequence's part of one recurrence stands in `values`.
  func range(_ part: Int, _ recurrence: Int, _ sequence: Int) -> Range<Int> {
    let width = widths[part][recurrence]
    let start =
      range(ofPart: part).lowerBound + batchSize * widths[part][..<recurrence].reduce(0, +) + sequence * width
    return start..<start + width
  }

  /// l0, l0_reverse, l1, …: as parameters end.
  func recurrenceNames(_ directions: Directions) -> [String] {
    (0..<recurrenceCount).map { index in
      "l\(index / directions.count)" + (index % directions.count == 0 ? "" : "_reverse")
    }
  }

  /// `1×[2, 3, 8]`: parts × [L·D, N, width].
  var shapeText: String {
    let width = Set(widths.joined()).count == 1 ? "\(widths[0][0])" : "\(widths)"
    return "\(partCount)×[\(recurrenceCount), \(batchSize), \(width)]"
  }
}

extension Engine {
  /// The states that the next call starts from.
  var initialState: RecurrentState<S> {
    state { recurrence, sequence in
      let isFresh = indices[plan.index.isFresh + sequence] != 0
      return (isFresh ? recurrence.initialState : nil) ?? recurrence.states.row(sequence)
    }
  }

  /// The states after each sequence's last step.
  var finalState: RecurrentState<S> {
    state { recurrence, sequence in
      recurrence.states.row(sequence < sequenceCount ? finalStateRow(ofPlace: place(of: sequence)) : sequence)
    }
  }

  /// dL/d(initial states); 0 for sequences that were not in the batch.
  var initialStateGradient: RecurrentState<S> {
    state { recurrence, sequence in
      recurrence.stateGradient.row(sequence < sequenceCount ? place(of: sequence) : sequence)
    }
  }

  /// Copies rows [1, S·H], one for each recurrence and sequence, to a value.
  private func state(_ row: (RecurrencePlan, Int) -> Matrix) -> RecurrentState<S> {
    var state = RecurrentState<S>(zerosFor: plan.configuration, batchSize: plan.batchSize)
    for (index, recurrence) in plan.recurrences.enumerated() {
      for sequence in 0..<plan.batchSize {
        let place = row(recurrence, sequence)
        for part in 0..<state.partCount {
          let start = part * recurrence.hidden
          let columns = place.columns(start..<start + state.widths[part][index])
          state.values.replaceSubrange(state.range(part, index, sequence), with: block.array(columns))
        }
      }
    }
    return state
  }

  /// Makes `state` the initial state of the next call.
  func setInitialState(_ state: RecurrentState<S>) {
    writeState(state) { recurrence, sequence in recurrence.states.row(sequence) }
    for sequence in 0..<plan.batchSize { indices[plan.index.isFresh + sequence] = 0 }
  }

  /// What the next call starts from: states, and which of them are the trained one.
  struct Start {
    let state: RecurrentState<S>
    /// [N], 1 for sequences that start anew.
    let isFresh: [Int32]
  }

  func savedStart() -> Start {
    Start(state: initialState, isFresh: (0..<plan.batchSize).map { indices[plan.index.isFresh + $0] })
  }

  func restore(_ start: Start) {
    setInitialState(start.state)
    for (sequence, flag) in start.isFresh.enumerated() { indices[plan.index.isFresh + sequence] = flag }
  }

  /// Copies the states that the next call starts from, without allocating.
  func copyInitialState(into state: inout RecurrentState<S>) {
    checkShape(of: state)
    for (index, recurrence) in plan.recurrences.enumerated() {
      for sequence in 0..<plan.batchSize {
        let isFresh = indices[plan.index.isFresh + sequence] != 0
        let row = (isFresh ? recurrence.initialState : nil) ?? recurrence.states.row(sequence)
        for part in 0..<state.partCount {
          let first = row.offset + part * recurrence.hidden
          for (offset, place) in state.range(part, index, sequence).enumerated() {
            state.values[place] = block[first + offset]
          }
        }
      }
    }
  }

  private func writeState(_ state: RecurrentState<S>, to row: (RecurrencePlan, Int) -> Matrix) {
    checkShape(of: state)
    for (index, recurrence) in plan.recurrences.enumerated() {
      for sequence in 0..<plan.batchSize {
        let place = row(recurrence, sequence)
        for part in 0..<state.partCount {
          block.write(
            state.values.span.extracting(state.range(part, index, sequence)),
            at: place.offset + part * recurrence.hidden)
        }
      }
    }
  }

  private func checkShape(of state: RecurrentState<S>) {
    let structure = plan.configuration.cell.structure
    var fits = state.batchSize == plan.batchSize && state.partCount == structure.stateCount
    fits = fits && state.recurrenceCount == plan.recurrences.count
    for (index, recurrence) in plan.recurrences.enumerated() where fits {
      for part in 0..<state.partCount {
        fits = fits && state.widths[part][index] == (part == 0 ? recurrence.outputSize : recurrence.hidden)
      }
    }
    guard !fits else { return }
    let expected = RecurrentState<S>(zerosFor: plan.configuration, batchSize: plan.batchSize)
    preconditionFailure("expected a state of \(expected.shapeText), got \(state.shapeText)")
  }
}
