/// A step of time by name: pandas' spellings, the old and the new, and words.
package struct Frequency: Sendable, Hashable {
  package let name: String
  /// The steps that are meant, the first that suits the rows is taken: months may be called by any day of theirs where no
  /// day is said.
  let steps: [TimeStep]
  /// 1 to 7, where weeks end, or begin, on a certain day.
  let weekday: Int?
  /// 1 to 12, where years and quarters end, or begin, in a certain month.
  let month: Int?

  package static let examples = "D, B, W, MS, ME, QS, QE, YS, YE, h, 15min, s"

  package init?(_ name: String) {
    let digits = name.prefix { $0.isASCII && $0.isNumber }
    guard let count = digits.isEmpty ? 1 : Int(digits), (1...1_000_000).contains(count) else { return nil }
    let parts = name.dropFirst(digits.count).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    guard let unit = parts.first else { return nil }
    self.name = name
    let anchor = parts.count > 1 ? parts[1].uppercased() : nil
    let days = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    func duration(_ unit: Int) -> [TimeStep] { [.duration(microseconds: unit * count)] }
    func ends(_ months: Int) -> [TimeStep] { [.months(months * count, .end)] }
    func starts(_ months: Int) -> [TimeStep] { [.months(months * count, .day(1))] }
    var (hasDay, hasMonth) = (false, false)
    // Small and capital letters differ in some: M is a month, min a minute, ms a millisecond, MS the start of a month.
    switch unit {
    case "S", "s", "sec", "seconds", "secondly": steps = duration(TimeStamp.second)
    case "L", "ms": steps = duration(1000)
    case "T", "min", "minutes", "minutely": steps = duration(TimeStamp.minute)
    case "H", "h", "hours", "hourly": steps = duration(TimeStamp.hour)
    case "D", "d", "days", "daily": steps = duration(TimeStamp.day)
    case "B", "C", "business-days":
      guard count == 1 else { return nil }
      steps = [.week(WeekPattern(weekdays: [1, 2, 3, 4, 5], times: []))]
    case "W", "w", "weeks", "weekly": (steps, hasDay) = (duration(7 * TimeStamp.day), true)
    case "M", "ME", "months", "monthly": steps = ends(1)
    case "MS": steps = starts(1)
    case "BM", "BME": steps = [.months(count, .businessEnd)]
    case "BMS": steps = [.months(count, .businessStart)]
    case "Q", "QE", "quarters", "quarterly": (steps, hasMonth) = (ends(3), true)
    case "QS": (steps, hasMonth) = (starts(3), true)
    case "BQ", "BQE": (steps, hasMonth) = ([.months(3 * count, .businessEnd)], true)
    case "BQS": (steps, hasMonth) = ([.months(3 * count, .businessStart)], true)
    case "Y", "A", "YE", "years", "yearly", "annual": (steps, hasMonth) = (ends(12), true)
    case "YS", "AS": (steps, hasMonth) = (starts(12), true)
    case "BY", "BYE", "BA": (steps, hasMonth) = ([.months(12 * count, .businessEnd)], true)
    case "BYS", "BAS": (steps, hasMonth) = ([.months(12 * count, .businessStart)], true)
    default: return nil
    }
    weekday = hasDay ? anchor.flatMap { days.firstIndex(of: $0).map { $0 + 1 } } : nil
    month = hasMonth ? anchor.flatMap { months.firstIndex(of: $0).map { $0 + 1 } } : nil
    guard anchor == nil || weekday != nil || month != nil else { return nil }
  }

  /// Whether plain words were used, which name no day of the month.
  private var isWord: Bool { name.hasSuffix("ly") || name.hasSuffix("s") && name.count > 4 || name.hasSuffix("annual") }

  /// The step that suits the stamps.
  /// - Parameter isPeriod: whether they name months and quarters, no days.
  func step(for stamps: [TimeStamp], isPeriod: Bool) -> TimeStep {
    guard let first = stamps.first else { return steps[0] }
    switch steps[0] {
    case .week: return .week(WeekPattern(weekdays: [1, 2, 3, 4, 5], times: Set(stamps.map(\.timeOfDay)).sorted()))
    case .months(let months, _) where isPeriod: return .months(months, .day(1))
    case .months(let months, _) where isWord:
      let anchors: [TimeStep.MonthAnchor] = [
        .end, .day(stamps.map(\.date.day).max() ?? 1), .businessEnd, .businessStart,
      ]
      let suiting = anchors.first { anchor in
        stamps.allSatisfy { anchor.date(monthNumber: $0.date.monthNumber) == $0.date }
      }
      return .months(months, suiting ?? .day(first.date.day))
    default: return steps[0]
    }
  }

  /// Whether a stamp is one of the step's that is anchored somewhere.
  func suits(_ stamp: TimeStamp, _ step: TimeStep, isPeriod: Bool) -> Bool {
    if let weekday, Weekday.number(ofDay: stamp.day) != weekday { return false }
    if let month, case .months(let months, _) = step {
      let distance = stamp.date.month - month
      // Quarters and years may be named by any of their months.
      if !isPeriod, !distance.isMultiple(of: min(12, months)) { return false }
    }
    return true
  }
}
