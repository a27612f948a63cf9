import CKernels
import Glibc
import Synchronization

/// Work that all workers of a pool run together, each knowing its own index.
package protocol PoolTask: AnyObject {
  /// Called once on every worker. Workers meet at `pool.barrier`.
  func run(worker: Int)
}

/// A few threads that live as long as the engine and run one task together (single program, multiple data).
///
/// The caller is worker 0. Workers spin for a short while after a task, so that the next step finds them awake, and
/// then sleep. Who waits at a barrier spins, then lets others have the processor: the one that is waited for may be among
/// them. Denormals are flushed to zero on every worker, the caller included, while a task runs.
package final class WorkerPool: Sendable {
  package let count: Int
  private let shared: Shared
  private let threads: WorkerThreads
  /// Whether the running task is the caller's alone. Workers see it as they see the task.
  private let isAlone = Atomic<Bool>(false)

  /// - Parameter count: number of workers including the caller, at least 1.
  /// - Throws: where the system starts no more threads; those that it started are gone then.
  package init(count: Int) throws(WorkerError) {
    require(count >= 1, "a pool needs at least 1 worker, got \(count)")
    let shared = Shared(count: count)
    threads = try WorkerThreads(1..<count, run: { shared.serve(worker: $0) }, end: { shared.stop() })
    self.count = count
    self.shared = shared
  }

  /// Whether the caller must do it all: the process is a fork of the one that made the pool, where no other worker lives.
  package var isOrphaned: Bool { threads.areGone }

  /// Runs `task` on every worker and returns when all have finished.
  /// - Parameter alone: whether the caller does it all and wakes nobody; barriers are then none.
  /// - Precondition: in an orphaned pool it does.
  package func run(_ task: some PoolTask, alone: Bool = false) {
    isAlone.store(alone || count == 1, ordering: .relaxed)
    guard count > 1, !alone else {
      let control = rk_flush_denormals()
      task.run(worker: 0)
      rk_restore_denormals(control)
      return
    }
    shared.publish(task)
    let control = rk_flush_denormals()
    task.run(worker: 0)
    rk_restore_denormals(control)
    shared.waitForOthers()
  }

  /// Returns when every worker has arrived. To be called by all workers of the running task, equally often.
  package func barrier() {
    if !isAlone.load(ordering: .relaxed) { shared.barrier() }
  }

  /// The contiguous part of `0..<total` that belongs to `worker`.
  package func share(of total: Int, worker: Int) -> Range<Int> {
    (total * worker / count)..<(total * (worker + 1) / count)
  }
}

/// What the threads share. Threads hold this and not the pool, so that the pool can end.
@safe private final class Shared: @unchecked Sendable {
  let count: Int
  private let generation = Atomic<Int>(0)
  private let finished = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let arrived = Atomic<Int>(0)
  private let episode = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wake: UnsafeMutablePointer<pthread_cond_t>
  private unowned(unsafe) var task: (any PoolTask)?

  /// Spins of an idle worker before it goes to sleep, and how often it yields the processor meanwhile: together some tens
  /// of microseconds when the processor is free.
  private static let spins = 4_000
  private static let yields = 64

  /// Spins before a thread that waits for others yields the processor, and how often it does so before it sleeps between
  /// its looks. A millisecond is more than workers that all run need to catch up with each other; where others have the
  /// processors they wait for milliseconds, and to yield is then to be asked again at once.
  private static let waitingSpins = 500
  private static let waitingYields = 40
  private static let nap: UInt32 = 50

  init(count: Int) {
    self.count = count
    unsafe mutex = .allocate(capacity: 1)
    unsafe wake = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(wake, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(wake)
    unsafe pthread_mutex_destroy(mutex)
    unsafe wake.deallocate()
    unsafe mutex.deallocate()
  }

  func publish(_ task: some PoolTask) {
    unsafe self.task = task
    finished.store(0, ordering: .relaxed)
    // Sequentially consistent with `sleepers`: either the sleeper sees the new generation or we see the sleeper.
    generation.add(1, ordering: .sequentiallyConsistent)
    wakeSleepers()
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    generation.add(1, ordering: .sequentiallyConsistent)
    wakeSleepers()
  }

  private func wakeSleepers() {
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    unsafe pthread_mutex_lock(mutex)
    unsafe pthread_cond_broadcast(wake)
    unsafe pthread_mutex_unlock(mutex)
  }

  func waitForOthers() {
    spin { finished.load(ordering: .acquiring) == count - 1 }
  }

  func barrier() {
    let current = episode.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
      arrived.store(0, ordering: .relaxed)
      episode.store(current &+ 1, ordering: .releasing)
    } else {
      spin { episode.load(ordering: .acquiring) != current }
    }
  }

  private func spin(until condition: () -> Bool) {
    var yields = 0
    while true {
      for _ in 0..<Self.waitingSpins {
        if condition() { return }
        rk_spin_hint()
      }
      if yields < Self.waitingYields {
        yields += 1
        sched_yield()
      } else {
        usleep(Self.nap)
      }
    }
  }

  func serve(worker: Int) {
    var seen = 0
    while true {
      seen = waitForWork(after: seen)
      if stopping.load(ordering: .relaxed) { return }
      let control = rk_flush_denormals()
      unsafe task!.run(worker: worker)
      rk_restore_denormals(control)
      finished.add(1, ordering: .releasing)
    }
  }

  private func waitForWork(after seen: Int) -> Int {
    for _ in 0..<Self.yields {
      for _ in 0..<Self.spins / Self.yields {
        let now = generation.load(ordering: .acquiring)
        if now != seen { return now }
        rk_spin_hint()
      }
      sched_yield()
    }
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen {
      unsafe pthread_cond_wait(wake, mutex)
    }
    sleepers.subtract(1, ordering: .relaxed)
    return generation.load(ordering: .acquiring)
  }
}
