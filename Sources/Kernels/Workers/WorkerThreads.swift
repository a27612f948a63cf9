import Glibc
import Synchronization

/// The threads of a pool, from their start until the pool ends.
struct WorkerThreads: ~Copyable, Sendable {
  private let threads: [pthread_t]
  private let end: @Sendable () -> Void
  /// Forks before they were started.
  private let forks: Int

  /// Starts a thread for each worker.
  /// - Parameters:
  ///   - run: what each does, given its number.
  ///   - end: lets them return from it.
  init(
    _ workers: Range<Int>, run: @escaping @Sendable (Int) -> Void, end: @escaping @Sendable () -> Void
  ) throws(WorkerError) {
    _ = Fork.isWatched
    var threads: [pthread_t] = []
    var code: CInt = 0
    for worker in workers {
      let start = unsafe Unmanaged.passRetained(Start { run(worker) })
      var thread = pthread_t()
      code = unsafe pthread_create(
        &thread, nil,
        { context in
          unsafe Unmanaged<Start>.fromOpaque(context!).takeRetainedValue().run()
          return nil
        }, start.toOpaque())
      guard code == 0 else {
        unsafe start.release()
        break
      }
      threads.append(thread)
    }
    if code != 0 {
      end()
      for thread in threads { pthread_join(thread, nil) }
      throw WorkerError(started: threads.count, wanted: workers.count, code: code)
    }
    self.threads = threads
    self.end = end
    forks = Fork.count
  }

  /// Whether the process is a fork of the one that started them: threads do not go along.
  var areGone: Bool { Fork.count != forks }

  deinit {
    guard !areGone else { return }
    end()
    for thread in threads { pthread_join(thread, nil) }
  }
}

private final class Start {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// Forks of the process between the start of the first one and this one.
private enum Fork {
  /// Registers the counting, once.
  static let isWatched = pthread_atfork(nil, nil, { forks.add(1, ordering: .relaxed) }) == 0
  static var count: Int { forks.load(ordering: .relaxed) }
}

/// Set in a forked child before anything else runs there: hence no part of a type, which might have to be made first.
private let forks = Atomic<Int>(0)

/// The system starts no more threads: a limit on processes or on memory is reached.
package struct WorkerError: Error, Hashable {
  package let started: Int
  package let wanted: Int
  /// `errno`.
  package let code: CInt

  /// What the system says.
  package var reason: String { unsafe String(cString: strerror(code)) }
}
