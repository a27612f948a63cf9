import Recurrent
import TestSupport
import Testing

/// Gradients that are exchanged in parts, while others are computed.
@Suite("Parts of gradients that travel")
struct TravellingPartTests {
  @Test("The same bits as at once, on 2 to 8 ranks", arguments: ShardTask.allCases, GradientExchange.allCases)
  func sameBits(task: ShardTask, exchange: GradientExchange) throws {
    for (shards, ranks) in [(2, 2), (4, 2), (4, 3), (8, 5), (8, 8)] {
      let one = try task.outcome(shards: shards, exchange: exchange)
      #expect(one.losses.allSatisfy { $0.isFinite })
      let threads = ranks == 2 ? 2 : 1
      let outcomes = try ThreadRanks.run(ranks, leastTravellingPart: 1) {
        try task.outcome(shards: shards, exchange: exchange, over: $0, threads: threads)
      }
      for (rank, outcome) in outcomes.enumerated() {
        #expect(outcome == one, "rank \(rank) of \(ranks), \(shards) shards")
      }
    }
  }

  @Test("Where parts end does not matter", arguments: [ShardTask.streams, .bothWays])
  func sizes(task: ShardTask) throws {
    let one = try task.outcome(shards: 4)
    for least in [40, 200, 400, 100_000] {
      let outcomes = try ThreadRanks.run(2, leastTravellingPart: least) { try task.outcome(shards: 4, over: $0) }
      #expect(outcomes == [one, one], "\(least)")
    }
  }

  /// A rank whose other one is a mirror: what it sends is there at once, and what comes is what was there.
  private final class Mirror: Communicator, @unchecked Sendable {
    let rank = 0
    let count = 2
    let leastTravellingPart: Int?
    private(set) var events: [String] = []

    init(leastTravellingPart: Int?) { self.leastTravellingPart = leastTravellingPart }

    func exchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
      events.append("exchange")
    }

    func beginExchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
      events.append("begin \(sending.reduce(0) { $0 + $1.bytes.count })")
    }

    func progressExchange() -> Bool {
      events.append("done")
      return true
    }

    func finishExchange() { events.append("wait") }
  }

  private static func events(shards: Int, leastTravellingPart: Int?, exchange: GradientExchange = .full) throws
    -> [String]
  {
    // In blocks of 16: the head 80 + 16, a layer 4·16·(16 + 16) + 2·64, the lowest 4·16·(5 + 16) + 2·64 with that of 5 columns padded.
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 5), hiddenSize: 16, layerCount: 3, outputSize: 5)
    let ranks = Mirror(leastTravellingPart: leastTravellingPart)
    var trainer = try Trainer<Float>(
      Model(configuration, seed: 1), batchSize: 8, sequenceLength: 6, shards: shards, exchange: exchange, over: ranks,
      threads: 1)
    let tokens = [Int32](repeating: 1, count: 8 * 6)
    _ = trainer.step(.tokens(tokens), .classes(tokens))
    return ranks.events
  }

  @Test("All parts but the lowest are over before anybody waits")
  func hidden() throws {
    let (head, layer, lowest) = (96, 4 * 16 * 32 + 128, 4 * 16 * 21 + 128)
    func parts(_ counts: [Int], bytes: Int = 4) -> [String] {
      counts.enumerated().flatMap { index, count in
        let begin = "begin \(count / 2 * bytes)"
        let end = index < counts.count - 1 ? "done" : "wait"
        return [begin, end, begin, end]
      } + ["exchange"]
    }
    for shards in [2, 4] {
      let all = try Self.events(shards: shards, leastTravellingPart: 1)
      // Of two subtrees none is sent here: one rank has half of the shards.
      #expect(all == parts([head, layer, layer, lowest]))
      #expect(try Self.events(shards: shards, leastTravellingPart: 100) == parts([head + layer, layer, lowest]))
      #expect(try Self.events(shards: shards, leastTravellingPart: 3000) == parts([head + 2 * layer, lowest]))
    }
    #expect(try Self.events(shards: 2, leastTravellingPart: nil) == ["exchange", "exchange", "exchange"])
    #expect(try Self.events(shards: 2, leastTravellingPart: 100_000) == ["exchange", "exchange", "exchange"])
    #expect(
      try Self.events(shards: 2, leastTravellingPart: 100, exchange: .bfloat16)
        == parts([head + layer, layer, lowest], bytes: 2))
  }

  @Test("The plan says so")
  func plan() throws {
    let plans = try ThreadRanks.run(2, leastTravellingPart: 1) {
      try ShardTask.streams.trainer(shards: 2, over: $0).plan.description
    }
    #expect(plans[0].contains("gradient: in 3 parts, each exchanged while those below are computed"), "\(plans[0])")
    let atOnce = try ThreadRanks.run(2) { try ShardTask.streams.trainer(shards: 2, over: $0).plan.description }
    #expect(!atOnce[0].contains("parts"), "\(atOnce[0])")
  }
}
