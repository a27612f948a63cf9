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
    #expect(TimeAxis(name: "t", labels: labels).seasons == [5])
  }

  @Test func positions() {
    let years = TimeAxis(name: "t", labels: ["2000-12-31", "2001-12-31", "2002-12-31"])
    #expect(years.title == "year" && abs(years.position(3) - 2003.997) < 0.001)
    let hours = TimeAxis(name: "t", labels: ["2000-12-31 22:00", "2000-12-31 23:00"])
    #expect(hours.title == "minutes from 2000-12-31 22:00" && hours.position(4) == 240)
    let days = TimeAxis(name: "t", labels: (1...9).map { "2000-12-0\($0)" })
    #expect(days.title == "days from 2000-12-01" && days.position(10) == 10)
    let uneven = TimeAxis(name: "t", labels: ["2000-12-01", "2000-12-02", "2000-12-11", "2001-01-30"])
    #expect(uneven.position(2) == 10 && uneven.position(3) == 60 && uneven.position(4) == 80)
    #expect(TimeAxis(rowCount: 3).position(0) == 1)
  }
}
