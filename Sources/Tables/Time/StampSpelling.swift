/// How the time stamps of a column are spelled: read from all of them, so that the next ones are written likewise.
struct StampSpelling: Sendable {
  private(set) var layout: StampLayout
  private var padded: Set<StampLayout.Part> = []
  private var unpadded: Set<StampLayout.Part> = []
  private var monthTexts: [String] = []
  private var weekdayTexts: [String] = []
  private var halfDayText: String?
  /// The fewest and the most digits of fractions of a second.
  private var fractions: (least: Int, most: Int)?
  private var zoneText = ""
  /// Whether midnight is the end of a day, 24:00.
  private var endsAt24 = false
  private var startsAt0 = false
  /// Whether midnight is the date alone.
  private var omitsMidnight = false

  /// Minutes that the clock is ahead of universal time, of all that were read.
  private(set) var zones: Set<Int> = []

  /// Reads labels; stamps are by the clock on the wall, or in universal time where the clock was changed.
  /// - Parameter byClock: whether they are by the clock on the wall also there.
  /// - Returns: nil where one is of another layout, or no real time.
  static func read(
    _ labels: [String], _ layout: StampLayout, byClock: Bool = false
  ) -> (spelling: StampSpelling, stamps: [TimeStamp])? {
    var spelling = StampSpelling(layout: layout)
    var stamps: [TimeStamp] = []
    var zones: [Int] = []
    let date = layout.contains(.zone) ? nil : layout.date
    stamps.reserveCapacity(labels.count)
    for label in labels {
      let text = Array(label.utf8)
      // R writes midnight as the date alone.
      guard let fields = StampFields(text, layout) ?? date.flatMap({ StampFields(text, $0) }),
        let stamp = fields.stamp(layout)
      else { return nil }
      if fields.partCount < layout.parts.count { spelling.omitsMidnight = true }
      spelling.learn(fields)
      stamps.append(stamp)
      if let zone = fields.zone { zones.append(zone) }
    }
    spelling.finish()
    if layout.isClock { stamps = Self.days(stamps) }
    if spelling.zones.count > 1, !byClock { stamps = spelling.universal(stamps, zones) }
    return (spelling, stamps)
  }

  /// Times of day, each on the first day on which it comes after the one before; of rows that are newest first before it.
  private static func days(_ times: [TimeStamp]) -> [TimeStamp] {
    let neighbours = zip(times, times.dropFirst())
    let isDescending = neighbours.count { $0 > $1 } > neighbours.count { $0 < $1 }
    var day = 0
    var last: TimeStamp?
    return times.map { time in
      if let last, isDescending ? time > last : time < last { day += isDescending ? -1 : 1 }
      last = time
      return TimeStamp(microseconds: time.microseconds + day * TimeStamp.day)
    }
  }

  private init(layout: StampLayout) { self.layout = layout }

  private mutating func learn(_ fields: StampFields) {
    padded.formUnion(fields.padded)
    unpadded.formUnion(fields.unpadded)
    if let text = fields.monthText, monthTexts.count < 400 { monthTexts.append(text) }
    if let text = fields.weekdayText, weekdayTexts.count < 400 { weekdayTexts.append(text) }
    halfDayText = halfDayText ?? fields.halfDayText
    let digits = fields.fractionDigits
    fractions = (min(fractions?.least ?? digits, digits), max(fractions?.most ?? digits, digits))
    endsAt24 = endsAt24 || fields.endsAt24
    startsAt0 = startsAt0 || fields.isMidnight
    if let zone = fields.zone {
      zones.insert(zone)
      zoneText = fields.zoneText
      lastZone = zone
    }
  }

  private var lastZone = 0
  private var months: CalendarNames?
  private var weekdays: CalendarNames?

  private mutating func finish() {
    months = Self.list(monthTexts, CalendarNames.months, CalendarNames.month)
    weekdays = Self.list(weekdayTexts, CalendarNames.weekdays, CalendarNames.weekday)
  }

  /// The list that most of the names are from.
  private static func list(
    _ texts: [String], _ lists: [CalendarNames], _ find: (String) -> [(list: Int, number: Int)]
  ) -> CalendarNames? {
    var counts = [Int](repeating: 0, count: lists.count)
    for text in texts {
      for match in find(text.filter { $0 != "." }) { counts[match.list] += 1 }
    }
    return counts.max().flatMap { most in counts.firstIndex(of: most).map { lists[$0] } }
  }

  /// Where clocks are put forward and back, days are days of the clock, and hours are hours of universal time.
  private var isUniversal = false

  private mutating func universal(_ stamps: [TimeStamp], _ zones: [Int]) -> [TimeStamp] {
    // One time of day: the clock's.
    guard Set(stamps.map(\.timeOfDay)).count > 1 else { return stamps }
    isUniversal = true
    return zip(stamps, zones).map { TimeStamp(microseconds: $0.microseconds - $1 * TimeStamp.minute) }
  }

  // MARK: Writing

  /// Whether labels tell apart what lies one step from each other: months in words are no name of a day.
  func names(_ step: TimeStep, after last: TimeStamp) -> Bool {
    guard let next = step.stamp(1, after: last) else { return true }
    let label = Array(text(next).utf8)
    guard text(last) != text(next) || layout.isClock,
      let fields = StampFields(label, layout) ?? layout.date.flatMap({ StampFields(label, $0) }),
      var read = fields.stamp(layout)
    else { return false }
    if isUniversal { read = TimeStamp(microseconds: read.microseconds - (fields.zone ?? 0) * TimeStamp.minute) }
    // Two digits do not say which century.
    return layout.isClock
      ? read.timeOfDay == next.timeOfDay
      : read == next
        || layout.contains(.shortYear) && read.date.year % 100 == next.date.year % 100
          && read.date.month == next.date.month && read.date.day == next.date.day && read.timeOfDay == next.timeOfDay
  }

  /// Of dates alone, where they are written with a time of day.
  var ofDates: StampSpelling {
    var result = self
    result.layout = layout.date ?? layout
    return result
  }

  func text(_ stamp: TimeStamp) -> String {
    var stamp = stamp
    if isUniversal { stamp = TimeStamp(microseconds: stamp.microseconds + lastZone * TimeStamp.minute) }
    let isEnd = endsAt24 && !startsAt0 && stamp.timeOfDay == 0
    let day = isEnd ? stamp.day - 1 : stamp.day
    let date = CalendarDate(dayNumber: day)
    let time = isEnd ? TimeStamp.day : stamp.timeOfDay
    let parts = omitsMidnight && time == 0 ? layout.date?.parts ?? layout.parts : layout.parts
    return parts.map { text($0, date, day: day, time: time, stamp) }.joined()
  }

  private func text(_ part: StampLayout.Part, _ date: CalendarDate, day: Int, time: Int, _ stamp: TimeStamp) -> String {
    let (hour, minute) = (time / TimeStamp.hour, time / TimeStamp.minute % 60)
    let second = time / TimeStamp.second % 60
    func variable(_ value: Int) -> String {
      value < 10 && isPadded(part) ? "0\(value)" : String(value)
    }
    switch part {
    case .text(let text): return text
    case .year: return digits(layout.contains(.week) ? Self.weekYear(day) : date.year, 4)
    case .shortYear: return digits(date.year % 100, 2)
    case .nextYear: return digits(date.year + 1, 4)
    case .nextShortYear: return digits((date.year + 1) % 100, 2)
    case .month: return variable(date.month)
    case .pairMonth: return digits(date.month, 2)
    case .dayOfMonth: return variable(date.day)
    case .pairDay: return digits(date.day, 2)
    case .week: return variable((day - CalendarDate.firstMonday(ofWeekYear: Self.weekYear(day))) / 7 + 1)
    case .hour: return variable(layout.contains(.halfDay) ? (hour + 11) % 12 + 1 : hour)
    case .pairHour: return digits(hour, 2)
    case .minute, .pairMinute: return digits(minute, 2)
    case .second, .pairSecond: return digits(second, 2)
    case .quarter: return String((date.month - 1) / 3 + 1)
    case .half: return String((date.month - 1) / 6 + 1)
    case .weekdayNumber: return String(Weekday.number(ofDay: day))
    case .dayOfYear: return digits(day - CalendarDate(monthNumber: date.year * 12, day: 1).dayNumber + 1, 3)
    case .fraction: return fraction(time % TimeStamp.second)
    case .epochSeconds: return String(stamp.microseconds / TimeStamp.second)
    case .epochMilliseconds: return String(stamp.microseconds / 1000)
    case .monthName: return name(months?.names[date.month - 1] ?? "", like: monthTexts)
    case .weekdayName: return name(weekdays?.names[Weekday.number(ofDay: day) - 1] ?? "", like: weekdayTexts)
    case .halfDay:
      let text = hour % 24 < 12 ? "AM" : "PM"
      return halfDayText?.first?.isLowercase == true ? text.lowercased() : text
    case .zone: return zoneText
    }
  }

  /// As the others of its kind; else as the others; else with a zero, but for dates in words.
  private func isPadded(_ part: StampLayout.Part) -> Bool {
    if padded.contains(part) { return true }
    if unpadded.contains(part) || padded.isEmpty && !unpadded.isEmpty { return false }
    return months.map { $0.names[8].count <= 4 } ?? true
  }

  private static func weekYear(_ day: Int) -> Int {
    // The year of the week's Thursday.
    CalendarDate(dayNumber: day - Weekday.number(ofDay: day) + 4).year
  }

  private func fraction(_ microseconds: Int) -> String {
    guard let fractions, fractions.most > 0, fractions.least > 0 || microseconds > 0 else { return "" }
    let all = digits(microseconds, 6)
    let count = fractions.most
    return "." + (count <= 6 ? String(all.prefix(count)) : all + String(repeating: "0", count: count - 6))
  }

  /// In the case of letters, and with the point, of the others.
  private func name(_ name: String, like texts: [String]) -> String {
    guard let first = texts.first else { return name }
    let plain = first.filter { $0 != "." }
    let cased =
      plain == plain.uppercased() && plain.count > 1
      ? name.uppercased()
      : plain.first?.isLowercase == true ? name.lowercased() : name.prefix(1).uppercased() + name.dropFirst()
    // May has no point in English, juin none in French.
    return first.hasSuffix(".") && (texts.allSatisfy { $0.hasSuffix(".") } || cased.count > 3) ? cased + "." : cased
  }

  private func digits(_ value: Int, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}
