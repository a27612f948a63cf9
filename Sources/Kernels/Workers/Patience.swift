internal import Synchronization

/// How long threads that wait for each other spin before they sleep.
///
/// Where the processors are free, whoever is waited for comes in some microseconds, and to sleep and to be woken takes
/// longer. Where others have them, a thread that spins keeps the one that it waits for from running. Nobody but the clock
/// knows which it is: those who sleep long now and then spin less from then on, and more again when they no longer do.
final class Patience: Sendable {
  /// Looks at the number before the clock is asked, and between two questions.
  static let firstSpins = 16

  private static let shortest = Duration.microseconds(2)
  /// Of those who wait for the next task: about what it costs to sleep and to be woken, which is then at most doubled.
  private static let longestOfIdle = Duration.microseconds(50)
  /// Of those who wait for others' part of a task: whoever sleeps may be woken in the wrong place, too (`WorkerPlaces`).
  private static let longestOfTask = Duration.microseconds(200)
  /// Whoever is waited for so long does not run.
  private static let longSleep = Duration.microseconds(500)
  private static let waitsPerLook: UInt32 = 64
  private static let fewLongSleeps: UInt32 = 8

  private let longest: Duration
  /// In nanoseconds.
  private let current: Atomic<Int64>
  private let waits = Atomic<UInt32>(0)
  private let longSleeps = Atomic<UInt32>(0)
  /// Nanoseconds of all waits that ended in a sleep, the spinning before it included.
  private let asleep = Atomic<Int64>(0)

  /// - Parameters:
  ///   - isIdle: whether it is for the next task that they wait.
  ///   - isCrowded: whether there are more threads than processors for them: one that spins has another's.
  init(isIdle: Bool, isCrowded: Bool) {
    longest = isCrowded ? Self.shortest : isIdle ? Self.longestOfIdle : Self.longestOfTask
    current = Atomic(longest.nanoseconds)
  }

  /// How long to spin now.
  var spin: Duration { .nanoseconds(current.load(ordering: .relaxed)) }

  /// How long threads have waited that fell asleep over it, all together.
  var timeAsleep: Duration { .nanoseconds(asleep.load(ordering: .relaxed)) }

  /// Learns of a wait that did not end at once.
  /// - Parameters:
  ///   - spun: how long the thread spun.
  ///   - time: how long it slept then; zero if it did not.
  func note(spun: Duration = .zero, slept time: Duration) {
    if time > .zero { asleep.add((spun + time).nanoseconds, ordering: .relaxed) }
    if time > Self.longSleep { longSleeps.add(1, ordering: .relaxed) }
    guard waits.add(1, ordering: .relaxed).newValue % Self.waitsPerLook == 0 else { return }
    let long = longSleeps.exchange(0, ordering: .relaxed)
    if long > Self.fewLongSleeps {
      current.store(max(Self.shortest, spin / 2).nanoseconds, ordering: .relaxed)
    } else if long == 0 {
      current.store(min(longest, spin * 2).nanoseconds, ordering: .relaxed)
    }
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
