/// Whether workers that meet again and again lose more by waiting for each other than they win. Where another program has a
/// processor, whoever is waited for may not run, and every meeting of a call takes a sleep and an awakening: calls then last
/// up to thirty times as long as alone. Results do not depend on it.
///
/// Of w workers in a time t, w·t less the time that they slept is what was worked, and about what one alone would have taken.
/// Where that is not a tenth more than t, the difference is lost: some of the work was to sleep and to wake. Once more than a
/// little is lost in all, of calls that lose and win, the next ones are taken alone, for so long that trying again costs
/// little.
package struct CrowdWatch: Sendable {
  /// What a worker may lose that was woken late, or in the wrong place (`WorkerPlaces`).
  private static let tolerated = Duration.milliseconds(1)
  /// How much longer than the crowded calls the next ones are taken alone: after each pause that follows before as much time
  /// went well as the last one took, twice as much. Neighbours that are soon gone cost little so, and of trials in vain
  /// the later ones next to nothing.
  private static let pauses = 4...128
  private static let longestPause = Duration.seconds(10)

  private var pause = pauses.lowerBound
  /// The last pause, over or not.
  private var aloneUntil: ContinuousClock.Instant?
  private var alone = Duration.zero
  /// What was lost and not won again, and what the calls took in which it was.
  private var lost = Duration.zero
  private var taken = Duration.zero

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
    lost += asleep - time * (workers - 1) + time / 10
    taken += time
    if lost <= .zero {
      (lost, taken) = (.zero, .zero)
      if let until = aloneUntil, end - until > alone { (pause, aloneUntil) = (Self.pauses.lowerBound, nil) }
    } else if lost > Self.tolerated {
      alone = min(taken * pause, Self.longestPause)
      aloneUntil = end + alone
      pause = min(2 * pause, Self.pauses.upperBound)
      (lost, taken) = (.zero, .zero)
    }
  }
}
