import Foundation

/// 0.002, 5, 1e-08: as short as reads back the same.
package func shortest(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
}

/// The column that says when each row was: how the rows and the steps beyond the last are called, and where they stand on
/// a plot.
package struct TimeAxis: Sendable {
  private enum Kind: Sendable {
    /// There is no such column, or its steps are uneven: rows are counted.
    case count
    case numbers(first: Double, step: Double)
    /// Days from 1970-01-01, a fixed number of days apart; written with dashes or without.
    case days(first: Int, step: Int, dashed: Bool)
    /// Months from the year 0, a fixed number of months apart.
    case months(first: Int, step: Int, day: Int, dashed: Bool)
  }

  /// The column's name; nil where rows are counted from 1.
  package let name: String?
  private let labels: [String]
  private let rowCount: Int
  private let kind: Kind

  /// Rows are counted.
  package init(rowCount: Int) { self.init(name: nil, labels: [], rowCount: rowCount, kind: .count) }

  /// - Parameter labels: the column's fields, a row each.
  package init(name: String, labels: [String]) {
    self.init(name: name, labels: labels, rowCount: labels.count, kind: Self.kind(of: labels))
  }

  private init(name: String?, labels: [String], rowCount: Int, kind: Kind) {
    (self.name, self.labels, self.rowCount, self.kind) = (name, labels, rowCount, kind)
  }

  /// What row `index` is called; beyond the last row what it would be, `+1`, `+2` … where the column's steps do not say.
  package func label(_ index: Int) -> String {
    if index < labels.count { return labels[index] }
    switch kind {
    case .count: return name == nil ? String(index + 1) : "+\(index - rowCount + 1)"
    case .numbers(let first, let step): return shortest(rounded(first + step * Double(index), step))
    case .days(let first, let step, let dashed): return Self.text(day: first + step * index, dashed)
    case .months(let first, let step, let day, let dashed):
      let month = first + step * index
      return Self.text(year: month / 12, month: month % 12 + 1, day: day, dashed)
    }
  }

  /// Where a row stands on a plot: a number of the column, a year with its fraction, or the row's number.
  package func position(_ index: Int) -> Double {
    switch kind {
    case .count: Double(index + 1)
    case .numbers(let first, let step): first + step * Double(index)
    case .days(let first, let step, _): 1970 + Double(first + step * index) / 365.2425
    case .months(let first, let step, _, _): Double(first + step * index) / 12
    }
  }

  /// What stands below the plot.
  package var title: String {
    switch kind {
    case .count: "row"
    case .numbers: name ?? "row"
    case .days, .months: "year"
    }
  }

  /// To 9 digits of the step, against digits like those of 0.1 + 0.2.
  private func rounded(_ value: Double, _ step: Double) -> Double {
    let scale = pow(10, 9 - log10(abs(step)).rounded(.up))
    return (value * scale).rounded() / scale
  }

  private static func kind(of labels: [String]) -> Kind {
    guard labels.count >= 2 else { return .count }
    let dates = labels.prefix { date($0) != nil }.compactMap(date)
    if dates.count == labels.count {
      let first = dates[0]
      let dashed = labels[0].contains("-")
      let days = dates.map(dayNumber)
      if let step = evenStep(days) { return .days(first: days[0], step: step, dashed: dashed) }
      let months = dates.map { $0.year * 12 + $0.month - 1 }
      if dates.allSatisfy({ $0.day == first.day }), let step = evenStep(months) {
        return .months(first: months[0], step: step, day: first.day, dashed: dashed)
      }
      return .count
    }
    let numbers = labels.compactMap { try? parseNumber($0) }
    guard numbers.count == labels.count else { return .count }
    let step = (numbers[numbers.count - 1] - numbers[0]) / Double(numbers.count - 1)
    guard step != 0, step.isFinite else { return .count }
    let isEven = numbers.enumerated().allSatisfy { abs($1 - (numbers[0] + step * Double($0))) < 1e-6 * abs(step) }
    return isEven ? .numbers(first: numbers[0], step: step) : .count
  }

  private static func evenStep(_ values: [Int]) -> Int? {
    let step = values[1] - values[0]
    return step > 0 && zip(values, values.dropFirst()).allSatisfy { $1 - $0 == step } ? step : nil
  }

  // MARK: Dates

  /// 20010203 or 2001-02-03; nil for anything else, and for days that do not exist.
  private static func date(_ text: String) -> (year: Int, month: Int, day: Int)? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    let hasDashes = text.utf8.count == 10 && text.split(separator: "-").map(\.count) == [4, 2, 2]
    guard digits.count == 8, hasDashes || text.utf8.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    let date = (year: number / 10000, month: number / 100 % 100, day: number % 100)
    guard (1...12).contains(date.month), (1...31).contains(date.day), date.year >= 1000,
      text == Self.text(day: dayNumber(date), hasDashes)
    else { return nil }
    return date
  }

  /// Days since 1970-01-01 in the Gregorian calendar. A year is counted from March on, so that the leap day is its last.
  private static func dayNumber(_ date: (year: Int, month: Int, day: Int)) -> Int {
    let year = date.month > 2 ? date.year : date.year - 1
    let month = (date.month + 9) % 12
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1 - 719_468
  }

  private static func text(day: Int, _ dashed: Bool) -> String {
    var year = (10_000 * (day + 719_468) + 14_780) / 3_652_425
    func start(_ year: Int) -> Int { 365 * year + year / 4 - year / 100 + year / 400 - 719_468 }
    if start(year) > day { year -= 1 }
    let left = day - start(year)
    let month = (5 * left + 2) / 153
    return text(
      year: month < 10 ? year : year + 1, month: month < 10 ? month + 3 : month - 9,
      day: left - (153 * month + 2) / 5 + 1, dashed)
  }

  private static func text(year: Int, month: Int, day: Int, _ dashed: Bool) -> String {
    String(format: dashed ? "%04d-%02d-%02d" : "%04d%02d%02d", year, month, day)
  }
}
