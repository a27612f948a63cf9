import Recurrent
import Tasks
import Testing

/// Tasks from sequences to sequences, learned in seconds in the optimised build.
@Suite("Pair tasks", .enabled(if: isOptimized, "an optimised build"))
struct PairTaskTests {
  /// One thread: the machine that tests may be shared, and the products are small.
  private func share(_ task: some PairTask, _ attention: Attention?, updates: Int, beamWidth: Int = 1) throws -> Double
  {
    var course = PairCourse(task, attention: attention, updates: updates)
    course.threads = 1
    return try course.exactShare(of: course.run(), beamWidth: beamWidth, count: 300)
  }

  /// Scaled scores start softer and want about twice the updates.
  @Test("Digits said backwards, with attention")
  func reversal() throws {
    let right = try share(DigitReversal(length: 12), .dot, updates: 800)
    #expect(right > 0.95)
  }

  /// That the test above can fail, and is about attention.
  @Test("Without attention as many updates do not suffice")
  func reversalWithoutAttention() throws {
    let right = try share(DigitReversal(length: 12), nil, updates: 800)
    #expect(right < 0.95)
  }

  @Test("Dates")
  func dates() throws {
    let right = try share(DateNormalization(), .dot, updates: 500, beamWidth: 3)
    #expect(right > 0.95)
  }

  @Test("Pairs are what the tasks say")
  func pairs() {
    var generator = SeededGenerator(seed: 1)
    let dates = DateNormalization()
    for isHeldOut in [false, true] {
      for _ in 0..<200 {
        let pair = dates.pair(isHeldOut: isHeldOut, using: &generator)
        #expect(pair.source.count <= dates.sourceLength && pair.target.count == dates.targetLength)
        let parts = dates.text(pair.target).split(separator: "-").map { Int($0)! }
        #expect((1900..<2100).contains(parts[0]) && (1...12).contains(parts[1]) && (1...31).contains(parts[2]))
        #expect((((parts[0] * 12 + parts[1]) * 31 + parts[2]) % 10 == 0) == isHeldOut)
      }
    }
    let digits = DigitReversal(length: 5).pair(isHeldOut: true, using: &generator)
    #expect(digits.source.reversed() == digits.target && digits.source.reduce(0, +) % 5 == 0)
  }
}
