import Glibc
import Kernels
import Synchronization
import Testing

/// The pool runs a task on every worker, in step where asked, again and again.
@Suite struct WorkerPoolTests {
  /// Counts calls, and whether any worker passed a barrier before all had arrived.
  private final class Task: PoolTask {
    let pool: WorkerPool
    let rounds: Int
    let calls = Atomic<Int>(0)
    let arrivals = Atomic<Int>(0)
    let early = Atomic<Int>(0)

    init(_ pool: WorkerPool, rounds: Int) {
      self.pool = pool
      self.rounds = rounds
    }

    func run(worker: Int) {
      calls.add(1 << (8 * worker), ordering: .relaxed)
      for round in 1...rounds {
        arrivals.add(1, ordering: .relaxed)
        pool.barrier()
        if arrivals.load(ordering: .relaxed) < round * pool.count { early.add(1, ordering: .relaxed) }
        pool.barrier()
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5])
  func everyWorkerRunsAndMeetsTheOthers(count: Int) throws {
    let pool = try WorkerPool(count: count)
    for _ in 0..<20 {
      let task = Task(pool, rounds: 10)
      pool.run(task)
      var expected = 0
      for worker in 0..<count { expected += 1 << (8 * worker) }
      #expect(task.calls.load(ordering: .relaxed) == expected)
      #expect(task.arrivals.load(ordering: .relaxed) == 10 * count)
      #expect(task.early.load(ordering: .relaxed) == 0)
    }
  }

  /// A task that the caller does alone passes its barriers at once, between tasks of all.
  @Test func alone() throws {
    let pool = try WorkerPool(count: 3)
    for round in 0..<20 {
      let task = Task(pool, rounds: 4)
      pool.run(task, alone: round.isMultiple(of: 2))
      let others = round.isMultiple(of: 2) ? 0 : (1 << 8) + (1 << 16)
      #expect(task.calls.load(ordering: .relaxed) == 1 + others)
      #expect(task.arrivals.load(ordering: .relaxed) == (round.isMultiple(of: 2) ? 4 : 12))
    }
  }

  /// Waiting longer than a waiting worker spins and yields, it finds what it waited for all the same.
  @Test func latecomers() throws {
    final class Late: PoolTask {
      let pool: WorkerPool
      let seen = Atomic<Int>(0)
      init(_ pool: WorkerPool) { self.pool = pool }
      func run(worker: Int) {
        if worker == 1 { usleep(20_000) }
        pool.barrier()
        seen.add(1, ordering: .relaxed)
      }
    }
    let pool = try WorkerPool(count: 3)
    let task = Late(pool)
    for _ in 0..<5 { pool.run(task) }
    #expect(task.seen.load(ordering: .relaxed) == 15)
  }

  /// Workers that went to sleep wake up again.
  @Test func sleepersWake() async throws {
    let pool = try WorkerPool(count: 3)
    for _ in 0..<5 {
      try await _Concurrency.Task.sleep(for: .milliseconds(30))
      let task = Task(pool, rounds: 1)
      pool.run(task)
      #expect(task.arrivals.load(ordering: .relaxed) == 3)
    }
  }

  @Test(arguments: [1, 2, 3, 7], [0, 1, 2, 5, 50])
  func sharesCoverEverythingOnce(count: Int, total: Int) throws {
    let pool = try WorkerPool(count: count)
    var next = 0
    for worker in 0..<count {
      let share = pool.share(of: total, worker: worker)
      #expect(share.lowerBound == next)
      next = share.upperBound
    }
    #expect(next == total)
  }

  /// Denormals are flushed while a task runs, and are there again afterwards.
  @Test func denormalsAreFlushedOnlyInside() throws {
    final class Tiny: PoolTask {
      let product = Atomic<UInt32>(1)
      let half: Float
      init(half: Float) { self.half = half }
      func run(worker: Int) {
        if worker == 0 { product.store((Float.leastNormalMagnitude * half).bitPattern, ordering: .relaxed) }
      }
    }
    for count in [1, 2] {
      // From the generator, so that no compiler computes the product beforehand.
      let half = Float.random(in: 0.4...0.6)
      let task = Tiny(half: half)
      try WorkerPool(count: count).run(task)
      #expect(task.product.load(ordering: .relaxed) == 0)
      #expect(Float.leastNormalMagnitude * half > 0)
    }
  }
}
