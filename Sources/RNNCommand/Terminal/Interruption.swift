import Foundation
import Synchronization

/// The first signal that came, for a handler to set: hence no part of a type.
private let received = Atomic<CInt>(0)

/// Ctrl-C, SIGTERM and the end of the terminal (SIGHUP): the first is noted, for the training to stop in good order; the
/// second ends the process at once.
enum Interruption {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// The signal that came, if one did.
  static var signal: CInt? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// At the start of the process. Lets writes to a pipe without reader, or beyond a limit,
  /// fail instead of ending the process, and lets
  /// the signals through: a parent with threads (Foundation's `Process`) may start us with them blocked.
  static func prepare() {
    _ = Foundation.signal(SIGPIPE, SIG_IGN)
    // A write beyond the limit on the size of files (ulimit -f) is then an error like that of a full disk.
    _ = Foundation.signal(SIGXFSZ, SIG_IGN)
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in signals { unsafe sigaddset(&set, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// From now on a signal is noted. One that the process was started to ignore, as by nohup, stays ignored.
  static func watch() {
    // Makes sure that the variable exists before a handler needs it.
    received.store(0, ordering: .relaxed)
    for number in signals where !isIgnored(number) {
      _ = Foundation.signal(number) { number in
        let isFirst = received.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
        if !isFirst { _exit(128 + number) }
      }
    }
  }

  private static func isIgnored(_ number: CInt) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    return unsafe handler == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
