import Foundation

/// What stands along the axis of a plot: years, months, days or times of day, whichever are round and few enough.
extension TimeAxis {
  /// A place, and what stands there.
  package struct Tick: Sendable, Hashable {
    /// As of `position`.
    package let position: Double
    /// "2019", "Mar", "Mar 4", "14:00".
    package let text: String
    /// What the text is a part of, the year or the day, where it begins; else empty.
    package let below: String
  }

  /// At most about `count` ticks within a range of positions; nil where positions are plain numbers.
  package func ticks(_ range: ClosedRange<Double>, count: Int) -> [Tick]? {
    guard let origin = start?.microseconds else { return nil }
    let day = Double(TimeStamp.day)
    let (low, high) = (Double(origin) + range.lowerBound * day, Double(origin) + range.upperBound * day)
    guard low >= Double(TimeStamp.first), high <= Double(TimeStamp.end), high > low else { return [] }
    let spacing = TickSpacing.fitting((high - low) / Double(max(1, count)))
    var last = ""
    return spacing.stamps(from: Int(low.rounded(.up)), through: Int(high.rounded(.down))).map { stamp in
      let (text, below) = spacing.label(stamp)
      defer { last = below }
      return Tick(
        position: Double(stamp.microseconds - origin) / day, text: text, below: below == last ? "" : below)
    }
  }
}

/// What lies between two ticks.
private enum TickSpacing {
  case microseconds(Int)
  case months(Int)

  private static let durations: [Int] = {
    let decades = [1, 2, 5].flatMap { step in [1, 10, 100, 1000, 10_000, 100_000].map { step * $0 } }.sorted()
    return decades
      + [1, 2, 5, 10, 15, 30].map { $0 * TimeStamp.second } + [1, 2, 5, 10, 15, 30].map { $0 * TimeStamp.minute }
      + [1, 2, 3, 6, 12].map { $0 * TimeStamp.hour } + [1, 2, 7, 14].map { $0 * TimeStamp.day }
  }()

  /// The least that is not below `least` microseconds.
  static func fitting(_ least: Double) -> TickSpacing {
    if let found = durations.first(where: { Double($0) >= least }) { return .microseconds(found) }
    let months = least / (30.4 * Double(TimeStamp.day))
    let years = [1, 10, 100, 1000].flatMap { power in [1, 2, 5].map { 12 * $0 * power } }
    return .months(([1, 2, 3, 6] + years).first { Double($0) >= months } ?? 120_000)
  }

  func stamps(from low: Int, through high: Int) -> [TimeStamp] {
    switch self {
    case .microseconds(let step):
      // Weeks begin on Mondays, of which day 4 was one.
      let offset = step.isMultiple(of: 7 * TimeStamp.day) ? 4 * TimeStamp.day : 0
      let first = -(offset - low).quotient(by: step)
      let last = (high - offset).quotient(by: step)
      return first > last ? [] : (first...last).map { TimeStamp(microseconds: $0 * step + offset) }
    case .months(let step):
      let first = TimeStamp(microseconds: low).date.monthNumber.quotient(by: step)
      let last = TimeStamp(microseconds: high).date.monthNumber.quotient(by: step)
      return (first...last).map { number in
        TimeStamp(day: CalendarDate(monthNumber: number * step, day: 1).dayNumber, timeOfDay: 0)
      }.filter { low...high ~= $0.microseconds }
    }
  }

  /// In short.
  private static let monthNames = CalendarNames.months[0].names

  func label(_ stamp: TimeStamp) -> (text: String, below: String) {
    let date = stamp.date
    let month = Self.monthNames[date.month - 1]
    switch self {
    case .months(let step):
      return step.isMultiple(of: 12) ? (String(date.year), "") : (month, String(date.year))
    case .microseconds(let step) where step.isMultiple(of: TimeStamp.day):
      return ("\(month) \(date.day)", String(date.year))
    case .microseconds(let step):
      let time = stamp.timeOfDay
      var text = String(format: "%02d:%02d", time / TimeStamp.hour, time / TimeStamp.minute % 60)
      if !step.isMultiple(of: TimeStamp.minute) { text += String(format: ":%02d", time / TimeStamp.second % 60) }
      if !step.isMultiple(of: TimeStamp.second) {
        let fraction = String(format: "%06d", time % TimeStamp.second)
        text += "." + fraction.prefix(7 - String(step).count)
      }
      return (text, String(format: "%04d-%02d-%02d", date.year, date.month, date.day))
    }
  }
}
