import Foundation
import Recurrent
import Storage
import Testing

/// A server used by many tasks, and wrongly.
@Suite("Serving")
struct ServingTests {
  private static let configuration = ModelConfiguration(
    cell: .lstm, input: .oneHot(vocabularySize: 20), hiddenSize: 24, outputSize: 20)

  private static func server(maximumBatch: Int = 4, threads: Int = 1) throws -> InferenceServer<Float> {
    try InferenceServer(Model(configuration, seed: 1), maximumBatch: maximumBatch, maximumSteps: 3, threads: threads)
  }

  private static func tokens(_ session: Int, step: Int) -> Int32 { Int32((session * 7 + step * 3) % 20) }

  /// What a session of its own gives for so many steps.
  private static func alone(_ session: Int, steps: Int) throws -> [[Float]] {
    let alone = try server().open()
    return (0..<steps).map { alone.run(.tokens([tokens(session, step: $0)])) }
  }

  // MARK: Tasks

  @Test("Many tasks at once, some with a session each, some with batches", arguments: [1, 2])
  func tasks(threads: Int) async throws {
    let steps = 40
    let server = try Self.server(threads: threads)
    let expected = try (0..<9).map { try Self.alone($0, steps: steps) }
    let results = await withTaskGroup(of: [(Int, [[Float]])].self) { group in
      // Sessions 0 to 5 by themselves; 6 to 8 by one task, together.
      for index in 0..<6 {
        group.addTask {
          let session = server.open()
          var outputs: [[Float]] = []
          for step in 0..<steps {
            outputs.append(session.run(.tokens([Self.tokens(index, step: step)])))
            await Task.yield()
          }
          return [(index, outputs)]
        }
      }
      group.addTask {
        let sessions = (6..<9).map { _ in server.open() }
        var outputs: [[[Float]]] = [[], [], []]
        for step in 0..<steps {
          let given = server.run(sessions, .tokens((6..<9).map { Self.tokens($0, step: step) }))
          for place in 0..<3 { outputs[place].append(Array(given[place])) }
          await Task.yield()
        }
        return (0..<3).map { ($0 + 6, outputs[$0]) }
      }
      return await group.reduce(into: [Int: [[Float]]]()) { results, some in
        for (index, outputs) in some { results[index] = outputs }
      }
    }
    for index in 0..<9 {
      let given = try #require(results[index])
      RoundingBound(steps: steps, layers: 1, terms: 24).expect(
        given.flatMap { $0 }, expected[index].flatMap { $0 }, toTheBit: server.plan.keepsRows, "session \(index)")
    }
    #expect(server.openCount == 0)
  }

  private actor Conversation {
    private let session: InferenceSession<Float>
    private(set) var outputs: [[Float]] = []

    init(_ server: InferenceServer<Float>) { session = server.open() }

    func say(_ token: Int32) { outputs.append(session.run(.tokens([token]))) }
  }

  @Test("Actors with a session each")
  func actors() async throws {
    let server = try Self.server()
    let conversations = (0..<3).map { _ in Conversation(server) }
    for step in 0..<10 {
      await withTaskGroup(of: Void.self) { group in
        for (index, conversation) in conversations.enumerated() {
          group.addTask { await conversation.say(Self.tokens(index, step: step)) }
        }
      }
    }
    for (index, conversation) in conversations.enumerated() {
      let expected = try Self.alone(index, steps: 10)
      #expect(await conversation.outputs == expected)
    }
  }

  // MARK: Memory

  /// 1,000 sessions of a model of 1.3 MB within 40 MB and without a thread each. The server has the parameters, once as they
  /// are and once packed, buffers of its batch, and for each session an LSTM's h and c, an array's header and a handle: it
  /// takes no more than what it plans, 256 bytes a session beside its state, and 8 MiB that the allocator keeps or
  /// the code pages that the first steps touch.
  @Test("1,000 sessions of 1.3 MB", .enabled(if: isOptimized, "an optimised build"))
  func memory() async {
    await #expect(processExitsWith: .success) {
      let configuration = ModelConfiguration(
        cell: .lstm, input: .oneHot(vocabularySize: 60), hiddenSize: 256, outputSize: 60)
      let model = try Model<Float>(configuration, seed: 1)
      let modelBytes = model.parameterCount * MemoryLayout<Float>.stride
      #expect((1_300_000..<1_500_000).contains(modelBytes), "\(modelBytes)")
      let before = try Self.status()
      let server = try InferenceServer(model)
      let sessions = (0..<1000).map { _ in server.open() }
      for (index, session) in sessions.enumerated() { _ = session.run(.tokens([Int32(index % 60)])) }
      for start in stride(from: 0, to: 1000, by: 16) {
        let batch = Array(sessions[start..<min(start + 16, 1000)])
        _ = server.run(batch, .tokens(batch.indices.map { Int32($0) }))
      }
      let after = try Self.status()
      let grown = after.residentBytes - before.residentBytes
      let bound = server.plan.totalBytes + 1000 * (2 * 256 * MemoryLayout<Float>.stride + 256) + (8 << 20)
      #expect(grown <= bound, "\(grown) bytes resident, expected at most \(bound)")
      #expect(grown + modelBytes <= 40_000_000, "\(grown) bytes beside the model's \(modelBytes)")
      // One worker a processor at most, whatever the number of sessions.
      let workers = SystemProcessors.usable()
      #expect(after.threads <= before.threads + workers, "\(after.threads) threads, \(before.threads) before")
      #expect(server.openCount == 1000)
      // They are open as long as somebody holds them.
      withExtendedLifetime(sessions) {}
    }
  }

  private static func status() throws -> (residentBytes: Int, threads: Int) {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    func number(_ name: String) throws -> Int {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
      return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
    }
    return (try number("VmRSS") * 1024, try number("Threads"))
  }

  // MARK: Wrong use

  enum Mistake: String, Codable, Sendable, CaseIterable {
    case closed, closedAmongOthers, stateOfClosed, foreign, twice, none, bothWays, attention
    case unknownToken, unknownTokenToDraw, vectorsForTokens, unevenTokens, noTokens, tooLittleRoom, foreignState
    case fewerSequences, sampleWithoutTokens, tooManyStepsForOneOutput, noBatch

    /// A part of the message.
    var message: String {
      switch self {
      case .closed, .closedAmongOthers, .stateOfClosed: "session 1 is closed: expected an open one"
      case .foreign: "session 1 at place 1 is another server's: expected sessions of this one"
      case .twice: "expected each session once, got session 1 more than once"
      case .none: "expected 1 session or more, got none"
      case .bothWays: "expected a model that runs forward only, got one that runs both ways"
      case .attention: "expected a model without attention, got one with it"
      case .unknownToken: "token 20 at sequence 1, step 0: expected 0 to 19"
      case .unknownTokenToDraw: "token 20: expected 0 to 19"
      case .vectorsForTokens: "the model takes tokens, not vectors"
      case .unevenTokens: "expected a multiple of 2 tokens, 1 step or more of 2 sessions, got 3"
      case .noTokens: "expected a multiple of 1 tokens, 1 step or more of 1 sessions, got 0"
      case .tooLittleRoom: "expected room for 20 outputs, got 19"
      case .foreignState: "expected a state of 2×[1, 1, 24], got 2×[1, 2, 24]"
      case .fewerSequences: "expected 2 sequences, one a session, got 1"
      case .sampleWithoutTokens: "sampling needs a token model"
      case .tooManyStepsForOneOutput: "expected at most 2 steps for a model with one output a call, got 3"
      case .noBatch: "the most sessions at once (maximumBatch) must be 1 or more, got 0"
      }
    }
  }

  @Test("Wrong use says what was expected and what came", arguments: Mistake.allCases)
  func mistakes(mistake: Mistake) async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [mistake = mistake as Mistake] in
      try Self.make(mistake)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(mistake.message), "\(text)")
  }

  private static func make(_ mistake: Mistake) throws {
    var configuration = configuration
    let server = try server()
    let (first, second) = (server.open(), server.open())
    switch mistake {
    case .closed:
      first.close()
      _ = first.run(.tokens([1]))
    case .closedAmongOthers:
      first.close()
      // The place is another's by now.
      _ = server.run([second, first, server.open()], .tokens([1, 2, 3]))
    case .stateOfClosed:
      first.close()
      _ = first.state
    case .foreign:
      let other = try Self.server().open()
      _ = server.run([first, other], .tokens([1, 2]))
    case .twice: _ = server.run([first, second, first], .tokens([1, 2, 3]))
    case .none: _ = server.run([], .tokens([[Int32]]()))
    case .bothWays:
      configuration.directions = .both(merge: .sum)
      _ = try InferenceServer(Model<Float>(configuration, seed: 1))
    case .attention:
      configuration.attention = .dot
      _ = try InferenceServer(Model<Float>(configuration, seed: 1))
    case .unknownToken: _ = server.run([first, second], .tokens([3, 20]))
    case .unknownTokenToDraw:
      var generator = SeededGenerator(seed: 1)
      _ = first.next(after: 20, using: &generator)
    case .vectorsForTokens: _ = first.run(.vectors([0.5, 0.5]))
    case .unevenTokens:
      let tokens: [Int32] = [1, 2, 3]
      outputs(60) { server.run([first, second], tokens: tokens.span, into: &$0) }
    case .noTokens: _ = first.run(.tokens([Int32]()))
    case .tooLittleRoom:
      let tokens: [Int32] = [1]
      outputs(19) { first.run(tokens: tokens.span, into: &$0) }
    case .foreignState: first.state = RecurrentState(zerosFor: configuration, batchSize: 2)
    case .fewerSequences: _ = server.run([first, second], .tokens([[1, 2]]))
    case .sampleWithoutTokens:
      configuration.input = .vectors(size: 20)
      var generator = SeededGenerator(seed: 1)
      _ = try InferenceServer(Model<Float>(configuration, seed: 1)).open().next(after: 1, using: &generator)
    case .tooManyStepsForOneOutput:
      configuration.head = .meanOverSteps
      let pooled = try InferenceServer(Model<Float>(configuration, seed: 1), maximumSteps: 2)
      _ = pooled.open().run(.tokens([1, 2, 3]))
    case .noBatch: _ = try InferenceServer(Model<Float>(configuration, seed: 1), maximumBatch: 0)
    }
  }

  private static func outputs(_ count: Int, _ run: (inout MutableSpan<Float>) -> Void) {
    var outputs = [Float](repeating: 0, count: count)
    var span = outputs.mutableSpan
    run(&span)
  }
}
