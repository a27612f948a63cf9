import Recurrent
import Testing

@Suite("Inference servers")
struct InferenceServerTests {
  /// Three sequences of 5, 1 and 3 steps.
  private static let lengths = [5, 1, 3]

  private static func server(
    _ cell: OracleCell, _ head: ModelConfiguration.Head = .everyStep, maximumSteps: Int = 16, threads: Int = 1
  ) throws -> InferenceServer<Float> {
    var configuration = ModelConfiguration(
      cell: cell.cell, input: .vectors(size: 4), hiddenSize: 18, layerCount: 2, outputSize: head == .none ? 18 : 5,
      head: head)
    configuration.trainsInitialState = true
    return try InferenceServer(
      Model(configuration, seed: 3), maximumBatch: 4, maximumSteps: maximumSteps, threads: threads)
  }

  private static func vectors(_ sequence: Int) -> [Float] {
    (0..<lengths[sequence] * 4).map { Float(($0 * 7 + sequence * 5) % 11) / 11 - 0.5 }
  }

  private static func expectSame(
    _ values: [Float], _ others: [Float], _ plan: Plan, _ name: String, location: SourceLocation = #_sourceLocation
  ) {
    #expect(values.count == others.count, "\(name)", sourceLocation: location)
    RoundingBound(steps: 5, layers: 2, terms: 18).expect(values, others, toTheBit: plan.keepsRows, name)
  }

  // MARK: The same bits

  /// Packed products: a row's bits do not depend on the rows that go along, and neither do those of a session.
  @Test("Alone, together, and as a pass gives it", arguments: OracleCell.allCases, ModelConfiguration.Head.allCases)
  func together(cell: OracleCell, head: ModelConfiguration.Head) throws {
    let server = try Self.server(cell, head)
    let alone = (0..<3).map { sequence in
      let session = server.open()
      return (outputs: session.run(.vectors(Self.vectors(sequence))), state: session.state)
    }
    for order in [[0, 1, 2], [2, 0], [1, 0, 2], [2]] {
      let sessions = order.map { _ in server.open() }
      let outputs = server.run(sessions, .vectors(order.map { Self.vectors($0) }))
      for (place, sequence) in order.enumerated() {
        Self.expectSame(Array(outputs[place]), alone[sequence].outputs, server.plan, "outputs of \(order)")
        Self.expectSame(sessions[place].state.values, alone[sequence].state.values, server.plan, "state of \(order)")
      }
    }
    var pass = try InferencePass<Float>(
      Model(server.plan.configuration, seed: 3), steps: 5, batchSize: 1, threads: 1)
    for sequence in 0..<3 {
      pass.run(.vectors(Self.vectors(sequence)))
      Self.expectSame(pass.outputs, alone[sequence].outputs, server.plan, "outputs of a pass")
    }
  }

  @Test("Step by step, beside others that come and go", arguments: OracleCell.allCases)
  func stepByStep(cell: OracleCell) throws {
    for threads in [1, 2] {
      let server = try Self.server(cell, threads: threads)
      let whole = (0..<3).map { server.open().run(.vectors(Self.vectors($0))) }
      let sessions = (0..<3).map { _ in server.open() }
      var outputs: [[Float]] = [[], [], []]
      for step in 0..<5 {
        let running = (0..<3).filter { step < Self.lengths[$0] }
        let input = running.flatMap { Self.vectors($0)[step * 4..<(step + 1) * 4] }
        let given = server.run(running.map { sessions[$0] }, .vectors(input))
        for (place, sequence) in running.enumerated() { outputs[sequence] += given[place] }
      }
      for sequence in 0..<3 {
        Self.expectSame(outputs[sequence], whole[sequence], server.plan, "sequence \(sequence), \(threads) threads")
      }
    }
  }

  /// A hundred sessions, 4 at a time.
  @Test("More sessions than are computed at once", arguments: [ModelConfiguration.Head.everyStep, .lastStep, .none])
  func parts(head: ModelConfiguration.Head) throws {
    for maximumSteps in [2, 16] where head != .lastStep || maximumSteps == 16 {
      let server = try Self.server(.lstm, head, maximumSteps: maximumSteps, threads: 2)
      let inputs = (0..<100).map { session in Self.vectors(session % 3).map { $0 + Float(session) / 100 } }
      let alone = (0..<100).map { session in
        let own = server.open()
        return (outputs: own.run(.vectors(inputs[session])), state: own.state.values)
      }
      let sessions = (0..<100).map { _ in server.open() }
      let outputs = server.run(sessions, .vectors(inputs))
      for session in 0..<100 {
        Self.expectSame(Array(outputs[session]), alone[session].outputs, server.plan, "outputs of session \(session)")
        Self.expectSame(
          sessions[session].state.values, alone[session].state, server.plan, "state of session \(session)")
      }
      // Flat, [T, N, I], and into room of ours: the first step of each, then the next of those that have one.
      let flat = (0..<100).map { _ in server.open() }
      let firsts = (0..<100).map { Array(inputs[$0][..<4]) }
      let width = server.plan.configuration.outputSize
      var room = [Float](repeating: .nan, count: 100 * width)
      var span = room.mutableSpan
      let together = firsts.flatMap { $0 }
      server.run(flat, vectors: together.span, into: &span)
      for session in 0..<100 {
        let own = server.open().run(.vectors(firsts[session]))
        Self.expectSame(Array(room[session * width..<(session + 1) * width]), own, server.plan, "flat, \(session)")
      }
      let long = (0..<100).filter { $0 % 3 == 0 }
      let rest = (1..<5).flatMap { step in long.flatMap { inputs[$0][step * 4..<(step + 1) * 4] } }
      let given = server.run(long.map { flat[$0] }, .vectors(rest))
      for (place, session) in long.enumerated() {
        let expected = head == .lastStep ? alone[session].outputs : Array(alone[session].outputs[width...])
        Self.expectSame(Array(given[place]), expected, server.plan, "the rest of \(session)")
      }
    }
  }

  @Test("More steps than are computed at once", arguments: [1, 2, 3])
  func pieces(maximumSteps: Int) throws {
    let server = try Self.server(.lstm, maximumSteps: maximumSteps)
    let whole = (0..<3).map { sequence in
      try! Self.server(.lstm).open().run(.vectors(Self.vectors(sequence)))
    }
    let sessions = (0..<3).map { _ in server.open() }
    let together = server.run(sessions, .vectors((0..<3).map { Self.vectors($0) }))
    for sequence in 0..<3 {
      let alone = server.open()
      Self.expectSame(alone.run(.vectors(Self.vectors(sequence))), whole[sequence], server.plan, "alone")
      Self.expectSame(Array(together[sequence]), whole[sequence], server.plan, "together")
      Self.expectSame(sessions[sequence].state.values, alone.state.values, server.plan, "state")
    }
    // Of one length, in the order of time.
    let pair = [server.open(), server.open()]
    let both = zip(0..<5, 0..<5).flatMap { step, _ in
      [Self.vectors(0), Self.vectors(0).map { -$0 }].flatMap { $0[step * 4..<(step + 1) * 4] }
    }
    var outputs = [Float](repeating: .nan, count: 5 * 2 * 5)
    var span = outputs.mutableSpan
    server.run(pair, vectors: both.span, into: &span)
    let first = (0..<5).flatMap { outputs[$0 * 10..<$0 * 10 + 5] }
    Self.expectSame(first, whole[0], server.plan, "the first of two")
  }

  @Test("Tokens, one-hot and embedded, in Double")
  func tokens() throws {
    for input in [ModelConfiguration.Input.oneHot(vocabularySize: 7), .embedding(vocabularySize: 7, size: 3)] {
      let configuration = ModelConfiguration(cell: .gru, input: input, hiddenSize: 9, outputSize: 7)
      let model = try Model<Double>(configuration, seed: 1)
      let server = try InferenceServer(model, maximumBatch: 2, maximumSteps: 2)
      let tokens: [Int32] = [3, 0, 6, 6, 1]
      var pass = try InferencePass(model, steps: 5, batchSize: 1, threads: 1)
      pass.run(.tokens(tokens))
      let session = server.open()
      let bound = RoundingBound(steps: 5, layers: 1, terms: 9)
      bound.expect(session.run(.tokens(tokens)), pass.outputs, toTheBit: server.plan.keepsRows, "outputs")
      bound.expect(session.state.values, pass.state.values, toTheBit: server.plan.keepsRows, "state")
      let other = server.open()
      #expect(server.run([other], .tokens([tokens])).values == session.server.open().run(.tokens(tokens)))
    }
  }

  // MARK: What a session is

  @Test("A session goes on, is reset, forked, stored and closed")
  func life() throws {
    let server = try Self.server(.lstm)
    let (input, other) = (ModelInput.vectors(Self.vectors(0)), ModelInput.vectors(Self.vectors(2)))
    let session = server.open()
    let first = session.run(input)
    let middle = session.state
    let fork = session.fork()
    let second = session.run(input)
    #expect(second != first)
    // The fork did not move, nor what was read before.
    #expect(fork.state == middle)
    #expect(fork.run(input) == second)
    #expect(fork.run(other) == session.run(other))
    session.state = middle
    #expect(session.state == middle)
    #expect(session.run(input) == second)
    let stranger = server.open()
    stranger.state = middle
    #expect(stranger.run(input) == second)
    session.reset()
    #expect(session.run(input) == first)
    // Also into a pass.
    var pass = try InferencePass<Float>(Model(server.plan.configuration, seed: 3), steps: 5, batchSize: 1, threads: 1)
    pass.state = middle
    pass.run(input)
    Self.expectSame(pass.outputs, second, server.plan, "a pass that goes on from a session")

    #expect(server.openCount == 3)
    #expect(!fork.isClosed)
    fork.close()
    fork.close()
    #expect(fork.isClosed)
    #expect(server.openCount == 2)
    // The place of the closed one is taken by another, which begins anew.
    let next = server.open()
    #expect(next.run(input) == first)
    #expect(fork.isClosed)
    #expect(session.state != next.state || session.run(input) == next.run(input))
  }

  @Test("A session ends with its last reference")
  func references() throws {
    let server = try Self.server(.gru)
    do {
      let sessions = (0..<10).map { _ in server.open() }
      #expect(server.openCount == 10)
      _ = sessions[3].run(.vectors(Self.vectors(1)))
    }
    #expect(server.openCount == 0)
    #expect(server.open().run(.vectors(Self.vectors(1))) == server.open().run(.vectors(Self.vectors(1))))
  }

  @Test("A new session starts from the trained state")
  func trainedStart() throws {
    let configuration = Self.configurationWithStart
    var model = try Model<Float>(configuration, seed: 1)
    let name = try #require(model.table.entries.map(\.name).first { $0.contains("initial") })
    model[parameter: name] = model[parameter: name].indices.map { Float($0) / 10 }
    let server = try InferenceServer(model)
    var pass = try InferencePass(model, steps: 1, batchSize: 1)
    #expect(server.open().state == pass.state)
    #expect(server.open().state.values.contains { $0 != 0 })
    pass.run(.vectors([0.25]))
    #expect(server.open().run(.vectors([0.25])) == pass.outputs)
  }

  private static var configurationWithStart: ModelConfiguration {
    var configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 4, outputSize: 1)
    configuration.trainsInitialState = true
    return configuration
  }

  @Test("Drawing is a sampler's, with any options in turn")
  func drawing() throws {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 20), hiddenSize: 12, outputSize: 20)
    let model = try Model<Float>(configuration, seed: 1)
    let server = try InferenceServer(model)
    for options in [SamplingOptions.greedy, .init(), .init(temperature: 0.5, topK: 5), .init(topP: 0.8)] {
      var sampler = try Sampler(model, options: options, seed: 4)
      sampler.feed(3)
      let session = server.open()
      var generator = SeededGenerator(seed: 4)
      var token: Int32 = 3
      for _ in 0..<20 {
        token = session.next(after: token, options: options, using: &generator)
        #expect(token == sampler.next())
      }
    }
  }
}
