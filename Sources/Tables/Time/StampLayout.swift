/// The order of the parts of a time stamp: `2001-02-03 04:05`, `3.2.2001`, `Feb 2001`, `2001Q1`.
struct StampLayout: Hashable {
  enum Part: Hashable {
    /// Of four digits, or of the last two.
    case year, shortYear
    /// The year after the one before it, in as many digits: of years that begin in one and end in the next.
    case nextYear, nextShortYear
    /// Of one or two digits.
    case month, dayOfMonth, week, hour, minute
    /// Of exactly two digits: nothing stands between these.
    case pairMonth, pairDay, pairHour, pairMinute, pairSecond
    case second
    /// With its point; may be left out.
    case fraction
    /// Of one digit.
    case quarter, half, weekdayNumber
    /// Of three.
    case dayOfYear
    case monthName, weekdayName
    /// AM or PM.
    case halfDay
    /// Z, +01:00, CET
    case zone
    /// Seconds or milliseconds since 1970.
    case epochSeconds, epochMilliseconds
    case text(String)
  }

  let parts: [Part]
  /// How many of them are the date's; the rest is the time of day.
  private let dateCount: Int

  func contains(_ part: Part) -> Bool { parts.contains(part) }

  /// Whether months are named by numbers, before or after the day: what one may take for the other.
  var dayMonthOrder: DateOrder? {
    let order = parts.filter { [.year, .shortYear, .month, .dayOfMonth].contains($0) }
    return switch order {
    case [.dayOfMonth, .month, .year], [.dayOfMonth, .month, .shortYear]: .dmy
    case [.month, .dayOfMonth, .year], [.month, .dayOfMonth, .shortYear]: .mdy
    case [.shortYear, .month, .dayOfMonth]: .ymd
    default: nil
    }
  }

  var withDayAndMonthSwapped: StampLayout {
    StampLayout(
      parts: parts.map { $0 == .month ? .dayOfMonth : $0 == .dayOfMonth ? .month : $0 }, dateCount: dateCount)
  }

  /// Whether points stand between the numbers: then the day is first, but for few countries.
  var hasPoints: Bool {
    parts.prefix(dateCount).contains { if case .text(let text) = $0 { text.hasPrefix(".") } else { false } }
  }

  /// Whether it is a time of day alone.
  var isClock: Bool { dateCount == 0 }

  // MARK: The usual ones

  /// Reads a template: letters as below, everything else is text, and so is what stands in quotes.
  init(_ template: String) {
    let letters: [Character: Part] = [
      "Y": .year, "y": .shortYear, "N": .nextYear, "n": .nextShortYear, "M": .month, "D": .dayOfMonth, "m": .pairMonth,
      "d": .pairDay, "W": .week,
      "q": .quarter,
      "s": .half, "u": .weekdayNumber, "j": .dayOfYear, "B": .monthName, "A": .weekdayName, "H": .hour, "I": .minute,
      "S": .second, "F": .fraction, "h": .pairHour, "i": .pairMinute, "c": .pairSecond, "P": .halfDay, "Z": .zone,
      "E": .epochSeconds, "e": .epochMilliseconds,
    ]
    var parts: [Part] = []
    var isQuoted = false
    for character in template {
      if character == "'" {
        isQuoted.toggle()
      } else if !isQuoted, let part = letters[character] {
        parts.append(part)
      } else if case .text(let before)? = parts.last {
        parts[parts.count - 1] = .text(before + String(character))
      } else {
        parts.append(.text(String(character)))
      }
    }
    (self.parts, dateCount) = (parts, parts.count)
  }

  private init(parts: [Part], dateCount: Int) { (self.parts, self.dateCount) = (parts, dateCount) }

  /// Without the time of day; nil where there is none.
  var date: StampLayout? {
    dateCount > 0 && dateCount < parts.count
      ? StampLayout(parts: Array(parts[..<dateCount]), dateCount: dateCount) : nil
  }

  /// Of dates and periods, the likelier first.
  static let dates: [StampLayout] = {
    var templates = ["Y-M-D", "Y/M/D", "Y.M.D", "Y M D", "Y年M月D日"]
    templates += ["D.M.Y", "D. M. Y", "M/D/Y", "D/M/Y", "M-D-Y", "D-M-Y", "D M Y", "M.D.Y"]
    templates += ["D.M.y", "M/D/y", "D/M/y", "M-D-y", "D-M-y", "y-M-D", "y/M/D", "y.M.D"]
    templates += ["Ymd", "Ymdhic", "Ymdhi", "Ymdh", "Y-j"]
    for mark in [" ", "-", "/", ".", ""] {
      templates += ["D\(mark)B\(mark)Y", "D\(mark)B\(mark)y", "Y\(mark)B\(mark)D"]
    }
    templates += ["B D Y", "B D, Y", "D. B Y", "D B, Y", "D 'de' B 'de' Y"]
    templates += templates.filter { $0.contains("D") }.flatMap { ["A, \($0)", "A \($0)", "A. \($0)"] }
    // Financial years: 2000-01 is January, too, where other labels show it.
    templates += ["Y-n", "Y/n", "Y–n", "Y-N", "Y/N", "Y–N", "'FY'Y", "'FY 'Y", "'FY'y", "'FY 'y", "'fy'Y"]
    for template in ["Y-n", "Y/n", "Y–n", "y-n", "y/n"] { templates += ["'FY'\(template)", "'FY '\(template)"] }
    // Periods.
    templates += ["Y-M", "Y/M", "M/Y", "M-Y", "M.Y", "Y'M'M", "Y'm'M", "Y-'M'M", "Y年M月", "Ym"]
    for mark in [" ", "-", "/", ".", "", ", "] { templates += ["B\(mark)Y", "Y\(mark)B"] }
    for mark in [" ", "-", "/"] { templates += ["B\(mark)y"] }
    for letter in ["Q", "q", "K", "k", "T", "t", "Qtr ", "Quarter "] {
      for mark in ["", " ", "-", ":", "/", "."] {
        templates += ["Y\(mark)'\(letter)'q", "'\(letter)'q\(mark)Y", "'\(letter)'q\(mark)y"]
      }
      templates += ["q'\(letter)'Y", "q'\(letter)' Y", "q'\(letter)'y"]
    }
    templates += ["q'. Quartal' Y"]
    for letter in ["H", "h", "S", "s"] {
      for mark in ["", " ", "-"] { templates += ["Y\(mark)'\(letter)'s", "'\(letter)'s\(mark)Y"] }
    }
    for letter in ["W", "w", "KW", "KW ", "Wk", "Week ", "week "] {
      for mark in ["", " ", "-", "/"] { templates += ["Y\(mark)'\(letter)'W", "'\(letter)'W\(mark)Y"] }
      templates += ["Y-'\(letter)'W-u", "Y'\(letter)'Wu"]
    }
    var seen: Set<StampLayout> = []
    return templates.map { StampLayout($0) }.filter { seen.insert($0).inserted }
  }()

  /// Of the time of day, each after what joins it to the date.
  static let times: [StampLayout] = ["T", " ", ", ", "_", "-", ":", " at ", "  ", " um "].flatMap { joint in
    ["H:I:SF", "H:I", "H:I:S P", "H:I:SP", "H:I P", "H:IP", "H P", "HP", "hicF", "hi", "H", "H'h'I", "H:I 'Uhr'"]
      .flatMap {
        time in ["", "Z", " Z"].map { StampLayout("'\(joint)'\(time)\($0)") }
      }
  }

  /// Times of day without a date.
  static let clocks = ["H:I:SF", "H:I", "H:I:S P", "H:I:SP", "H:I P", "H:IP", "H'h'I", "H:I 'Uhr'"].map {
    StampLayout(parts: StampLayout($0).parts, dateCount: 0)
  }

  /// Whether years are named by both of theirs.
  var hasNextYear: Bool { contains(.nextYear) || contains(.nextShortYear) }

  /// Whether a time of day may follow.
  var hasDay: Bool { contains(.dayOfMonth) || parts == [.year, .pairMonth, .pairDay] || contains(.dayOfYear) }

  static let epochs = [StampLayout("E"), StampLayout("e")]

  /// With a time of day.
  func adding(_ time: StampLayout) -> StampLayout {
    StampLayout(parts: parts + time.parts, dateCount: parts.count)
  }
}

/// In which order day, month and year stand where all are numbers.
package enum DateOrder: String, Sendable, CaseIterable {
  case dmy, mdy, ymd

  var words: String {
    switch self {
    case .dmy: "day, month, year"
    case .mdy: "month, day, year"
    case .ymd: "year, month, day"
    }
  }
}
