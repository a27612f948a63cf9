import Foundation
import Testing

import Tables

/// Rows at irregular times, gathered in periods.
struct PeriodTests {
  /// Of minutes past midnight of a day, and their values.
  private func rows(_ values: [(minute: Int, value: String)], day: String = "2026-03-02") -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "t,x\n" + values.map { "\(day) \(two($0.minute / 60)):\(two($0.minute % 60)),\($0.value)\n" }.joined()
  }

  private func every(_ name: String, _ aggregates: String = "mean") throws -> (inout SeriesReading) -> Void {
    var periods = try #require(Periods(name))
    let isTaken = periods.take(aggregates: aggregates)
    #expect(isTaken)
    return { [periods] reading in
      reading.periods = periods
      reading.missing = .interpolate
    }
  }

  /// Two or three rows in each of five hours, at no regular times.
  private let irregular = [
    (3, "1"), (21, "2"), (50, "6"), (61, "4"), (117, "8"), (125, "5"), (131, "5"), (178, "11"), (190, "3"), (239, "4"),
    (240, "7"), (299, "1"),
  ]

  @Test(arguments: [
    (Aggregate.mean, [3.0, 6, 7, 3.5, 4]), (.sum, [9, 12, 21, 7, 8]), (.count, [3, 2, 3, 2, 2]),
    (.first, [1, 4, 5, 3, 7]),
    (.last, [6, 8, 11, 4, 1]), (.min, [1, 4, 5, 3, 1]), (.max, [6, 8, 11, 4, 7]), (.median, [2, 6, 5, 3.5, 4]),
  ])
  func aggregates(_ aggregate: Aggregate, _ expected: [Double]) throws {
    let series = try series(rows(irregular), every("1h", aggregate.rawValue))
    #expect(series.values == expected)
    #expect(series.time.label(0) == "2026-03-02 00:00" && series.time.label(5) == "2026-03-02 05:00")
    #expect(
      said(series.remarks).contains(
        "12 rows at irregular times, median distance 18 min; \(aggregate) of every 1h, 5 periods"))
    // Newest first, and shuffled: the same.
    for order in [Array(irregular.reversed()), irregular.sorted { ($0.0 * 7) % 31 < ($1.0 * 7) % 31 }] {
      #expect(try self.series(rows(order), every("1h", aggregate.rawValue)).values == expected)
    }
  }

  private func series(_ text: String, _ change: (inout SeriesReading) -> Void) throws -> Series {
    try TablesTests.series(text, columns: nil, change)
  }

  @Test func refusals() throws {
    expectRefusal(
      "column \"t\"", "12 rows at irregular times, median distance 18 min", "--every", "--aggregate mean",
      "--gaps ignore"
    ) {
      try TablesTests.series(rows(irregular))
    }
    let counted = try TablesTests.series(rows(irregular)) { $0.gaps = .ignore }
    #expect(counted.count == 12 && said(counted.remarks).contains("uneven steps; the rows follow each other"))
    let doubled = rows(irregular + [(299, "2"), (299, "3")])
    expectRefusal("2 of them at the time of another", "--gaps ignore --duplicates mean") {
      try TablesTests.series(doubled)
    }
    expectRefusal("all of them lie in 1 of the periods of --every D", "--every", "makes more") {
      try series(rows(irregular), every("D"))
    }
    expectRefusal("periods of --every 1s are without rows", "--every 3h, for instance, leaves fewer") {
      try series(rows((0..<40).flatMap { hour in hour < 24 ? [(60 * hour + hour % 7, "1")] : [] }), every("1s"))
    }
    expectRefusal("--every 60 says no unit", "--every", "for instance") { try series(rows(irregular), every("60")) }
    expectRefusal("the column holds numbers", "--every 50, for instance") {
      try series("t,x\n0,1\n17,2\n41,3\n62,4\n77,5\n101,6\n122,7\n141,2\n160,9\n", every("1h"))
    }
    expectRefusal("no time that could lie in periods") { try series("t,x\na,1\nb,2\nc,3\n", every("1h")) }
    expectRefusal("no column of times") { try series("x\n1\n2\n3\n", every("1h")) }
    expectRefusal("column \"z\"", "no such column") { try series(rows(irregular), every("1h", "mean,z=sum")) }
  }

  @Test func texts() throws {
    for name in ["0", "7bananas", "7 bananas", "", "-1", "nan", "inf", "1x"] {
      #expect(Periods(name) == nil, "\(name)")
    }
    var periods = try #require(Periods("15min"))
    for text in ["", "avg", "mean,", "x=", "=sum", "x=avg"] {
      let isTaken = periods.take(aggregates: text)
      #expect(!isTaken, "\(text)")
    }
    let isTaken = periods.take(aggregates: "sum,price=last,a=b=max")
    #expect(isTaken && periods.aggregatesText == "sum,a=b=max,price=last" && periods.name == "15min")
  }

  @Test func emptyPeriods() throws {
    let text = rows(irregular.filter { !(120..<180).contains($0.0) })
    let mean = try series(text, every("1h"))
    #expect(mean.isKnown == [true, true, false, true, true] && mean.values[2] == 4.75)
    #expect(said(mean.remarks).contains("1 without rows: taken as missing values"))
    let sum = try series(text, every("1h", "sum"))
    #expect(sum.values == [9, 12, 0, 7, 8] && sum.isKnown.allSatisfy { known in known })
    #expect(said(sum.remarks).contains("1 without rows: 0 (--gaps fill: missing values)"))
    let (hours, sums) = (try every("1h"), try every("1h", "sum"))
    let filled = try series(text) {
      sums(&$0)
      $0.gaps = .fill
    }
    #expect(filled.isKnown == mean.isKnown)
    let ignored = try series(text) {
      hours(&$0)
      $0.gaps = .ignore
    }
    #expect(
      ignored.values == [3, 6, 3.5, 4] && ignored.time.label(2) == "2026-03-02 03:00"
        && ignored.time.label(4) == "2026-03-02 05:00")
    expectRefusal("1 of 5 periods of --every 1h are without rows", "--missing interpolate") {
      try series(text) {
        hours(&$0)
        $0.missing = .refuse
      }
    }
    // A row whose value is missing is no value, and none to count.
    let holes = rows(irregular.map { $0.0 == 50 || (120..<180).contains($0.0) ? ($0.0, "") : $0 })
    #expect(try series(holes, every("1h", "count")).values == [2, 2, 0, 2, 2])
    #expect(try series(holes, every("1h", "sum")).isKnown == [true, true, false, true, true])
  }

  /// What is not whole at the ends is left out.
  @Test func parts() throws {
    let whole = (0..<6).flatMap { hour in (0..<12).map { (60 * hour + 5 * $0, "\(hour)") } }
    #expect(try series(rows(whole), every("1h")).values == [0, 1, 2, 3, 4, 5])
    let cut = try series(rows(Array(whole.dropFirst(7).dropLast(5))), every("1h"))
    #expect(cut.values == [1, 2, 3, 4] && cut.time.label(4) == "2026-03-02 05:00")
    #expect(said(cut.remarks).contains("without the first, which is not whole, without the last, which is not whole"))
  }

  /// Days, weeks and months are those of the calendar, whatever the table begins with.
  @Test(arguments: [
    ("D", ["2026-03-05", "2026-03-06"]), ("W", ["2026-03-02", "2026-03-09"]), ("W-SAT", ["2026-03-01", "2026-03-08"]),
    ("MS", ["2026-03-01", "2026-04-01"]), ("M", ["2026-03-01", "2026-04-01"]), ("QE", ["2026-01-01", "2026-04-01"]),
    ("Q-NOV", ["2026-03-01", "2026-06-01"]), ("YE", ["2026-01-01", "2027-01-01"]),
    ("B", ["2026-03-05", "2026-03-06", "2026-03-09"]),
    ("2D", ["2026-03-04", "2026-03-06"]), ("6h", ["2026-03-05 06:00", "2026-03-05 12:00"]),
  ])
  func calendar(_ name: String, _ labels: [String]) throws {
    // Every 50 minutes or so for 500 days, from a Thursday on; each row's value is its number.
    let format = ISO8601DateFormatter()
    // 2026-03-05 08:07
    let start = Date(timeIntervalSince1970: 1_772_698_020)
    var text = "t,x\n"
    var minute = 0
    for count in 0..<14_000 {
      text += "\(format.string(from: start + 60 * Double(minute)).prefix(16).replacing("T", with: " ")),\(count)\n"
      minute += 50 + count % 3
    }
    let series = try series(text, every(name, "first"))
    let known = (0..<series.count).map(series.time.label)
    // The first may be no whole period.
    #expect(
      Array(known.prefix(labels.count)) == labels || Array(known.prefix(labels.count - 1)) == Array(labels.dropFirst()),
      "\(known.prefix(3))")
    #expect(zip(series.values, series.values.dropFirst()).allSatisfy { $0 < $1 })
    #expect(series.time.step != nil)
  }

  @Test func clocksThatAreChanged() throws {
    // The clock is put forward on March 29: days are those of the clock.
    var text = "t,x\n"
    for day in 26...31 {
      for (hour, minute) in [(0, 10), (7, 41), (13, 2), (23, 50)] {
        let zone = day < 29 || (day == 29 && hour < 2) ? "+01:00" : "+02:00"
        text += "2026-03-\(day)T\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute):00\(zone),\(day)\n"
      }
    }
    let series = try series(text, every("D"))
    #expect(
      series.values == [26, 27, 28, 29, 30, 31] && series.time.label(0) == "2026-03-26"
        && series.time.label(6) == "2026-04-01")
  }

  @Test func numbers() throws {
    let text =
      "t,x\n" + [0, 17, 41, 62, 77, 101, 122, 141, 160, 175, 181].enumerated().map { "\($1),\($0)\n" }.joined()
    let series = try series(text, every("60"))
    #expect(series.values == [1, 4, 7.5] && series.time.label(3) == "180")
    #expect(said(try TablesTests.series(text).remarks).contains("rows are counted; --every 20 makes"))
    let fractions = "t,x\n" + (0..<40).map { "\(Double($0 * $0 % 7) / 100 + Double($0) / 4),\($0 / 4)\n" }.joined()
    let seconds = try self.series(fractions, every("0.5"))
    #expect(seconds.time.label(1) == "0.5" && seconds.time.label(seconds.count) == "10")
  }

  @Test func otherColumns() throws {
    let text =
      "t,sold,price,kind\n"
      + irregular.map { "2026-03-02 0\($0.0 / 60):\($0.0 % 60 < 10 ? "0" : "")\($0.0 % 60),\($0.1),\($0.0),a\n" }
      .joined()
    let sums = try every("1h", "sum,price=last")
    let series = try TablesTests.series(text, columns: ["sold"]) {
      sums(&$0)
      $0.covariates = ["price"]
    }
    #expect(series.values == [9, 12, 21, 7, 8] && series.covariateValues == [50, 117, 178, 239, 299])
    let counts = try every("1h", "count")
    #expect(try TablesTests.series(text, columns: ["kind"], counts).values == [3, 2, 3, 2, 2])
    // A table of times alone.
    let times = "t\n" + text.split(separator: "\n").dropFirst().map { $0.prefix(16) + "\n" }.joined()
    #expect(try self.series(times, counts).values == [3, 2, 3, 2, 2])
  }

  /// Where nothing was sold of one thing while others were, that was nothing.
  @Test func severalSeries() throws {
    var text = "unique_id,ds,y\n"
    for minute in stride(from: 0, to: 600, by: 7) {
      for name in ["a", "b"] where name == "a" || (120..<300).contains(minute) {
        text += "\(name),2026-03-02 0\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60),1\n"
      }
    }
    let collection = try SeriesCollection(table(text), columns: nil, reading(every("1h", "count")))
    let (a, b) = (collection.members[0].series, collection.members[1].series)
    #expect(
      a.count == 10 && b.count == 8 && b.time.label(0) == "2026-03-02 02:00" && b.values.suffix(5) == [0, 0, 0, 0, 0])
    #expect(TimeAxis.starts([a.time, b.time]) == [0, 2])
    #expect(
      said(collection.remarks).contains(
        "rows of 2 series; count of every 1h, 18 periods called by their beginning; 5 without rows: 0"))
  }

  private func reading(_ change: (inout SeriesReading) -> Void) -> SeriesReading {
    var reading = SeriesReading()
    change(&reading)
    return reading
  }

  /// Rows to come are gathered, too.
  @Test func rowsToCome() throws {
    let known = (0..<50).map { "2026-03-02 0\($0 / 6):\($0 % 6)\($0 % 4),\($0),\($0 % 2)\n" }.joined()
    let coming = ["08:30", "09:00", "09:15", "10:05"].enumerated().map { "2026-03-02 \($1),,\($0)\n" }.joined()
    let hours = try every("1h", "sum")
    let series = try TablesTests.series("t,x,p\n" + known + coming, columns: ["x"]) {
      hours(&$0)
      $0.covariates = ["p"]
    }
    #expect(series.count == 9 && series.futureCount == 2 && series.covariateValues.suffix(2) == [1.5, 3])
    #expect(series.time.label(9) == "2026-03-02 09:00")
  }
}
