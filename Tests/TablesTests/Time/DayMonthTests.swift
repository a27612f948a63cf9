import Testing

import Tables

/// Which of two numbers is the day, by what all dates show together.
struct DayMonthTests {
  private func read(_ labels: [String], _ order: DateOrder? = nil) throws -> Series {
    try series(timed(labels)) { $0.dateOrder = order }
  }

  @Test func aDayBeyondTwelve() throws {
    let months = try read(["01/12/2020", "01/13/2020"])
    #expect(
      months.time.label(2) == "01/14/2020" && said(months.remarks).contains("month, day, year, as 01/13/2020 shows"))
    let days = try read(["12/01/2020", "13/01/2020"])
    #expect(days.time.label(2) == "14/01/2020" && said(days.remarks).contains("day, month, year, as 13/01/2020 shows"))
  }

  @Test func evenSteps() throws {
    let labels = (0..<24).map { "01/\($0 % 12 < 9 ? "0" : "")\($0 % 12 + 1)/\(2019 + $0 / 12)" }
    let series = try read(labels)
    #expect(series.time.label(24) == "01/01/2021" && series.time.seasons == [12])
    #expect(said(series.remarks).contains("day, month, year because the steps are even so"))
  }

  @Test func nothingShows() throws {
    let labels = ["01/01/2020", "01/02/2020", "01/03/2020"]
    expectRefusal("01/03/2020", "--date-order dmy or --date-order mdy") { try read(labels) }
    #expect(try read(labels, .mdy).time.label(3) == "01/04/2020")
    #expect(try read(labels, .dmy).time.seasons == [12])
    // Points stand where the day is first.
    #expect(try read(labels.map { $0.replacing("/", with: ".") }).time.seasons == [12])
    expectRefusal("cannot be dmy", "--date-order") { try read(["01/13/2020", "01/14/2020"], .dmy) }
  }

  @Test func rowsThatRise() throws {
    // As days, months and years these rise by a day; in the other orders they jump about, or are no dates.
    let rising = try read(["30/01/03", "31/01/03", "01/02/03", "02/02/03"])
    #expect(rising.time.label(4) == "03/02/03")
    let years = try read(["03/01/30", "03/01/31", "03/02/01", "03/02/02"])
    #expect(years.time.label(4) == "03/02/03" && said(years.remarks).contains("year, month, day"))
    expectRefusal("--date-order") { try read(["01/02/03", "01/02/04", "01/02/05"]) }
    #expect(try read(["01/02/03", "01/02/04", "01/02/05"], .ymd).time.label(3) == "01/02/06")
    // Newest first.
    #expect(try read(["02/02/03", "01/02/03", "31/01/03", "30/01/03"]).time.label(4) == "03/02/03")
  }

  /// What one series does not show others do.
  @Test func severalSeries() throws {
    let rows = ["a,01/01/2020,1", "a,01/02/2020,2", "b,13/05/2020,1", "b,14/05/2020,2"]
    let collection = try SeriesCollection(
      table("unique_id,ds,y\n" + rows.joined(separator: "\n")), columns: nil, SeriesReading())
    #expect(collection.members.map { $0.series.time.label(2) } == ["01/03/2020", "15/05/2020"])
    #expect(said(collection.remarks).contains("day, month, year, as the dates of all series show"))
  }
}
