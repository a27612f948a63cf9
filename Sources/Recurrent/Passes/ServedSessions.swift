internal import Kernels

/// What a session is to its server: a place among the states, and a number that no other session ever has.
struct SessionTicket: Sendable {
  let place: Int
  let number: Int
}

/// What a server's lock guards: the engine, and the state of every session. To run, the states of a batch are copied to the
/// first rows of the engine's, and back; of a larger one part after part.
struct ServedSessions<S: Scalar>: ~Copyable {
  private struct Place {
    /// 0: nobody's.
    var number = 0
    /// As `RecurrentState.values` of one sequence.
    var values: [S] = []
    /// The last batch that it was in.
    var batch = 0

    func load(_ parts: [Part], toRow row: Int, of memory: Memory<S>) {
      for part in parts {
        memory.write(values.span.extracting(part.range), at: part.rows.offset + row * part.rows.stride)
      }
    }

    mutating func save(_ parts: [Part], fromRow row: Int, of memory: Memory<S>) {
      var values = values.mutableSpan
      for part in parts { memory.read(part.rows.row(row), into: &values, at: part.range.lowerBound) }
    }

    mutating func set(_ new: Span<S>) {
      for index in new.indices { values[index] = new[index] }
    }
  }

  /// Where a part of a state stands: in its values, and in the engine's rows.
  private struct Part {
    let range: Range<Int>
    let rows: Region
  }

  let engine: Engine<S>
  private let parts: [Part]
  /// That a new session starts from.
  private let start: RecurrentState<S>
  private var places: [Place] = []
  private var freePlaces: [Int] = []
  private var lastNumber = 0
  private var batchNumber = 0
  /// The places of the sessions that run in this call.
  var batch: [Int] = []
  /// nil for a model that cannot be sampled.
  private var drawer: TokenDrawer?

  init(_ model: Model<S>, _ plan: Plan, threads: Int) throws(PlanError) {
    engine = try Engine(plan, threads: threads)
    engine.load(model)
    start = engine.initialState.selecting([0])
    for sequence in 0..<plan.batchSize { engine.setFresh(false, sequence) }
    var parts: [Part] = []
    for part in 0..<start.partCount {
      for index in 0..<engine.recurrenceCount {
        let recurrence = engine.recurrence(index)
        let first = part * recurrence.hidden
        parts.append(
          Part(
            range: start.range(part, index, 0),
            rows: recurrence.states.columns(first..<first + start.widths[part][index])))
      }
    }
    self.parts = parts
    let configuration = plan.configuration
    if configuration.input.vocabularySize == configuration.outputSize, configuration.head == .everyStep {
      drawer = TokenDrawer(.greedy, count: configuration.outputSize)
    }
    batch.reserveCapacity(plan.batchSize)
  }

  // MARK: Sessions

  var openCount: Int { places.count - freePlaces.count }

  mutating func open() -> SessionTicket { open(with: start.values) }

  mutating func fork(_ ticket: SessionTicket) -> SessionTicket {
    let place = place(of: ticket)
    return open(with: places[place].values)
  }

  private mutating func open(with values: [S]) -> SessionTicket {
    lastNumber += 1
    // Memory of its own: a copy that shares it would be made when the session first runs.
    let place = Place(number: lastNumber, values: Array(copying: values.span))
    if let free = freePlaces.popLast() {
      places[free] = place
      return SessionTicket(place: free, number: lastNumber)
    }
    places.append(place)
    return SessionTicket(place: places.count - 1, number: lastNumber)
  }

  func isOpen(_ ticket: SessionTicket) -> Bool { places[ticket.place].number == ticket.number }

  mutating func close(_ ticket: SessionTicket) {
    guard isOpen(ticket) else { return }
    places[ticket.place] = Place()
    freePlaces.append(ticket.place)
  }

  private func place(of ticket: SessionTicket) -> Int {
    require(isOpen(ticket), "session \(ticket.number) is closed: expected an open one")
    return ticket.place
  }

  // MARK: State

  func state(of ticket: SessionTicket) -> RecurrentState<S> {
    var state = start
    let values = places[place(of: ticket)].values
    for index in values.indices { state.values[index] = values[index] }
    return state
  }

  mutating func setState(_ state: RecurrentState<S>, of ticket: SessionTicket) {
    require(
      state.batchSize == 1 && state.widths == start.widths,
      "expected a state of \(start.shapeText), got \(state.shapeText)")
    let place = place(of: ticket)
    places[place].set(state.values.span)
  }

  mutating func reset(_ ticket: SessionTicket) {
    let (place, values) = (place(of: ticket), start.values)
    places[place].set(values.span)
  }

  // MARK: Batches

  mutating func startBatch() {
    batch.removeAll(keepingCapacity: true)
    batchNumber += 1
  }

  mutating func startBatch(_ ticket: SessionTicket) {
    startBatch()
    addToBatch(ticket)
  }

  mutating func addToBatch(_ ticket: SessionTicket) {
    let place = place(of: ticket)
    require(
      places[place].batch != batchNumber, "expected each session once, got session \(ticket.number) more than once")
    places[place].batch = batchNumber
    batch.append(place)
  }

  /// The states of some of the batch's sessions to the first rows of the engine's.
  func load(_ part: Range<Int>) {
    for (row, place) in batch[part].enumerated() { places[place].load(parts, toRow: row, of: engine.memory) }
  }

  /// And back.
  mutating func save(_ part: Range<Int>) {
    for (row, place) in batch[part].enumerated() { places[place].save(parts, fromRow: row, of: engine.memory) }
  }

  func forward(_ rows: Rows) -> Rows {
    engine.perform(.forward, rows)
    engine.carryState(after: rows)
    return rows
  }

  // MARK: Drawing

  mutating func next(
    after token: Int32, _ options: SamplingOptions, using generator: inout SeededGenerator
  ) -> Int32 {
    guard drawer != nil else { stop("sampling needs a token model with one output a token at every step") }
    let (memory, outputs) = (engine.memory, engine.plan.outputs)
    require(token >= 0 && token < outputs.columns, "token \(token): expected 0 to \(outputs.columns - 1)")
    load(0..<1)
    let rows = engine.rows(steps: 1, sequences: 1)
    engine.indices[engine.plan.index.tokens] = token
    _ = forward(rows)
    save(0..<1)
    drawer?.options = options
    guard let token = drawer?.draw(memory.span(outputs.offset, outputs.columns), using: &generator) else {
      stop("expected finite logits to draw from, got NaN or infinity: see Model.nonFiniteParameters")
    }
    return token
  }
}
