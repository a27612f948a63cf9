import CKernels
import Foundation
import Kernels
import Storage
import Synchronization
import Testing

/// Two workers on one processor, where there are two: whoever finds itself there moves.
@Suite("Places of workers", .enabled(if: processors.count == 2))
struct WorkerPlacesTests {
  /// Where two workers are at the end of a task, over which each has slept if `sleeps`.
  private final class Ends: PoolTask {
    let pool: WorkerPool
    let sleeps: Bool
    let first = Atomic<Int32>(-1)
    let second = Atomic<Int32>(-1)
    init(_ pool: WorkerPool, sleeps: Bool = false) { (self.pool, self.sleeps) = (pool, sleeps) }

    func run(worker: Int) {
      for turn in 0..<4 {
        if sleeps, worker == turn % 2 { usleep(2_000) }
        pool.barrier()
      }
      if worker == 0 {
        first.store(rk_processor(), ordering: .relaxed)
      } else {
        second.store(rk_processor(), ordering: .relaxed)
      }
      pool.barrier()
    }

    var areTogether: Bool { first.load(ordering: .relaxed) == second.load(ordering: .relaxed) }
  }

  /// Tasks that ended with both workers on one processor.
  private func together(of tasks: Int, sleeps: Bool, before: (_ task: Int) -> Void = { _ in }) throws -> Int {
    let pool = try WorkerPool(count: 2, processors: 2)
    var count = 0
    for task in 0..<tasks {
      before(task)
      let ends = Ends(pool, sleeps: sleeps)
      pool.run(ends)
      if ends.areTogether { count += 1 }
    }
    return count
  }

  @Test("A worker keeps off the caller's processor, wherever that goes")
  func apart() throws {
    let before = processors
    let together = try together(of: 40, sleeps: false) { task in
      unsafe #expect(rk_keep_off(rk_thread(), 1, [before[task % 2]], true))
      usleep(1_000)
    }
    // The system may move any thread at any time, most of all where other programs run.
    #expect(together <= 10, "\(together) of 40 tasks ended with both on one processor")
    #expect(processors == before, "the caller may run where it could")
  }

  @Test("Whoever slept in the midst of a task looks where it woke")
  func awake() throws {
    let before = processors
    let together = try together(of: 20, sleeps: true)
    #expect(together <= 5, "\(together) of 20 tasks ended with both on one processor")
    #expect(processors == before)
  }

  @Test("A caller that may run on one processor only stays there, and its tasks are done")
  func bound() throws {
    let pool = try WorkerPool(count: 2, processors: 2)
    let hasEnded = Atomic<Bool>(false)
    // A thread of its own: nobody else is to be bound.
    let thread = Thread {
      let all = processors
      unsafe #expect(rk_keep_off(rk_thread(), 1, [all[0]], false))
      for _ in 0..<5 {
        let ends = Ends(pool)
        pool.run(ends)
        #expect(ends.first.load(ordering: .relaxed) == all[1])
        #expect(ends.second.load(ordering: .relaxed) >= 0)
      }
      #expect(processors == [all[1]])
      hasEnded.store(true, ordering: .releasing)
    }
    thread.start()
    while !hasEnded.load(ordering: .acquiring) { usleep(1_000) }
  }
}

/// Those that the calling thread may run on.
private var processors: [Int32] { SystemProcessors.allowed().flatMap { $0.map { Int32($0) } } }
