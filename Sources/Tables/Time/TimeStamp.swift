/// A moment by the clock on the wall, or in universal time: microseconds since 1970-01-01, without leap seconds.
struct TimeStamp: Hashable, Comparable {
  static let day = 86_400_000_000
  static let hour = 3_600_000_000
  static let minute = 60_000_000
  static let second = 1_000_000

  let microseconds: Int

  init(microseconds: Int) { self.microseconds = microseconds }

  init(day: Int, timeOfDay: Int) { microseconds = day * Self.day + timeOfDay }

  /// Days since 1970-01-01.
  var day: Int { microseconds.quotient(by: Self.day) }

  /// Microseconds since midnight.
  var timeOfDay: Int { microseconds.remainder(by: Self.day) }

  var date: CalendarDate { CalendarDate(dayNumber: day) }

  static func < (left: TimeStamp, right: TimeStamp) -> Bool { left.microseconds < right.microseconds }

  /// nil beyond the years that can be written, 1 to 9999.
  func advanced(by microseconds: Int, times count: Int) -> TimeStamp? {
    let (way, isTooFar) = microseconds.multipliedReportingOverflow(by: count)
    let (sum, isTooLarge) = self.microseconds.addingReportingOverflow(way)
    return isTooFar || isTooLarge ? nil : TimeStamp(microseconds: sum).ifWritable
  }

  var ifWritable: TimeStamp? { microseconds >= Self.first && microseconds < Self.end ? self : nil }

  static let first = CalendarDate(monthNumber: 12, day: 1).dayNumber * day
  static let end = CalendarDate(monthNumber: 120_000, day: 1).dayNumber * day
}
