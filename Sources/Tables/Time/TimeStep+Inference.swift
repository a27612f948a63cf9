extension TimeStep {
  /// The step of time stamps, gaps among them allowed.
  /// - Parameter stamps: ascending, each once.
  /// - Returns: nil where they are uneven, or fewer than two.
  static func infer(_ stamps: [TimeStamp]) -> TimeStep? {
    guard stamps.count >= 2 else { return nil }
    if Set(stamps.lazy.map(\.timeOfDay)).count > 1 {
      guard let even = duration(stamps) else { return week(stamps) }
      // The hours of five days a week are no hours with gaps.
      guard gaps(stamps, even) > 0, let pattern = week(stamps) else { return even }
      return 2 * gaps(stamps, pattern) < gaps(stamps, even) ? pattern : even
    }
    return months(stamps) ?? days(stamps)
  }

  /// The most frequent difference if all are multiples of it, else their greatest common divisor; nil where more than half
  /// of the steps would be gaps.
  static func common(_ differences: [Int]) -> Int? {
    var counts: [Int: Int] = [:]
    for difference in differences { counts[difference, default: 0] += 1 }
    guard let most = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) })?.key, most > 0 else { return nil }
    var step = most
    for difference in counts.keys {
      var (larger, smaller) = (max(step, difference), min(step, difference))
      guard smaller > 0 else { return nil }
      while smaller > 0 { (larger, smaller) = (smaller, larger % smaller) }
      step = larger
    }
    let total = counts.reduce(0.0) { $0 + Double($1.key / step) * Double($1.value) }
    return total <= 2 * Double(differences.count) ? step : nil
  }

  /// Steps between the first and the last stamp that are not there.
  private static func gaps(_ stamps: [TimeStamp], _ step: TimeStep) -> Int {
    guard let first = stamps.first, let last = stamps.last else { return 0 }
    return (step.count(from: first, to: last) ?? 0) + 1 - stamps.count
  }

  private static func differences(_ values: [Int]) -> [Int] { zip(values, values.dropFirst()).map { $1 - $0 } }

  private static func duration(_ stamps: [TimeStamp]) -> TimeStep? {
    common(differences(stamps.map(\.microseconds))).map { .duration(microseconds: $0) }
  }

  /// Months where they fit, as they are not always of as many days: July, August, September.
  private static func months(_ stamps: [TimeStamp]) -> TimeStep? {
    let dates = stamps.map(\.date)
    let months = dates.map(\.monthNumber)
    guard zip(months, months.dropFirst()).allSatisfy(<), let step = common(differences(months)) else { return nil }
    let anchors: [MonthAnchor] =
      dates.allSatisfy(\.isMonthEnd) ? [.end] : [.day(dates.map(\.day).max() ?? 1), .businessEnd, .businessStart]
    let suiting = anchors.first { anchor in dates.allSatisfy { anchor.date(monthNumber: $0.monthNumber) == $0 } }
    return suiting.map { .months(step, $0) }
  }

  private static func days(_ stamps: [TimeStamp]) -> TimeStep? {
    let days = stamps.map(\.day)
    let steps = differences(days)
    // Days of the week that never come are no gaps.
    if !steps.allSatisfy({ $0 == steps[0] }), steps.allSatisfy({ $0 < 14 }), let pattern = week(stamps) {
      return pattern
    }
    return common(steps).map { .duration(microseconds: $0 * TimeStamp.day) }
  }

  /// A pattern of the week of which at least half is there, over two weeks or more.
  private static func week(_ stamps: [TimeStamp]) -> TimeStep? {
    let weekdays = Set(stamps.map { Weekday.number(ofDay: $0.day) }).sorted()
    let times = Set(stamps.map(\.timeOfDay)).sorted()
    guard weekdays.count > 1, weekdays.count < 7 || times.count > 1, times.count <= 24 * 60 else { return nil }
    let pattern = WeekPattern(weekdays: weekdays, times: times)
    guard let first = stamps.first, let last = stamps.last, last.day - first.day >= 11,
      let start = pattern.place(first), let end = pattern.place(last), end - start + 1 <= 2 * stamps.count
    else { return nil }
    // Each of its days comes in half of the weeks: a holiday moved to a Saturday makes no week of six days.
    var counts: [Int: Int] = [:]
    for day in Set(stamps.map(\.day)) { counts[Weekday.number(ofDay: day), default: 0] += 1 }
    let weeks = (last.day - first.day) / 7
    return counts.values.allSatisfy { 2 * $0 >= weeks } ? .week(pattern) : nil
  }
}
