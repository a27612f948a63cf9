import Testing

import Tables

/// Times of day without dates, and years that begin in one and end in the next.
struct ClockTests {
  private func next(_ labels: [String], count: Int = 2) throws -> [String] {
    let series = try series(timed(labels))
    return (0..<count).map { series.time.label(series.count + $0) }
  }

  @Test(arguments: [
    (["08:00", "08:30", "09:00"], ["09:30", "10:00"]), (["22:00", "23:00", "00:00", "01:00"], ["02:00", "03:00"]),
    (["8:00", "9:00", "10:00"], ["11:00", "12:00"]), (["21:59:30", "22:00:00", "22:00:30"], ["22:01:00", "22:01:30"]),
    (["9:00 AM", "10:00 AM", "11:00 AM"], ["12:00 PM", "1:00 PM"]), (["22:00", "23:00", "24:00"], ["01:00", "02:00"]),
    (["03:00", "02:00", "01:00", "00:00", "23:00"], ["04:00", "05:00"]),
    (["FY1971", "FY1972", "FY1973"], ["FY1974", "FY1975"]), (["1971/72", "1972/73"], ["1973/74", "1974/75"]),
    (["1998/99", "1999/00", "2000/01"], ["2001/02", "2002/03"]),
    (["2000-01", "2001-02", "2002-03"], ["2003-04", "2004-05"]),
    (["1998-1999", "1999-2000"], ["2000-2001", "2001-2002"]), (["FY98", "FY99", "FY00"], ["FY01", "FY02"]),
    (["2009-10", "2009-11", "2009-12"], ["2010-01", "2010-02"]), (["2000-01", "2000-02"], ["2000-03", "2000-04"]),
    (["2009-10", "2010-11"], ["2011-12", "2012-13"]),
  ])
  func goOn(labels: [String], expected: [String]) throws { #expect(try next(labels) == expected, "\(labels)") }

  @Test func days() throws {
    let labels = (0..<72).map { "\($0 % 24 < 10 ? "0" : "")\($0 % 24):00" }
    let series = try series(timed(labels))
    #expect(series.time.seasons == [24, 168] && series.time.label(72) == "00:00")
    #expect(said(series.remarks).contains("hours"))
    // A date beside them is the time.
    let dated = "clock,day,x\n08:00,2001-02-03,1\n08:00,2001-02-04,2\n"
    #expect(try Tables.Series(table(dated), columns: nil, SeriesReading()).time.label(2) == "2001-02-05")
  }

  @Test func whatCannotGoOn() throws {
    let names = try series(timed(["ant", "bee", "cat"])).time
    #expect(!names.isNamed(3) && names.isNamed(2))
    #expect(try series("x\n1\n2\n").time.isNamed(5))
    #expect(try !series(timed(["9999-12-30", "9999-12-31"])).time.isNamed(2))
  }
}
