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
    #expect(try read(labels).time.label(3) == "01/04/2020")
    #expect(said(try read(labels).remarks).contains("nothing shows the order (--date-order"))
    #expect(try read(labels, .dmy).time.seasons == [12])
    #expect(try read(labels.map { $0.replacing("/", with: ".") }).time.seasons == [12])
    expectRefusal("cannot be dmy", "--date-order") { try read(["01/13/2020", "01/14/2020"], .dmy) }
  }
}
