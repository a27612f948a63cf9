/// What lies between two rows of a table: always the same time, months, or the next of the times that a week has.
package enum TimeStep: Sendable, Hashable {
  case duration(microseconds: Int)
  case months(Int, MonthAnchor)
  /// Days of the week, and times of those days: business days, or the hours of a market.
  case week(WeekPattern)

  /// Which day of a month is meant.
  package enum MonthAnchor: Sendable, Hashable {
    /// Where a month has no such day, its last.
    case day(Int)
    case end
    /// The first and the last day from Monday to Friday.
    case businessStart, businessEnd

    func date(monthNumber month: Int) -> CalendarDate {
      switch self {
      case .day(let day): return CalendarDate(monthNumber: month, day: day)
      case .end: return CalendarDate(monthNumber: month, day: 31)
      case .businessStart:
        let first = CalendarDate(monthNumber: month, day: 1).dayNumber
        let weekday = Weekday.number(ofDay: first)
        return CalendarDate(dayNumber: weekday > 5 ? first + 8 - weekday : first)
      case .businessEnd:
        let last = CalendarDate(monthNumber: month, day: 31).dayNumber
        return CalendarDate(dayNumber: last - max(0, Weekday.number(ofDay: last) - 5))
      }
    }
  }

  static let day = TimeStep.duration(microseconds: TimeStamp.day)

  /// The stamp `count` steps after `start`, which is one of the step's; nil where it cannot be written.
  func stamp(_ count: Int, after start: TimeStamp) -> TimeStamp? {
    switch self {
    case .duration(let microseconds):
      return start.advanced(by: microseconds, times: count)
    case .months(let months, let anchor):
      let (way, overflow) = months.multipliedReportingOverflow(by: count)
      guard !overflow, abs(way) < 12 * 10_000 else { return nil }
      let date = anchor.date(monthNumber: start.date.monthNumber + way)
      return TimeStamp(day: date.dayNumber, timeOfDay: start.timeOfDay).ifWritable
    case .week(let pattern):
      guard let place = pattern.place(start), abs(count) < 4_000_000 else { return nil }
      return pattern.stamp(at: place + count).ifWritable
    }
  }

  /// How many steps lead from one stamp to another; nil where none do.
  func count(from start: TimeStamp, to end: TimeStamp) -> Int? {
    switch self {
    case .duration(let microseconds):
      let way = end.microseconds - start.microseconds
      return way.isMultiple(of: microseconds) ? way / microseconds : nil
    case .months(let months, let anchor):
      let (from, to) = (start.date, end.date)
      let way = to.monthNumber - from.monthNumber
      guard start.timeOfDay == end.timeOfDay, way.isMultiple(of: months),
        anchor.date(monthNumber: to.monthNumber) == to, anchor.date(monthNumber: from.monthNumber) == from
      else { return nil }
      return way / months
    case .week(let pattern):
      guard let from = pattern.place(start), let to = pattern.place(end) else { return nil }
      return to - from
    }
  }

  /// In rows, the shortest first; empty where none are known.
  var seasons: [Int] {
    switch self {
    case .months(let months, _): return months < 12 && 12 % months == 0 ? [12 / months] : []
    case .week(let pattern):
      let (times, days) = (pattern.times.count, pattern.weekdays.count)
      return times == 1 ? [days] : days == 1 ? [times] : [times, times * days]
    case .duration(let step):
      func rows(_ whole: Int) -> Int? { whole > step && whole.isMultiple(of: step) ? whole / step : nil }
      if step.isMultiple(of: 7 * TimeStamp.day) {
        let weeks = step / (7 * TimeStamp.day)
        return weeks < 52 && 52 % weeks == 0 ? [52 / weeks] : []
      }
      if step >= TimeStamp.day { return [rows(7 * TimeStamp.day)].compactMap { $0 } }
      if step >= 5 * TimeStamp.minute { return [rows(TimeStamp.day), rows(7 * TimeStamp.day)].compactMap { $0 } }
      if step >= TimeStamp.minute { return [rows(TimeStamp.hour), rows(TimeStamp.day)].compactMap { $0 } }
      return [rows(step >= TimeStamp.second ? TimeStamp.minute : TimeStamp.second)].compactMap { $0 }
    }
  }

  /// Rows of a year where there are about 50 to 370, and the year is none of `seasons`; nil: else.
  var year: Double? {
    let days = 365.2425
    switch self {
    case .months: return nil
    case .week(let pattern):
      return pattern.times.count == 1 && pattern.weekdays.count > 1 ? days / 7 * Double(pattern.weekdays.count) : nil
    case .duration(let step):
      return step >= TimeStamp.day && step < 7 * TimeStamp.day ? days / (Double(step) / Double(TimeStamp.day)) : nil
    }
  }

  /// "months", "2 weeks", "business days": what the rows are.
  package var description: String {
    func times(_ count: Int, _ unit: String) -> String { count == 1 ? unit : "\(count) \(unit)" }
    switch self {
    case .months(let months, let anchor):
      let units =
        months.isMultiple(of: 12)
        ? times(months / 12, "years") : months == 3 ? "quarters" : times(months, "months")
      return switch anchor {
      case .day: units
      case .end: "ends of \(units)"
      case .businessStart: "first business days of \(units)"
      case .businessEnd: "last business days of \(units)"
      }
    case .week(let pattern):
      let days = pattern.weekdays == [1, 2, 3, 4, 5] ? "business days" : "\(pattern.weekdays.count) days of each week"
      return pattern.times.count == 1 ? days : "\(pattern.times.count) times of \(days)"
    case .duration(let step):
      let units = [
        (7 * TimeStamp.day, "weeks"), (TimeStamp.day, "days"), (TimeStamp.hour, "hours"), (TimeStamp.minute, "minutes"),
        (TimeStamp.second, "seconds"), (1000, "milliseconds"), (1, "microseconds"),
      ]
      let unit = units.first { step.isMultiple(of: $0.0) } ?? (1, "microseconds")
      return times(step / unit.0, unit.1)
    }
  }
}

/// The times of a week that a series has.
package struct WeekPattern: Sendable, Hashable {
  /// From Monday, 1, to Sunday, 7, ascending.
  let weekdays: [Int]
  /// Microseconds since midnight, ascending.
  let times: [Int]

  /// The stamp's number among all of the pattern; nil where it is none.
  func place(_ stamp: TimeStamp) -> Int? {
    let day = stamp.day
    guard let weekday = weekdays.firstIndex(of: Weekday.number(ofDay: day)), let time = index(of: stamp.timeOfDay)
    else {
      return nil
    }
    // Day 4 was a Monday.
    return ((day - 4).quotient(by: 7) * weekdays.count + weekday) * times.count + time
  }

  func stamp(at place: Int) -> TimeStamp {
    let day = place.quotient(by: times.count)
    let week = day.quotient(by: weekdays.count)
    return TimeStamp(
      day: 4 + 7 * week + weekdays[day.remainder(by: weekdays.count)] - 1,
      timeOfDay: times[place.remainder(by: times.count)])
  }

  private func index(of time: Int) -> Int? {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low < times.count && times[low] == time ? low : nil
  }
}
