/// The seasons of a panel: of each series, and that of what is the same for all.
struct PanelSeasons: Sendable {
  let own: [Season]
  let common: Season

  /// Series from which a season is guessed where the calendar says nothing.
  private static let mostLookedAt = 100

  init(_ series: [ObservedSeries], natural: [Int], threads: Int) throws(ForecastingError) {
    let natural = natural.isEmpty ? [try Self.guess(series, threads: threads)] : natural
    own = try SharedJobs.run(series.count, threads: threads) { Season.find(series[$0], natural: natural, given: nil).0 }
    let present = own.filter(\.isPresent)
    let longer = present.compactMap(\.longer)
    common = Season(
      period: max(1, natural[0]), isPresent: 3 * present.count >= own.count,
      longer: 2 * longer.count >= present.count ? longer.max() : nil)
  }

  /// The season that most series have that have one, if a third have it.
  private static func guess(_ series: [ObservedSeries], threads: Int) throws(ForecastingError) -> Int {
    let some = stride(from: 0, to: series.count, by: (series.count + mostLookedAt - 1) / mostLookedAt).map { $0 }
    let found = try SharedJobs.run(some.count, threads: threads) { Seasonality.period(of: series[some[$0]].values) }
    var counts: [Int: Int] = [:]
    for period in found where period > 1 { counts[period, default: 0] += 1 }
    let best = counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }
    return best.map { 3 * $0.value >= found.count ? $0.key : 1 } ?? 1
  }
}
