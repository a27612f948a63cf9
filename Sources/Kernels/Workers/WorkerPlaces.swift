internal import CKernels
internal import Synchronization

/// Which processors the workers of a pool run on, so that no two keep one while others are free.
///
/// The system wakes a thread where it thinks a processor idle. On a virtual machine it takes a halted processor for one that the
/// host has given to somebody else, and so wakes a worker beside the one that woke it, again and again for seconds: two then
/// do a task as slowly as one. Whoever finds itself there moves.
final class WorkerPlaces: Sendable {
  /// Of each worker.
  private let places: [Place]

  init(workers: Int) { places = (0..<workers).map { _ in Place() } }

  /// To be called by a worker as it begins a task: notes where it runs, and moves it if that is another's processor.
  func settle(_ worker: Int) {
    places[worker].thread = rk_thread()
    leaveOthers(worker)
  }

  /// The same of a worker that was asleep in the midst of a task.
  func settleAgain() {
    let thread = rk_thread()
    if let worker = places.firstIndex(where: { $0.thread == thread }) { leaveOthers(worker) }
  }

  private func leaveOthers(_ worker: Int) {
    let place = places[worker]
    place.processor = rk_processor()
    let here = place.processor
    let isShared = places.indices.contains { $0 != worker && places[$0].processor == here }
    guard here >= 0, isShared, place.mayMove() else { return }
    // The caller's thread is not ours: it may run where it could. Workers may run where the caller may, but where others are.
    let hasMoved = unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: places.count) { taken in
      for other in places.indices { unsafe taken[other] = other == worker ? -1 : places[other].processor }
      return unsafe rk_keep_off(places[0].thread, taken.count, taken.baseAddress!, worker == 0)
    }
    guard hasMoved else { return }
    place.processor = rk_processor()
  }
}

/// Where one worker runs.
private final class Place: Sendable {
  /// A move takes some tens of microseconds, and is in vain where the system moves threads back.
  private static let leastPause = Duration.microseconds(500)

  private let running = Atomic<UInt64>(0)
  private let current = Atomic<Int32>(-1)
  private let moved = Mutex<ContinuousClock.Instant?>(nil)

  var thread: UInt64 {
    get { running.load(ordering: .relaxed) }
    set { if newValue != thread { running.store(newValue, ordering: .relaxed) } }
  }

  /// Negative where it is not known.
  var processor: Int32 {
    get { current.load(ordering: .relaxed) }
    set { if newValue != processor { current.store(newValue, ordering: .relaxed) } }
  }

  /// Whether the last move is long ago; if so, there is one now.
  func mayMove() -> Bool {
    moved.withLock { last in
      let now = ContinuousClock.now
      if let last, now - last < Self.leastPause { return false }
      last = now
      return true
    }
  }
}
