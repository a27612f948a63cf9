internal import Storage
internal import Synchronization

/// Serves many sessions of one model: one packed copy of its weights, and for each session a state of a few kilobytes and
/// no thread.
///
///     let server = try InferenceServer(model)
///     let alice = server.open(), bob = server.open()
///     let outputs = alice.run(.tokens(prompt))                            // [steps, O]
///     let both = server.run([alice, bob], .tokens([[3], [8]]))            // one batch; both[0] are alice's
///
/// Sessions run one by one or together, any number of them in a call, `maximumBatch` at a time: a batch takes little longer
/// than a session, as all read the weights once. What a session gives is the same, to the bit, whether it runs alone or among others, and in
/// how many pieces its steps come; that needs packed products, which `.automatic` takes here.
///
/// **From tasks and actors.** A server and its sessions are `Sendable`: any task or actor may hold and call them, several at
/// once. Calls take turns, each for the time of its steps: a call waits on a lock and suspends nothing, as it takes
/// microseconds. So many tasks with a session each need nothing else; for the most steps a second gather what is waiting and
/// run it together. Two tasks that use one session at once are served in an order that nobody knows.
public final class InferenceServer<S: Scalar>: Sendable {
  /// The buffers and their sizes; those of the sessions are not among them.
  public let plan: Plan
  let sessions: Mutex<ServedSessions<S>>

  /// Plans and allocates all but the sessions.
  /// - Parameters:
  ///   - model: whose parameters are copied.
  ///   - maximumBatch: the most sessions that are computed at once; of larger calls one part after the other.
  ///   - maximumSteps: the most steps that are computed at once. Longer calls are taken piece by piece; but of a model that
  ///     gives one output a sequence (`Head.isPooled`) a call has at most so many.
  ///   - products: who multiplies.
  ///   - precision: how the weights that products read are stored; of `Float` models.
  ///   - threads: workers that share a batch, if it is large enough to be worth it; 0: one for each processor. Results do
  ///     not depend on it.
  /// - Precondition: a model that runs forward only, without attention: else there is no state to go on from.
  /// - Throws: `PlanError` where the memory does not suffice, or a weight is too large for the precision.
  public init(
    _ model: Model<S>, maximumBatch: Int = 16, maximumSteps: Int = 16, products: Products = .automatic,
    precision: WeightPrecision = .full, threads: Int = 1
  ) throws(PlanError) {
    require(maximumBatch >= 1, "the most sessions at once (maximumBatch) must be 1 or more, got \(maximumBatch)")
    require(maximumSteps >= 1, "the most steps at once (maximumSteps) must be 1 or more, got \(maximumSteps)")
    require(
      model.configuration.directions == .forward,
      "sessions go on from call to call: expected a model that runs forward only, got one that runs both ways")
    require(
      model.configuration.attention == nil,
      "sessions have a state and no memory: expected a model without attention, got one with it")
    plan = try Plan(
      model.configuration, steps: maximumSteps, batchSize: maximumBatch, purpose: .inference(loss: nil),
      products: products, precision: precision, scalar: S.self)
    try model.refuse(beyond: precision)
    sessions = try Mutex(ServedSessions(model, plan, threads: threads))
  }

  /// The most sessions that are computed at once.
  public var maximumBatch: Int { plan.batchSize }

  /// Sessions that are open.
  public var openCount: Int { sessions.withLock { $0.openCount } }

  /// A new session, at the beginning of a sequence. It ends with its last reference, or when it is closed.
  public func open() -> InferenceSession<S> { InferenceSession(self, sessions.withLock { $0.open() }) }

  // MARK: Several sessions at once

  /// Runs several sessions together, each going on from where it stands.
  /// - Parameters:
  ///   - sessions: one or more open sessions of this server, each once.
  ///   - input: for each of them a sequence, of any lengths; or flat, [T, N, …], N being their number.
  /// - Returns: for each of them the outputs of all its steps, or the one of the call.
  public func run(_ sessions: [InferenceSession<S>], _ input: ModelInput<S>) -> Sequences<S> {
    self.sessions.withLock {
      choose(sessions, &$0)
      return $0.run(input)
    }
  }

  /// The same on tokens [T, N] into room of yours, without allocating anything where they are at most `maximumBatch` sessions.
  /// - Parameters:
  ///   - sessions: one or more open sessions of this server, each once.
  ///   - tokens: [T, N], N being their number.
  ///   - outputs: as many places as there are outputs: [T, N, O], or [N, O] where there is one a call.
  public func run(_ sessions: [InferenceSession<S>], tokens: Span<Int32>, into outputs: inout MutableSpan<S>) {
    self.sessions.withLock {
      choose(sessions, &$0)
      $0.run(tokens: tokens, into: &outputs)
    }
  }

  /// The same on vectors [T, N, I] into room of yours, likewise.
  public func run(_ sessions: [InferenceSession<S>], vectors: Span<S>, into outputs: inout MutableSpan<S>) {
    self.sessions.withLock {
      choose(sessions, &$0)
      $0.run(vectors: vectors, into: &outputs)
    }
  }

  private func choose(_ chosen: [InferenceSession<S>], _ sessions: inout ServedSessions<S>) {
    require(!chosen.isEmpty, "expected 1 session or more, got none")
    sessions.startBatch()
    // By their places: an enumeration would be allocated.
    for place in chosen.indices {
      let ticket = chosen[place].ticket
      require(
        chosen[place].server === self,
        "session \(ticket.number) at place \(place) is another server's: expected sessions of this one")
      sessions.addToBatch(ticket)
    }
  }
}
