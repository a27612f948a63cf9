import Testing

import Tables

/// Rows that are not one after the other: seen, said, and settled or refused.
struct OrderTests {
  private let days = (1...9).map { "2020-01-0\($0)" }

  @Test func newestFirst() throws {
    let series = try series(timed(days.reversed()))
    #expect(series.values == (0..<9).reversed().map(Double.init) && series.time.label(9) == "2020-01-10")
    #expect(series.time.label(0) == "2020-01-01" && said(series.remarks).contains("newest first: turned round"))
  }

  @Test func shuffled() throws {
    let series = try series(timed([days[1], days[0], days[2]]))
    #expect(series.values == [1, 0, 2] && said(series.remarks).contains("not in the order of time: sorted"))
  }

  @Test func doubles() throws {
    let text = timed(Array(days[0..<3]) + [days[2]] + days[3...])
    expectRefusal("column \"t\"", "2020-01-03 is the time of lines 4 and 5", "--duplicates mean") { try series(text) }
    for (policy, value) in [(DuplicatePolicy.first, 2.0), (.last, 3), (.mean, 2.5), (.sum, 5)] {
      let series = try series(text) { $0.duplicates = policy }
      #expect(series.values[2] == value && series.count == 9)
      #expect(said(series.remarks).contains("the \(policy) of each time"))
    }
    expectRefusal("--series-column", "--duplicates") { try series(timed(days + days)) }
  }

  @Test func gaps() throws {
    let text = timed(Array(days[0..<3] + days[5...]))
    expectRefusal("2 times are missing, the first 2020-01-04, after line 4", "--missing interpolate", "--gaps ignore") {
      try series(text)
    }
    let filled = try series(text) { $0.missing = .interpolate }
    #expect(filled.count == 9 && filled.isKnown == [true, true, true, false, false, true, true, true, true])
    #expect(filled.values == [0, 1, 2, 2 + 1.0 / 3, 2 + 2.0 / 3, 3, 4, 5, 6] && filled.time.label(4) == "2020-01-05")
    let ignored = try series(text) { $0.gaps = .ignore }
    #expect(ignored.count == 7 && ignored.time.label(7) == "2020-01-10" && ignored.time.label(3) == "2020-01-06")
    let dropped = try series(text) { $0.missing = .drop }
    #expect(dropped.values == ignored.values && dropped.time.label(7) == "2020-01-10")
    #expect(said(ignored.remarks).contains("2 times are missing, the first 2020-01-04: the rows follow each other"))
    expectRefusal("--gaps ignore") { try series(text) { ($0.missing, $0.gaps) = (.interpolate, .refuse) } }
  }

  @Test func gapsOfNumbers() throws {
    let text = timed(["1", "2", "3", "5", "6"])
    expectRefusal("1 time is missing, 4, after line 4") { try series(text) }
    #expect(try series(text) { $0.missing = .interpolate }.time.label(5) == "6")
    #expect(try series(text) { $0.gaps = .ignore }.time.label(5) == "7")
    #expect(try series(text) { $0.missing = .drop }.time.label(5) == "7")
  }

  @Test func holidays() throws {
    let days = [6, 7, 8, 9, 10, 13, 14, 16, 17, 20, 21].map { "2020-01-\($0 < 10 ? "0" : "")\($0)" }
    let series = try series(timed(days))
    #expect(series.count == 11 && series.time.label(11) == "2020-01-22" && series.time.seasons == [5])
    #expect(said(series.remarks).contains("1 time is missing, 2020-01-15: taken for holidays"))
    let filled = try withHolidays(timed(days))
    #expect(filled.count == 12)
  }

  private func withHolidays(_ text: String) throws -> Series {
    try series(text) { ($0.gaps, $0.missing) = (.fill, .interpolate) }
  }

  @Test func noTime() {
    expectRefusal("line 3, column \"t\": the time is missing") { try series("t,x\n2020-01-01,1\n,2\n2020-01-03,3\n") }
  }

  @Test func aRowThatIsNone() throws {
    expectRefusal("line 11, column \"t\"", "\"Total\" is no date like the others", "--time-column") {
      try series(timed(days + ["Total"]))
    }
    let few = try series(timed(["2001-01-29", "2001-02-29", "2001-03-29"]))
    #expect(said(few.remarks).contains("rows are counted: \"2001-02-29\" in line 3 is no date"))
    #expect(said(try series(timed(["2020-01-01", "2/1/2020"])).remarks).contains("written in several ways"))
  }
}
