/// Whether workers that meet again and again lose more by waiting for each other than they win. Where another program has a
/// processor, whoever is waited for may not run, and every meeting of a call takes a sleep and an awakening: calls then last
/// up to thirty times as long as alone. Results do not depend on it.
///
/// Of w workers in a time t, w·t less the time that they slept is what was worked. Below t, one alone would have been
/// faster. After two such calls in succession the next ones are taken alone, for so long that trying again costs little: a
/// single one may be due to workers that were woken late, or in the wrong place (`WorkerPlaces`).
package struct CrowdWatch: Sendable {
  /// How much longer than the crowded calls the next ones are taken alone: after each that follows before as much time went well as
  /// the last pause took, twice as much. Neighbours that are soon gone cost little so, and of trials in vain the later ones
  /// next to nothing.
  private static let pauses = 4...128
  private static let longestPause = Duration.seconds(10)

  private var pause = pauses.lowerBound
  /// The last pause, over or not.
  private var aloneUntil: ContinuousClock.Instant?
  private var alone = Duration.zero
  /// What the last call took if it was crowded, and the one before was not.
  private var crowded: Duration?

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
      crowded = nil
      if let until = aloneUntil, end - until > alone { (pause, aloneUntil) = (Self.pauses.lowerBound, nil) }
      return
    }
    guard let before = crowded else {
      crowded = time
      return
    }
    crowded = nil
    alone = min((before + time) * pause, Self.longestPause)
    aloneUntil = end + alone
    pause = min(2 * pause, Self.pauses.upperBound)
  }
}
