internal import CKernels

/// A number that grows by one with every event, and threads that wait for the next one (an eventcount: Reed and Kanodia,
/// Synchronization with eventcounts and sequencers, 1979). They spin at first and then sleep.
struct EventCount: ~Copyable, Sendable {
  private let count = CacheLine()
  private let sleepers = CacheLine()

  /// Events so far, modulo 2³². What was written before the last of them is seen afterwards.
  var value: UInt32 { count.value }

  /// One more event: whoever waits for it goes on.
  func advance() {
    // Either the sleeper sees the new number or we see the sleeper.
    count.add(1)
    if sleepers.value > 0 { unsafe rk_wake_sleepers(count.address) }
  }

  /// Waits until there are other events than `seen`.
  /// - Returns: their number, and whether the thread slept over it.
  func wait(beyond seen: UInt32, _ patience: Patience) -> (value: UInt32, slept: Bool) {
    // Most waits of workers in step end at once: nothing is measured then.
    for _ in 0..<Patience.firstSpins {
      let now = value
      if now != seen { return (now, false) }
      rk_spin_hint()
    }
    let start = ContinuousClock.now
    let end = start + patience.spin
    repeat {
      for _ in 0..<Patience.firstSpins {
        let now = value
        if now != seen {
          patience.note(slept: .zero)
          return (now, false)
        }
        rk_spin_hint()
      }
    } while ContinuousClock.now < end
    sleepers.add(1)
    var now = value
    while now == seen {
      unsafe rk_sleep_while_equal(count.address, seen)
      now = value
    }
    sleepers.add(.max)
    patience.note(spun: end - start, slept: ContinuousClock.now - end)
    return (now, true)
  }
}
