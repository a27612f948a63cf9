import Foundation
import Synchronization

/// The first signal that came, for a handler to set: hence no part of a type.
private let received = Atomic<CInt>(0)

/// Ctrl-C and SIGTERM: the first is noted, for the training to stop in good order; the second ends the process at once.
enum Interruption {
  /// The signal that came, if one did.
  static var signal: CInt? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// At the start of the process. Lets writes to a pipe without reader, or beyond a limit,
  /// fail instead of ending the process, and lets
  /// Ctrl-C and SIGTERM through: a parent with threads (Foundation's `Process`) may start us with both blocked.
  static func prepare() {
    _ = Foundation.signal(SIGPIPE, SIG_IGN)
    // A write beyond the limit on the size of files (ulimit -f) is then an error like that of a full disk.
    _ = Foundation.signal(SIGXFSZ, SIG_IGN)
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// From now on a signal is noted.
  static func watch() {
    // Makes sure that the variable exists before a handler needs it.
    received.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      _ = Foundation.signal(number) { number in
        let isFirst = received.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
        if !isFirst { _exit(128 + number) }
      }
    }
  }
}
