import Testing

import Tables

/// Steps by name, old names and new.
struct FrequencyTests {
  @Test(arguments: [
    (["M", "ME"], ["2020-01-31", "2020-02-29"], "2020-03-31"), (["MS"], ["2020-01-01", "2020-02-01"], "2020-03-01"),
    (["Q", "QE", "Q-DEC", "QE-DEC"], ["2020-03-31", "2020-06-30"], "2020-09-30"),
    (["QS", "QS-OCT"], ["2020-01-01", "2020-04-01"], "2020-07-01"), (["Q-NOV"], ["2020-02-29"], "2020-05-31"),
    (["Y", "A", "YE", "A-DEC"], ["2020-12-31"], "2021-12-31"), (["YS", "AS"], ["2020-01-01"], "2021-01-01"),
    (["W", "W-SUN"], ["2020-01-05"], "2020-01-12"), (["W-WED"], ["2020-01-01"], "2020-01-08"),
    (["D"], ["2020-02-28"], "2020-02-29"),
    (["B"], ["2020-01-03"], "2020-01-06"), (["H", "h", "60min"], ["2020-01-01 23:00"], "2020-01-02 00:00"),
    (["15min", "15T"], ["2020-01-01 23:45"], "2020-01-02 00:00"),
    (["S", "s"], ["2020-01-01 00:00:59"], "2020-01-01 00:01:00"),
    (["BME"], ["2020-01-31"], "2020-02-28"), (["BMS"], ["2020-01-01"], "2020-02-03"),
    (["2W"], ["2020-01-05"], "2020-01-19"),
    (["M", "MS", "monthly"], ["2020-01"], "2020-02"), (["Q", "QS"], ["2020Q4"], "2021Q1"),
    (["monthly"], ["2020-01-15"], "2020-02-15"),
    (["3M"], ["2020-11-30"], "2021-02-28"),
  ])
  func names(names: [String], labels: [String], next: String) throws {
    for name in names {
      let frequency = try #require(Frequency(name), "\(name)")
      let series = try series(timed(labels)) { ($0.frequency, $0.timeColumns) = (frequency, ["t"]) }
      #expect(series.time.label(series.count) == next, "\(name)")
    }
  }

  @Test(arguments: ["", "X", "0D", "W-XYZ", "D-MON", "M-", "1.5h", "-1D", "99999999999999999999D", "2B"])
  func noFrequency(name: String) { #expect(Frequency(name) == nil) }

  @Test func whatDoesNotSuit() {
    func read(_ name: String, _ labels: [String]) throws -> Series {
      try series(timed(labels)) { ($0.frequency, $0.timeColumns) = (Frequency(name), ["t"]) }
    }
    expectRefusal("line 2", "2020-01-01 is none of the times of --frequency M", "the rows are months") {
      try read("M", ["2020-01-01", "2020-02-01"])
    }
    expectRefusal("line 4", "2020-01-02") {
      try read("2D", ["2019-12-30", "2020-01-01", "2020-01-02"])
    }
    expectRefusal("line 2", "W-SUN") { try read("W-SUN", ["2020-01-06", "2020-01-13"]) }
    expectRefusal("line 2", "is no time") { try read("D", ["a", "b"]) }
    expectRefusal("numbers") { try read("D", ["1", "2"]) }
  }

  @Test func gapsOfAStepThatIsAskedFor() throws {
    let labels = ["2020-01-01", "2020-01-05", "2020-01-06", "2020-01-20"]
    let filled = try series(timed(labels)) {
      ($0.frequency, $0.missing, $0.timeColumns) = (Frequency("D"), .interpolate, ["t"])
    }
    #expect(filled.count == 20 && filled.values[1] == 0.25 && filled.time.label(1) == "2020-01-02")
    #expect(filled.time.label(20) == "2020-01-21")
  }

  /// Times that would have one name are refused.
  @Test(arguments: [
    ("D", ["2001-01", "2001-02"]), ("D", ["Jan 2001", "Feb 2001"]), ("MS", ["2001Q1", "2001Q2"]),
    ("D", ["2001-W05", "2001-W06"]), ("h", ["2001-02-03", "2001-02-04"]),
    ("15min", ["2001-02-03 04", "2001-02-03 05"]),
    ("s", ["2001-02-03 04:05", "2001-02-03 04:06"]), ("ms", ["1000000000", "1000000001"]), ("s", ["08:00", "08:01"]),
  ])
  func finerThanItIsWritten(name: String, labels: [String]) {
    expectRefusal("--frequency \(name)", "is finer than the times are written", labels[1]) {
      try series(timed(labels)) { ($0.frequency, $0.timeColumns, $0.missing) = (Frequency(name), ["t"], .interpolate) }
    }
  }
}
