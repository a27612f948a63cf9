/// Whether calls are worth sharing among workers now, by the times that they take: a few microseconds are won where the
/// processors are free, and milliseconds lost where others have them. Which of them holds can change at any moment, and
/// nobody but the clock knows. Results do not depend on it.
///
/// A call is a step of a stream, or a small batch of a training; by the time of a row batches of different sizes compare.
/// Steps are taken alone at first. Now and then a few are shared on trial: if they are faster, sharing goes on until
/// some in short succession are slower than alone. Trials that fail become rarer.
package struct SharingTrial: Sendable {
  private enum State {
    /// - left: steps until the next trial.
    case alone(left: Int)
    /// - left: steps of the trial. The first ones are not counted: workers wake, and their caches do not know the weights.
    case trying(left: Int)
    /// - strikes: slow steps of late: each counts some, and a fast one takes one away.
    case shared(strikes: Int)
  }

  private static let trialSteps = 12
  private static let uncountedSteps = 4
  private static let shortestPause = 64
  private static let longestPause = 1 << 16
  private static let never = Duration.seconds(1 << 30)

  private var state = State.alone(left: 16)
  private var pause = shortestPause
  /// Of the steps that were taken so far.
  private var rows = 0
  /// About the least time of a step alone, of late.
  private var usual = never
  /// The least time of a step of the trial.
  private var best = never

  package init() {}

  /// Whether the next step, of so many rows, is to be shared.
  package mutating func shares(rows: Int) -> Bool {
    if rows != self.rows {
      // Nothing is known about such steps.
      self.rows = rows
      usual = Self.never
      state = .alone(left: 16)
    }
    if case .alone = state { return false }
    return true
  }

  /// Whether steps are shared at present, and not on trial only.
  package var isSharing: Bool {
    if case .shared = state { return true }
    return false
  }

  /// Learns what the step took.
  package mutating func note(_ time: Duration) {
    switch state {
    case .alone(let left):
      usual = min(usual + usual / 64, time)
      best = Self.never
      state = left > 1 ? .alone(left: left - 1) : .trying(left: Self.trialSteps)
    case .trying(let left):
      let counts = left <= Self.trialSteps - Self.uncountedSteps
      if counts { best = min(best, time) }
      if time > usual * (counts ? 2 : 8) {
        giveUp()
      } else if left > 1 {
        state = .trying(left: left - 1)
      } else if best * 10 < usual * 9 {
        pause = Self.shortestPause
        state = .shared(strikes: 0)
      } else {
        giveUp()
      }
    case .shared(let strikes):
      let now = time > usual * 8 ? strikes + 6 : time * 2 > usual * 3 ? strikes + 4 : max(0, strikes - 1)
      if now < 12 { state = .shared(strikes: now) } else { giveUp() }
    }
  }

  private mutating func giveUp() {
    state = .alone(left: pause)
    pause = min(4 * pause, Self.longestPause)
  }
}
