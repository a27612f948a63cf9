import Foundation

/// A day of the Gregorian calendar, and what lies whole months later.
struct CalendarDate: Hashable {
  let year: Int
  /// From 1.
  let month: Int
  /// From 1.
  let day: Int

  private init(year: Int, month: Int, day: Int) { (self.year, self.month, self.day) = (year, month, day) }

  /// 20010203 or 2001-02-03; nil for anything else, and for days that do not exist.
  init?(_ text: String) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    let hasDashes = text.utf8.count == 10 && text.split(separator: "-").map(\.count) == [4, 2, 2]
    guard digits.count == 8, hasDashes || text.utf8.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    self.init(year: number / 10000, month: number / 100 % 100, day: number % 100)
    guard year >= 1000, (1...12).contains(month), (1...Self.dayCount(year: year, month: month)).contains(day) else {
      return nil
    }
  }

  /// Of a number of days since 1970-01-01. A year is counted from March on, so that the leap day is its last.
  init(dayNumber day: Int) {
    func start(_ year: Int) -> Int { 365 * year + year / 4 - year / 100 + year / 400 - 719_468 }
    var year = (10_000 * (day + 719_468) + 14_780) / 3_652_425
    if start(year) > day { year -= 1 }
    let left = day - start(year)
    let month = (5 * left + 2) / 153
    self.init(
      year: month < 10 ? year : year + 1, month: month < 10 ? month + 3 : month - 9,
      day: left - (153 * month + 2) / 5 + 1)
  }

  /// - Parameters:
  ///   - month: from January of the year 0 on.
  ///   - day: where the month has no such day, its last is taken.
  init(monthNumber month: Int, day: Int) {
    let (year, number) = (month / 12, month % 12 + 1)
    self.init(year: year, month: number, day: min(day, Self.dayCount(year: year, month: number)))
  }

  /// Days since 1970-01-01.
  var dayNumber: Int {
    let year = month > 2 ? year : year - 1
    let monthOfYear = (month + 9) % 12
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * monthOfYear + 2) / 5 + day - 1 - 719_468
  }

  /// From January of the year 0 on.
  var monthNumber: Int { year * 12 + month - 1 }

  private static func dayCount(year: Int, month: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  func text(dashed: Bool) -> String { String(format: dashed ? "%04d-%02d-%02d" : "%04d%02d%02d", year, month, day) }
}
