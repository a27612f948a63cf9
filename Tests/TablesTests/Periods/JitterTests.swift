import Testing

import Tables

/// Times of a regular series that are off by little.
struct JitterTests {
  /// Hours, each so many seconds late.
  private func hours(_ late: [Int], minute: Int = 0) -> [String] {
    late.enumerated().map { hour, late in
      let seconds = 3600 * hour + 60 * minute + late
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      return "2026-03-02 \(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }
  }

  @Test func hoursThatAreLate() throws {
    let series = try series(timed(hours([0, 3, 9, 1, 7, 2, 2, 5])))
    #expect(
      series.values == (0..<8).map(Double.init) && series.time.label(8) == "2026-03-02 08:00:00"
        && series.time.label(2) == "2026-03-02 02:00:00")
    #expect(series.time.seasons == [24, 168] && series.timing.frequency?.name == "1h")
    #expect(said(series.remarks).contains("t: hours, up to 9 s off: taken for the times that are meant"))
    // At five past each hour, that is meant.
    let later = try TablesTests.series(timed(hours([0, 3, 9, 1, 7, 2, 2, 5], minute: 5)))
    #expect(later.time.label(8) == "2026-03-02 08:05:00")
  }

  @Test func early() throws {
    let series = try series(timed(hours([60, 57, 62, 59, 61, 58, 60, 63], minute: 0)))
    #expect(series.time.label(8) == "2026-03-02 08:01:00")
  }

  @Test func gapsAmongThem() throws {
    var labels = hours([0, 3, 9, 1, 7, 2, 2, 5])
    labels.remove(at: 4)
    expectRefusal("1 time is missing, 2026-03-02 04:00:00") { try series(timed(labels)) }
    let filled = try series(timed(labels)) { $0.missing = .interpolate }
    #expect(filled.count == 8 && !filled.isKnown[4])
  }

  /// More than a tenth of a step is no jitter, nor is what drifts.
  @Test func irregular() throws {
    expectRefusal("at irregular times") { try series(timed(hours([0, 3, 500, 1, 7, 2, 2, 5]))) }
    expectRefusal("at irregular times") { try series(timed(hours((0..<20).map { 101 * $0 + $0 % 3 }))) }
  }

  /// One row of a series whose step is known.
  @Test func aRowAlone() throws {
    let frequency = try #require(Frequency("1h"))
    let series = try series(timed([hours([4])[0]])) { $0.frequency = frequency }
    #expect(series.time.label(0) == "2026-03-02 00:00:00" && series.time.label(1) == "2026-03-02 01:00:00")
    // Five minutes are no jitter.
    let other = try TablesTests.series(timed([hours([304])[0]])) { $0.frequency = frequency }
    #expect(other.time.label(1) == "2026-03-02 01:05:00")
  }
}
