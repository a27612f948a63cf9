internal import Synchronization

/// One sequence that goes on from call to call: a handle on a state that its `InferenceServer` keeps. The session ends with
/// its last reference, or when it is closed.
///
///     let session = server.open()
///     var token = prompt.last!
///     _ = session.run(.tokens(prompt.dropLast()))
///     for _ in 0..<100 { token = session.next(after: token, using: &generator) }
///
/// Any task or actor may use it, one at a time.
public final class InferenceSession<S: Scalar>: Sendable {
  /// What the session belongs to, and keeps alive.
  public let server: InferenceServer<S>
  let ticket: SessionTicket

  init(_ server: InferenceServer<S>, _ ticket: SessionTicket) { (self.server, self.ticket) = (server, ticket) }

  deinit { close() }

  // MARK: Steps

  /// Runs one step or more, going on from where the session stands.
  /// - Parameter input: tokens or vectors of one sequence.
  /// - Returns: the outputs [steps, O]; [O] where there is one a call.
  public func run(_ input: ModelInput<S>) -> [S] {
    server.sessions.withLock {
      $0.startBatch(ticket)
      switch input.content {
      case .tokens(let tokens): return $0.run(tokens: tokens.span)
      case .vectors(let vectors): return $0.run(vectors: vectors.span)
      default: return $0.run(input).values
      }
    }
  }

  /// The same on tokens into room of yours.
  /// - Parameters:
  ///   - tokens: of one sequence.
  ///   - outputs: as many places as there are outputs.
  public func run(tokens: Span<Int32>, into outputs: inout MutableSpan<S>) {
    server.sessions.withLock {
      $0.startBatch(ticket)
      $0.run(tokens: tokens, into: &outputs)
    }
  }

  /// The same on vectors [steps, I] into room of yours.
  public func run(vectors: Span<S>, into outputs: inout MutableSpan<S>) {
    server.sessions.withLock {
      $0.startBatch(ticket)
      $0.run(vectors: vectors, into: &outputs)
    }
  }

  /// Runs one token and draws the next from what the model gives.
  /// - Precondition: a model of tokens with an output for each of them at every step.
  public func next(
    after token: Int32, options: SamplingOptions = .init(), using generator: inout SeededGenerator
  ) -> Int32 {
    server.sessions.withLock {
      $0.startBatch(ticket)
      return $0.next(after: token, options, using: &generator)
    }
  }

  // MARK: State

  /// The state before the next step, of one sequence: to be stored, and given back to this session, to another of the same
  /// model, or to a pass with a batch of one.
  public var state: RecurrentState<S> {
    get { server.sessions.withLock { $0.state(of: ticket) } }
    set { server.sessions.withLock { $0.setState(newValue, of: ticket) } }
  }

  /// Lets the next call start anew: from the zero state, or the trained one.
  public func reset() { server.sessions.withLock { $0.reset(ticket) } }

  /// Another session that stands where this one does; from then on each goes its own way.
  public func fork() -> InferenceSession { InferenceSession(server, server.sessions.withLock { $0.fork(ticket) }) }

  /// Ends the session before its last reference is gone. To close it again does nothing; everything else stops.
  public func close() { server.sessions.withLock { $0.close(ticket) } }

  /// Whether it was closed.
  public var isClosed: Bool { server.sessions.withLock { !$0.isOpen(ticket) } }
}
