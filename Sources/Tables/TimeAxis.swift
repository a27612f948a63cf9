import Foundation

/// 0.002, 5, 1e-08: the shortest text that reads back as the same number.
package func shortest(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// The column that says when each row was: how the rows and the steps beyond the last are called, and where they stand on
/// a plot.
package struct TimeAxis: Sendable {
  private enum Kind: Sendable {
    /// There is no such column, or its steps are uneven: rows are counted.
    case count
    case integers(first: Int, step: Int)
    /// With so many decimals at most; nil where they are written with exponents.
    case numbers(first: Double, step: Double, places: Int?)
    /// Days from 1970-01-01, a fixed number of days apart; written with dashes or without.
    case days(first: Int, step: Int, dashed: Bool)
    /// Months from the year 0, a fixed number of months apart. A month that has no such day is called by its last.
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
    let counted = name == nil ? String(index + 1) : "+\(index - rowCount + 1)"
    switch kind {
    case .count: return counted
    case .integers(let first, let step):
      let (way, overflow) = step.multipliedReportingOverflow(by: index)
      let (value, sumOverflow) = first.addingReportingOverflow(way)
      return overflow || sumOverflow ? counted : String(value)
    case .numbers(let first, let step, let places):
      let value = first + step * Double(index)
      // Against digits like those of 0.1 + 0.2.
      return shortest(places.flatMap { Double(String(format: "%.\($0)f", value)) } ?? value)
    case .days(let first, let step, let dashed):
      return CalendarDate(dayNumber: first + step * index).text(dashed: dashed)
    case .months(let first, let step, let day, let dashed):
      return CalendarDate(monthNumber: first + step * index, day: day).text(dashed: dashed)
    }
  }

  /// Where a row stands on a plot: a number of the column, a year with its fraction, or the row's number.
  package func position(_ index: Int) -> Double {
    switch kind {
    case .count: Double(index + 1)
    case .integers(let first, let step): Double(first) + Double(step) * Double(index)
    case .numbers(let first, let step, _): first + step * Double(index)
    case .days(let first, let step, _): 1970 + Double(first + step * index) / 365.2425
    case .months(let first, let step, _, _): Double(first + step * index) / 12
    }
  }

  /// What stands below the plot.
  package var title: String {
    switch kind {
    case .count: "row"
    case .integers, .numbers: name ?? "row"
    case .days, .months: "year"
    }
  }

  /// The natural seasons of the calendar's step in rows, the shortest first: of months [12], of hours [24, 168]. Empty
  /// where there are none, or none are known: of years and plain numbers.
  package var seasons: [Int] {
    switch kind {
    case .count, .integers, .numbers: []
    case .months(_, let step, _, _): 12 % step == 0 && step < 12 ? [12 / step] : []
    case .days(_, let step, _): [1: [7], 7: [52], 14: [26]][step] ?? []
    }
  }

  // MARK: Kinds

  private static func kind(of labels: [String]) -> Kind {
    guard labels.count >= 2 else { return .count }
    let dates = labels.prefix { CalendarDate($0) != nil }.compactMap { CalendarDate($0) }
    if dates.count == labels.count { return kind(of: dates, dashed: labels[0].contains("-")) }
    if let integers = integers(labels) { return integers }
    let numbers = labels.compactMap { try? parseNumber($0) }
    guard numbers.count == labels.count else { return .count }
    let step = (numbers[numbers.count - 1] - numbers[0]) / Double(numbers.count - 1)
    guard step != 0, step.isFinite else { return .count }
    let isEven = numbers.enumerated().allSatisfy { abs($1 - (numbers[0] + step * Double($0))) < 1e-6 * abs(step) }
    return isEven ? .numbers(first: numbers[0], step: step, places: places(labels)) : .count
  }

  /// Months where they fit, as they are not always of as many days: July, August, September.
  private static func kind(of dates: [CalendarDate], dashed: Bool) -> Kind {
    let months = dates.map(\.monthNumber)
    let day = dates.map(\.day).max() ?? 1
    if let step = evenStep(months), dates.allSatisfy({ $0 == CalendarDate(monthNumber: $0.monthNumber, day: day) }) {
      return .months(first: months[0], step: step, day: day, dashed: dashed)
    }
    let days = dates.map(\.dayNumber)
    return evenStep(days).map { .days(first: days[0], step: $0, dashed: dashed) } ?? .count
  }

  private static func integers(_ labels: [String]) -> Kind? {
    let values = labels.prefix { Int($0) != nil }.compactMap { Int($0) }
    guard values.count == labels.count else { return nil }
    let steps = zip(values, values.dropFirst()).map { $1.subtractingReportingOverflow($0) }
    let step = steps[0].partialValue
    guard step != 0, steps.allSatisfy({ !$0.overflow && $0.partialValue == step }) else { return nil }
    return .integers(first: values[0], step: step)
  }

  /// The most decimals of numbers; nil where one has an exponent, or more decimals than a number can hold.
  private static func places(_ labels: [String]) -> Int? {
    guard !labels.contains(where: { $0.utf8.contains { $0 | 0x20 == UInt8(ascii: "e") } }) else { return nil }
    let most = labels.map { $0.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0 }.max() ?? 0
    return most <= 17 ? most : nil
  }

  private static func evenStep(_ values: [Int]) -> Int? {
    let step = values[1] - values[0]
    return step > 0 && zip(values, values.dropFirst()).allSatisfy { $1 - $0 == step } ? step : nil
  }
}
