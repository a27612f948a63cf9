/// What a time stamp says, part by part, and how it is spelled.
struct StampFields {
  private(set) var year = 1970
  private var month: Int?
  private var day: Int?
  private var dayOfYear: Int?
  private var week: Int?
  private var weekday: Int?
  private var weekdayName: Int?
  private var hour = 0
  private var minute = 0
  private var second = 0
  private var microsecond = 0
  /// Of the twelve hours after noon.
  private var isAfternoon: Bool?
  private var epoch: Int?
  /// Minutes ahead of universal time.
  private(set) var zone: Int?

  /// Of the layout that was read.
  private(set) var partCount = 0
  private(set) var zoneText = ""
  private(set) var fractionDigits = 0
  private(set) var halfDayText: String?
  private(set) var monthText: String?
  private(set) var weekdayText: String?
  /// Which parts of one or two digits begin with a zero, and which have one digit alone.
  private(set) var padded: Set<StampLayout.Part> = []
  private(set) var unpadded: Set<StampLayout.Part> = []

  /// nil where the text is not of this layout.
  init?(_ text: [UInt8], _ layout: StampLayout) {
    var offset = 0
    for part in layout.parts { guard take(part, text, &offset) else { return nil } }
    guard offset == text.count else { return nil }
    partCount = layout.parts.count
  }

  /// Where the parts end that a text begins with; nil where it does not.
  static func prefix(of text: [UInt8], _ layout: StampLayout) -> Int? {
    var fields = StampFields()
    var offset = 0
    for part in layout.parts { guard fields.take(part, text, &offset) else { return nil } }
    return offset
  }

  private init() {}

  private mutating func take(_ part: StampLayout.Part, _ text: [UInt8], _ offset: inout Int) -> Bool {
    func number(_ least: Int, _ most: Int) -> (value: Int, digits: Int)? {
      var (value, digits) = (0, 0)
      while offset < text.count, digits < most, text[offset].isDigit {
        value = value * 10 + Int(text[offset] - .zero)
        (offset, digits) = (offset + 1, digits + 1)
      }
      return digits >= least ? (value, digits) : nil
    }
    func word() -> String {
      let start = offset
      while offset < text.count, text[offset] >= 0x80 || (0x61...0x7A).contains(text[offset] | 0x20) { offset += 1 }
      return String(decoding: text[start..<offset], as: UTF8.self)
    }
    /// A number of one or two digits, with what it shows of the spelling.
    func variable() -> Int? {
      let start = offset
      guard let read = number(1, 2) else { return nil }
      if read.digits == 1 { unpadded.insert(part) } else if text[start] == .zero { padded.insert(part) }
      return read.value
    }
    func set(_ value: Int?, _ range: ClosedRange<Int>, _ path: WritableKeyPath<StampFields, Int>) -> Bool {
      guard let value, range.contains(value) else { return false }
      self[keyPath: path] = value
      return true
    }
    func set(_ value: Int?, _ range: ClosedRange<Int>, _ path: WritableKeyPath<StampFields, Int?>) -> Bool {
      guard let value, range.contains(value) else { return false }
      self[keyPath: path] = value
      return true
    }
    switch part {
    case .text(let literal):
      guard text[offset...].starts(with: literal.utf8) else { return false }
      offset += literal.utf8.count
      return true
    case .year: return set(number(4, 4)?.value, 1000...9999, \.year)
    case .shortYear:
      return set(number(2, 2).map { $0.value < 69 ? 2000 + $0.value : 1900 + $0.value }, 1969...2068, \.year)
    case .nextYear: return number(4, 4)?.value == year + 1
    case .nextShortYear: return number(2, 2)?.value == (year + 1) % 100
    case .month: return set(variable(), 1...12, \.month)
    case .pairMonth: return set(number(2, 2)?.value, 1...12, \.month)
    case .dayOfMonth: return set(variable(), 1...31, \.day)
    case .pairDay: return set(number(2, 2)?.value, 1...31, \.day)
    case .week: return set(variable(), 1...53, \.week)
    case .hour: return set(variable(), 0...24, \.hour)
    case .pairHour: return set(number(2, 2)?.value, 0...24, \.hour)
    case .minute, .pairMinute: return set(number(2, 2)?.value, 0...59, \.minute)
    case .second, .pairSecond: return set(number(2, 2)?.value, 0...59, \.second)
    case .quarter: return set(number(1, 1).map { 3 * $0.value - 2 }, 1...10, \.month)
    case .half: return set(number(1, 1).map { 6 * $0.value - 5 }, 1...7, \.month)
    case .weekdayNumber: return set(number(1, 1)?.value, 1...7, \.weekday)
    case .dayOfYear: return set(number(3, 3)?.value, 1...366, \.dayOfYear)
    case .fraction: return takeFraction(text, &offset)
    case .epochSeconds: return set(number(10, 10)?.value, 1_000_000_000...3_999_999_999, \.epoch)
    case .epochMilliseconds:
      return set(number(13, 13).map { $0.value }, 1_000_000_000_000...3_999_999_999_999, \.epoch)
    case .monthName:
      let name = word()
      guard let first = CalendarNames.month(name).first else { return false }
      (month, monthText) = (first.number, name)
      return takeDot(text, &offset, after: &monthText)
    case .weekdayName:
      let name = word()
      guard let first = CalendarNames.weekday(name).first else { return false }
      (weekdayName, weekdayText) = (first.number, name)
      return true
    case .halfDay:
      let name = word()
      guard ["am", "pm"].contains(name.lowercased()) else { return false }
      (isAfternoon, halfDayText) = (name.lowercased() == "pm", name)
      return true
    case .zone:
      guard let read = TimeZoneOffset(text[offset...]) else { return false }
      zone = read.minutes
      zoneText = String(decoding: text[offset..<offset + read.length], as: UTF8.self)
      offset += read.length
      return true
    }
  }

  /// Abbreviations end with a point, or do not.
  private func takeDot(_ text: [UInt8], _ offset: inout Int, after name: inout String?) -> Bool {
    if offset + 1 < text.count, text[offset] == .point, text[offset + 1] == UInt8(ascii: " "), let known = name {
      name = known + "."
      offset += 1
    }
    return true
  }

  /// Up to the microsecond; none at all is right, too.
  private mutating func takeFraction(_ text: [UInt8], _ offset: inout Int) -> Bool {
    guard offset + 1 < text.count, text[offset] == .point || text[offset] == .comma, text[offset + 1].isDigit else {
      return true
    }
    offset += 1
    var scale = TimeStamp.second
    while offset < text.count, text[offset].isDigit {
      scale /= 10
      let digit = Int(text[offset] - .zero)
      // Nanoseconds are not kept.
      guard scale > 0 || digit == 0 else { return false }
      microsecond += digit * scale
      fractionDigits += 1
      offset += 1
    }
    return true
  }

  // MARK: What it says

  /// By the clock on the wall; nil where there is no such day.
  func stamp(_ layout: StampLayout) -> TimeStamp? {
    if let epoch {
      return TimeStamp(microseconds: epoch * (layout.contains(.epochSeconds) ? TimeStamp.second : 1000))
    }
    var hours = hour
    if let isAfternoon {
      guard (1...12).contains(hour) else { return nil }
      hours = hour % 12 + (isAfternoon ? 12 : 0)
    }
    // Midnight is the end of the day, too.
    guard hours < 24 || minute == 0 && second == 0 && microsecond == 0, let dayNumber else { return nil }
    if let weekdayName, Weekday.number(ofDay: dayNumber) != weekdayName { return nil }
    let time = hours * TimeStamp.hour + minute * TimeStamp.minute + second * TimeStamp.second + microsecond
    return TimeStamp(microseconds: dayNumber * TimeStamp.day + time)
  }

  var endsAt24: Bool { hour == 24 }
  var isMidnight: Bool { hour == 0 && minute == 0 && second == 0 && microsecond == 0 }

  private var dayNumber: Int? {
    let start = CalendarDate(monthNumber: year * 12, day: 1).dayNumber
    if let dayOfYear {
      let next = CalendarDate(monthNumber: year * 12 + 12, day: 1).dayNumber
      return start + dayOfYear - 1 < next ? start + dayOfYear - 1 : nil
    }
    if let week {
      let monday = CalendarDate.firstMonday(ofWeekYear: year) + 7 * (week - 1)
      return monday < CalendarDate.firstMonday(ofWeekYear: year + 1) ? monday + (weekday ?? 1) - 1 : nil
    }
    return CalendarDate(year: year, month: month ?? 1, day: day ?? 1)?.dayNumber
  }
}

/// How far a clock is ahead of universal time: `Z`, `+01:00`, `-0530`, `CET`.
struct TimeZoneOffset {
  let minutes: Int
  /// Of its text.
  let length: Int

  private static let names: [(name: String, hours: Int)] = [
    ("UTC", 0), ("GMT", 0), ("CEST", 2), ("CET", 1), ("EEST", 3), ("EET", 2), ("BST", 1), ("EST", -5), ("EDT", -4),
    ("CST", -6), ("CDT", -5), ("MST", -7), ("MDT", -6), ("PST", -8), ("PDT", -7), ("Z", 0), ("z", 0),
  ]

  init?(_ text: ArraySlice<UInt8>) {
    if let known = Self.names.first(where: { text.elementsEqual($0.name.utf8) }) {
      (minutes, length) = (known.hours * 60, text.count)
      return
    }
    guard let sign = text.first, sign == .plus || sign == .minus else { return nil }
    let digits = text.dropFirst().filter { $0 != UInt8(ascii: ":") }
    guard digits.count == 2 || digits.count == 4, digits.allSatisfy(\.isDigit), text.count <= 6 else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - .zero) }
    let (hours, rest) = digits.count == 2 ? (number, 0) : (number / 100, number % 100)
    guard hours <= 14, rest < 60 else { return nil }
    (minutes, length) = ((hours * 60 + rest) * (sign == .minus ? -1 : 1), text.count)
  }
}
