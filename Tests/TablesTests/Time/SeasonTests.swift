import Testing

import Tables

struct SeasonTests {
  @Test(arguments: [
    (["2001-01", "2001-02"], [12]), (["2001Q1", "2001Q2"], [4]), (["2001-01-01", "2001-01-08", "2001-01-15"], [52]),
    (["2001-01-01", "2001-01-02"], [7]), (["2001-01-01 00:00", "2001-01-01 01:00"], [24, 168]),
    (["2001-01-01 00:00", "2001-01-01 00:30"], [48, 336]), (["2001-01-01 00:00", "2001-01-01 00:15"], [96, 672]),
    (["2001-01-01 00:00", "2001-01-01 00:01"], [60, 1440]), (["2001-01-01 00:00:00", "2001-01-01 00:00:01"], [60]),
    (["2001-12-31", "2002-12-31"], []), (["2001", "2002"], []), (["1", "2"], []), (["x", "y"], []),
    (["2000.042", "2000.125", "2000.208"], [12]),
  ])
  func seasons(labels: [String], expected: [Int]) { #expect(TimeAxis(name: "t", labels: labels).seasons == expected) }

  @Test func businessDays() {
    let labels = (0..<4).flatMap { week in (3...7).map { "2020-02-\($0 + 7 * week < 10 ? "0" : "")\($0 + 7 * week)" } }
    let axis = TimeAxis(name: "t", labels: labels)
    #expect(axis.seasons == [5] && abs((axis.year ?? 0) - 260.9) < 0.1)
  }

  @Test(arguments: [
    (["2001-01-01", "2001-01-02"], 365.2425), (["2001-01-01", "2001-01-03"], 365.2425 / 2),
    (["2001-01-01", "2001-01-08"], nil), (["2001-01", "2001-02"], nil),
    (["2001-01-01 00:00", "2001-01-01 01:00"], nil),
    (["1", "2"], nil),
  ])
  func years(labels: [String], expected: Double?) { #expect(TimeAxis(name: "t", labels: labels).year == expected) }

  @Test func positions() {
    let years = TimeAxis(name: "t", labels: ["2000-12-31", "2001-12-31", "2002-12-31"])
    #expect(years.title == "t" && years.position(3) == 365 + 365 + 365)
    let hours = TimeAxis(name: "t", labels: ["2000-12-31 22:00", "2000-12-31 23:00"])
    #expect(hours.position(4) == 4.0 / 24)
    let days = TimeAxis(name: "t", labels: (1...9).map { "2000-12-0\($0)" })
    #expect(days.position(10) == 10)
    let uneven = TimeAxis(name: "t", labels: ["2000-12-01", "2000-12-02", "2000-12-11", "2001-01-30"])
    #expect(uneven.position(2) == 10 && uneven.position(3) == 60 && uneven.position(4) == 80)
    #expect(TimeAxis(rowCount: 3).position(0) == 1 && TimeAxis(rowCount: 3).title == "row")
  }

  /// The first and last rows of an axis, how many ticks there may be, and what stands there.
  @Test(arguments: [
    ("1949-01", "1960-12", 8, ["1950", "1952", "1954", "1956", "1958", "1960"], [""]),
    ("1749-01-01", "2008-01-01", 8, ["1750", "1800", "1850", "1900", "1950", "2000"], [""]),
    ("2019-03-02", "2019-09-02", 7, ["Apr", "May", "Jun", "Jul", "Aug", "Sep"], ["2019"]),
    ("2019-11-01", "2020-03-01", 5, ["Nov", "Dec", "Jan", "Feb", "Mar"], ["2019", "2020"]),
    ("2020-12-29", "2021-01-02", 6, ["Dec 29", "Dec 30", "Dec 31", "Jan 1", "Jan 2"], ["2020", "2021"]),
    ("2020-12-01", "2020-12-30", 6, ["Dec 7", "Dec 14", "Dec 21", "Dec 28"], ["2020"]),
    (
      "2020-12-31 18:00", "2021-01-01 06:00", 5, ["18:00", "21:00", "00:00", "03:00", "06:00"],
      ["2020-12-31", "2021-01-01"]
    ),
    ("2020-12-31 18:00:00", "2020-12-31 18:00:04", 5, (0...4).map { "18:00:0\($0)" }, ["2020-12-31"]),
    (
      "2020-12-31 18:00:00.0", "2020-12-31 18:00:00.4", 5, (0...4).map { "18:00:00.\($0)" }, ["2020-12-31"]
    ),
  ])
  func ticks(first: String, last: String, count: Int, texts: [String], below: [String]) throws {
    let axis = TimeAxis(name: "t", labels: [first, last])
    let ticks = try #require(axis.ticks(0...axis.position(1), count: count))
    #expect(ticks.map(\.text) == texts)
    #expect(ticks.map(\.below).filter { !$0.isEmpty } == below.filter { !$0.isEmpty })
    #expect(ticks.allSatisfy { (0...axis.position(1)).contains($0.position) })
  }

  @Test func ticksOfAnything() {
    #expect(TimeAxis(rowCount: 9).ticks(0...9, count: 5) == nil)
    let axis = TimeAxis(name: "t", labels: ["2000-01-01", "2000-01-02"])
    for range in [-1e300...1e300, 0...3e6, -1e6...0, 0...1e-12] as [ClosedRange<Double>] {
      #expect(axis.ticks(range, count: 5)?.count ?? 99 < 20)
    }
  }
}
