import Foundation
import Kernels
import Recurrent
import Testing

/// Times of calls, made up, and what follows from them; and that workers which sleep are seen.
@Suite("Calls in a crowd")
struct CrowdWatchTests {
  private var now = ContinuousClock.now

  /// Takes calls for so long: of a millisecond alone, or of `shared`, over which two workers sleep.
  /// - Returns: how many were shared.
  private mutating func take(_ time: Duration, _ watch: inout CrowdWatch, shared: Duration, asleep: Duration) -> Int {
    var count = 0
    let end = now + time
    while now < end {
      guard watch.shares(at: now) else {
        now += .milliseconds(1)
        continue
      }
      watch.note(from: now, to: now + shared, asleep: asleep, workers: 2)
      now += shared
      count += 1
    }
    return count
  }

  @Test("Who gains is shared always, however long one worker waits for the other")
  mutating func gain() {
    var watch = CrowdWatch()
    let count = take(.seconds(1), &watch, shared: .milliseconds(1), asleep: .microseconds(899))
    #expect(count == 1000)
  }

  @Test("On one processor workers sleep in turn, and win nothing")
  mutating func turns() {
    var watch = CrowdWatch()
    let count = take(.seconds(10), &watch, shared: .milliseconds(7), asleep: .milliseconds(7))
    #expect(Duration.milliseconds(7) * count < .seconds(1))
  }

  @Test("Who loses is not, and what trials cost is little")
  mutating func loss() {
    var watch = CrowdWatch()
    // After 20, 20·5, 20·9 and so on milliseconds, at last one in 129.
    let count = take(.seconds(60), &watch, shared: .milliseconds(20), asleep: .milliseconds(39))
    #expect((10...35).contains(count))
    #expect(Duration.milliseconds(20) * count < .seconds(60) / 32)
    // The processors are free again: found out at the end of the pause.
    let later = take(.seconds(60), &watch, shared: .milliseconds(1), asleep: .zero)
    #expect(later > 54_000)
  }

  @Test("A call may lose a little now and then: its workers were woken late")
  mutating func single() {
    var watch = CrowdWatch()
    for _ in 0..<100 {
      #expect(take(.milliseconds(2), &watch, shared: .milliseconds(2), asleep: .microseconds(2500)) == 1)
      #expect(take(.milliseconds(2), &watch, shared: .milliseconds(1), asleep: .zero) == 2)
    }
  }

  @Test("What small calls lose adds up, and calls that win less are no excuse")
  mutating func sums() {
    var watch = CrowdWatch()
    var shared = 0
    let end = now + .seconds(10)
    while now < end {
      shared += take(.microseconds(1), &watch, shared: .microseconds(100), asleep: .microseconds(120))
      shared += take(.microseconds(1), &watch, shared: .microseconds(100), asleep: .microseconds(90))
    }
    #expect((200...10_000).contains(shared))
  }

  @Test("One call that goes well does not make the next pause short again")
  mutating func luck() {
    var watch = CrowdWatch()
    var shared = 0
    let end = now + .seconds(60)
    while now < end {
      shared += take(.milliseconds(1), &watch, shared: .milliseconds(20), asleep: .milliseconds(39))
      shared += take(.milliseconds(1), &watch, shared: .milliseconds(20), asleep: .milliseconds(39))
      shared += take(.milliseconds(1), &watch, shared: .milliseconds(1), asleep: .zero)
    }
    #expect(Duration.milliseconds(20) * shared < .seconds(60) / 16)
  }

  @Test("No pause is longer than ten seconds")
  mutating func longest() {
    var watch = CrowdWatch()
    #expect(take(.seconds(100), &watch, shared: .seconds(5), asleep: .seconds(9)) >= 6)
  }

  /// A worker that comes late to each of some meetings, and leaves the processor to others until then.
  private final class Late: PoolTask {
    let pool: WorkerPool
    init(_ pool: WorkerPool) { self.pool = pool }

    func run(worker: Int) {
      for turn in 0..<4 {
        if worker == turn % 2 { Thread.sleep(forTimeInterval: 0.05) }
        pool.barrier()
      }
    }
  }

  @Test("What workers sleep is counted, and nothing of those that have nothing to do")
  func counted() throws {
    let pool = try WorkerPool(count: 2, processors: 2)
    #expect(pool.timeAsleep == .zero)
    pool.run(Late(pool))
    let asleep = pool.timeAsleep
    // Each waits twice for 50 milliseconds; half of that may pass until the other has begun.
    #expect(asleep > .milliseconds(4 * 25))
    Thread.sleep(forTimeInterval: 0.02)
    #expect(pool.timeAsleep == asleep)
    pool.run(Late(pool), alone: true)
    #expect(pool.timeAsleep == asleep)
  }
}
