/// Whether workers that meet again and again lose more by waiting for each other than they win. Where another program has a
/// processor, whoever is waited for may not run, and every meeting of a call takes a sleep and an awakening: calls then last
/// up to thirty times as long as alone. Results do not depend on it.
///
/// Of w workers in a time t, w·t less the time that they slept is what was worked. Below t, one alone would have been
/// faster. Then calls are taken alone, for so long that trying again costs little.
package struct CrowdWatch: Sendable {
  /// How much longer than the crowded call the next ones are taken alone: after each that follows at once twice as much. Neighbours
  /// that are soon gone cost little so, and of trials in vain the later ones next to nothing.
  private static let pauses = 4...128
  private static let longestPause = Duration.seconds(10)

  private var pause = pauses.lowerBound
  private var aloneUntil: ContinuousClock.Instant?

  package init() {}

  /// Whether a call that begins now is to be shared.
  package mutating func shares(at now: ContinuousClock.Instant) -> Bool {
    guard let until = aloneUntil, now < until else { return true }
    return false
  }

  /// Learns what a shared call took, and how long its workers slept, all together.
  package mutating func note(
    from start: ContinuousClock.Instant, to end: ContinuousClock.Instant, asleep: Duration, workers: Int
  ) {
    let time = end - start
    guard asleep > time * (workers - 1) else {
      (pause, aloneUntil) = (Self.pauses.lowerBound, nil)
      return
    }
    aloneUntil = end + min(time * pause, Self.longestPause)
    pause = min(2 * pause, Self.pauses.upperBound)
  }
}
