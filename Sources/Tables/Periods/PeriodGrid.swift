/// The periods of the calendar, one after the other without end: which one a time lies in, and when each begins. They do not depend on
/// where a table begins: hours, days and months are those of the clock and the calendar, weeks begin on Mondays (those of W-SAT on
/// Sundays), several days are counted from 1970-01-01.
struct PeriodGrid {
  private enum Kind {
    /// Microseconds.
    case durations(Int, offset: Int)
    /// From January of the year 0 on.
    case months(Int, offset: Int)
    /// Saturdays and Sundays belong to the Friday before.
    case businessDays
  }

  private let kind: Kind
  /// From one beginning to the next.
  let step: TimeStep

  init(_ frequency: Frequency) {
    switch frequency.steps[0] {
    case .duration(let length):
      let isWeeks = length.isMultiple(of: 7 * TimeStamp.day)
      // Day 4 was a Monday. Weeks are called by the day that ends them.
      kind = .durations(length, offset: isWeeks ? (4 + (frequency.weekday ?? 7) % 7) * TimeStamp.day : 0)
      step = .duration(microseconds: length)
    case .months(let count, let anchor):
      // Ends are called by their last month, starts by their first.
      let first = frequency.month.map { anchor.isStart ? $0 - 1 : $0 } ?? 0
      kind = .months(count, offset: first)
      step = .months(count, .day(1))
    case .week:
      kind = .businessDays
      step = .week(WeekPattern(weekdays: [1, 2, 3, 4, 5], times: [0]))
    }
  }

  /// Whether each begins at midnight.
  var isOfDays: Bool {
    switch kind {
    case .durations(let length, _): length.isMultiple(of: TimeStamp.day)
    case .months, .businessDays: true
    }
  }

  func number(of stamp: TimeStamp) -> Int {
    switch kind {
    case .durations(let length, let offset): return (stamp.microseconds - offset).quotient(by: length)
    case .months(let count, let offset): return (stamp.date.monthNumber - offset).quotient(by: count)
    case .businessDays:
      let days = stamp.day - 4
      return days.quotient(by: 7) * 5 + min(days.remainder(by: 7), 4)
    }
  }

  func start(_ number: Int) -> TimeStamp {
    switch kind {
    case .durations(let length, let offset): return TimeStamp(microseconds: number * length + offset)
    case .months(let count, let offset):
      return TimeStamp(day: CalendarDate(monthNumber: number * count + offset, day: 1).dayNumber, timeOfDay: 0)
    case .businessDays:
      return TimeStamp(day: 4 + number.quotient(by: 5) * 7 + number.remainder(by: 5), timeOfDay: 0)
    }
  }

  /// How far into its period a time is, from 0 to below 1.
  func fraction(of stamp: TimeStamp) -> Double {
    let number = number(of: stamp)
    let (start, end) = (start(number).microseconds, start(number + 1).microseconds)
    return Double(stamp.microseconds - start) / Double(end - start)
  }
}

extension TimeStep.MonthAnchor {
  /// Whether it is at the beginning.
  var isStart: Bool {
    switch self {
    case .day, .businessStart: true
    case .end, .businessEnd: false
    }
  }
}
