/// A day of the Gregorian calendar, and what lies whole months later.
struct CalendarDate: Hashable {
  let year: Int
  /// From 1.
  let month: Int
  /// From 1.
  let day: Int

  /// nil where there is no such day.
  init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), (1...Self.dayCount(year: year, month: month)).contains(day) else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Of a number of days since 1970-01-01. A year is counted from March on, so that the leap day is its last.
  init(dayNumber day: Int) {
    func start(_ year: Int) -> Int {
      365 * year + year.quotient(by: 4) - year.quotient(by: 100) + year.quotient(by: 400) - 719_468
    }
    var year = (10_000 * (day + 719_468) + 14_780).quotient(by: 3_652_425)
    if start(year) > day { year -= 1 }
    let left = day - start(year)
    let month = (5 * left + 2) / 153
    (self.year, self.month) = month < 10 ? (year, month + 3) : (year + 1, month - 9)
    self.day = left - (153 * month + 2) / 5 + 1
  }

  /// - Parameters:
  ///   - month: from January of the year 0 on.
  ///   - day: where the month has no such day, its last is taken.
  init(monthNumber month: Int, day: Int) {
    year = month.quotient(by: 12)
    self.month = month.remainder(by: 12) + 1
    self.day = min(day, Self.dayCount(year: year, month: self.month))
  }

  /// Days since 1970-01-01.
  var dayNumber: Int {
    let year = month > 2 ? year : year - 1
    let monthOfYear = (month + 9) % 12
    return 365 * year + year.quotient(by: 4) - year.quotient(by: 100) + year.quotient(by: 400)
      + (153 * monthOfYear + 2) / 5 + day - 1 - 719_468
  }

  /// From January of the year 0 on.
  var monthNumber: Int { year * 12 + month - 1 }

  var isMonthEnd: Bool { day == Self.dayCount(year: year, month: month) }

  static func dayCount(year: Int, month: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  /// The Monday of the first week after ISO 8601, as a day number: that of the year's first Thursday.
  static func firstMonday(ofWeekYear year: Int) -> Int {
    let fourth = CalendarDate(monthNumber: year * 12, day: 4).dayNumber
    return fourth - (Weekday.number(ofDay: fourth) - 1)
  }
}

enum Weekday {
  /// Monday is 1, Sunday 7.
  static func number(ofDay day: Int) -> Int { (day + 3).remainder(by: 7) + 1 }
}

extension Int {
  /// Rounded down, also where the number is negative.
  func quotient(by divisor: Int) -> Int { self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor) }

  func remainder(by divisor: Int) -> Int { self - quotient(by: divisor) * divisor }
}
