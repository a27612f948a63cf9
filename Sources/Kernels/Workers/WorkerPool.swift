internal import CKernels
internal import Storage
internal import Synchronization

/// Work that all workers of a pool run together, each knowing its own index.
package protocol PoolTask: AnyObject {
  /// Called once on every worker. Workers meet at `pool.barrier`.
  func run(worker: Int)
}

/// A few threads that live as long as the engine and run one task together (single program, multiple data).
///
/// The caller is worker 0. Who waits, for the next task or for the others, spins for a short while and then sleeps
/// (`Patience`). Denormals are flushed to zero on every worker, the caller included, while a task runs.
package final class WorkerPool: Sendable {
  package let count: Int
  /// nil where the caller is alone.
  private let shared: Shared?
  private let threads: WorkerThreads
  /// Whether the running task is the caller's alone. Workers see it as they see the task.
  private let isAlone = Atomic<Bool>(false)

  /// - Parameters:
  ///   - count: number of workers including the caller, at least 1.
  ///   - processors: processors that the process may use.
  /// - Throws: where the system starts no more threads; those that it started are gone then.
  package init(count: Int, processors: Int = SystemProcessors.usable()) throws(WorkerError) {
    require(count >= 1, "a pool needs at least 1 worker, got \(count)")
    let shared = count > 1 ? Shared(count: count, processors: processors) : nil
    threads = try WorkerThreads(1..<count, run: { shared?.serve(worker: $0) }, end: { shared?.stop() })
    self.count = count
    self.shared = shared
  }

  /// How long workers have slept over waiting for each other's part of a task, all of them together, since there is the pool.
  package var timeAsleep: Duration { shared?.timeAsleep ?? .zero }

  /// Whether the caller must do it all: the process is a fork of the one that made the pool, where no other worker lives.
  package var isOrphaned: Bool { threads.areGone }

  /// Runs `task` on every worker and returns when all have finished.
  /// - Parameter alone: whether the caller does it all and wakes nobody; barriers are then none.
  /// - Precondition: in an orphaned pool it does.
  package func run(_ task: some PoolTask, alone: Bool = false) {
    isAlone.store(alone, ordering: .relaxed)
    if let shared, !alone { shared.run(task) } else { perform(task, worker: 0) }
  }

  /// Returns when every worker has arrived. To be called by all workers of the running task, equally often.
  package func barrier() {
    if !isAlone.load(ordering: .relaxed) { shared?.barrier() }
  }

  /// The contiguous part of `0..<total` that belongs to `worker`.
  package func share(of total: Int, worker: Int) -> Range<Int> {
    (total * worker / count)..<(total * (worker + 1) / count)
  }
}

/// What the threads share. Threads hold this and not the pool, so that the pool can end.
@safe private final class Shared: @unchecked Sendable {
  private let count: UInt32
  /// Each grows by one: with every task, with every meeting at a barrier, when all have done the task.
  private let tasks = EventCount()
  private let meetings = EventCount()
  private let completions = EventCount()
  /// Workers that have come to the barrier, or done the task.
  private let arrived = CacheLine()
  private let finished = CacheLine()
  private let stopping = Atomic<Bool>(false)
  /// nil where there are more workers than processors: some have to share one.
  private let places: WorkerPlaces?
  private unowned(unsafe) var task: (any PoolTask)?

  /// Of those who wait for the others' part of a task, and for the next task: that comes when the caller likes.
  private let patience: Patience
  private let idlePatience: Patience

  init(count: Int, processors: Int) {
    self.count = UInt32(count)
    places = count > processors ? nil : WorkerPlaces(workers: count)
    patience = Patience(isIdle: false, isCrowded: count > processors)
    idlePatience = Patience(isIdle: true, isCrowded: count > processors)
  }

  var timeAsleep: Duration { patience.timeAsleep }

  /// Runs `task` on all workers, the caller being worker 0.
  func run(_ task: some PoolTask) {
    unsafe self.task = task
    let completion = completions.value
    finished.value = 0
    places?.settle(0)
    tasks.advance()
    perform(task, worker: 0)
    if completions.wait(beyond: completion, patience).slept { places?.settleAgain() }
  }

  func serve(worker: Int) {
    var seen: UInt32 = 0
    while true {
      seen = tasks.wait(beyond: seen, idlePatience).value
      if stopping.load(ordering: .relaxed) { return }
      places?.settle(worker)
      unsafe perform(task!, worker: worker)
      if finished.add(1) == count - 1 { completions.advance() }
    }
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    tasks.advance()
  }

  func barrier() {
    let meeting = meetings.value
    if arrived.add(1) == count {
      arrived.value = 0
      meetings.advance()
    } else if meetings.wait(beyond: meeting, patience).slept {
      places?.settleAgain()
    }
  }
}

/// Runs a task, denormals being flushed to zero.
private func perform(_ task: some PoolTask, worker: Int) {
  let control = rk_flush_denormals()
  task.run(worker: worker)
  rk_restore_denormals(control)
}
