import Foundation

/// The column that says when each row was: how the rows and the steps beyond the last are called, and where they stand on
/// a plot.
package struct TimeAxis: Sendable {
  enum Kind: Sendable {
    /// There is no such column, or nothing is known of its steps: rows are counted.
    case count
    case integers(first: Int, step: Int)
    /// With so many decimals at most; nil where they are written with exponents.
    case numbers(first: Double, step: Double, places: Int?)
    /// Of all rows that have labels; `step` is nil where they are uneven.
    case stamps([TimeStamp], StampSpelling, step: TimeStep?)
  }

  /// The column's name; nil where rows are counted from 1.
  package let name: String?
  /// More than rows where the table says how the next are called.
  private let labels: [String]
  private let rowCount: Int
  let kind: Kind

  /// Rows are counted.
  package init(rowCount: Int) { self.init(name: nil, labels: [], rowCount: rowCount, kind: .count) }

  /// - Parameter labels: the column's fields, a row each, in the order of time.
  package init(name: String, labels: [String]) {
    let kind = (try? TimeColumn(labels))?.kind ?? .count
    self.init(name: name, labels: labels, rowCount: labels.count, kind: kind)
  }

  init(name: String?, labels: [String], rowCount: Int, kind: Kind) {
    (self.name, self.labels, self.rowCount, self.kind) = (name, labels, rowCount, kind)
  }

  /// What lies between the rows, where they are time stamps that are even but for gaps.
  package var step: TimeStep? {
    guard case .stamps(_, _, let step) = kind else { return nil }
    return step
  }

  /// The natural seasons of the calendar's step in rows, the shortest first: of months [12], of hours [24, 168]. Empty
  /// where there are none, or none are known: of years and plain numbers.
  package var seasons: [Int] {
    // Years with a fraction.
    if case .numbers(let first, let step, _) = kind, (1000...3000).contains(first), step > 0 {
      return [12, 4, 52].filter { abs(step * Double($0) - 1) < 0.005 }
    }
    return step?.seasons ?? []
  }

  /// Rows of a year, where the calendar's step is of days: a season longer than those of `seasons`.
  package var year: Double? { step?.year }

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
    case .stamps(let stamps, let spelling, let step):
      return Self.stamp(index, stamps, step).map(spelling.text) ?? counted
    }
  }

  /// Whether the column's steps say what row `index` is called, or rows are counted from 1.
  package func isNamed(_ index: Int) -> Bool { name == nil || label(index) != "+\(index - rowCount + 1)" }

  private static func stamp(_ index: Int, _ stamps: [TimeStamp], _ step: TimeStep?) -> TimeStamp? {
    if index < stamps.count { return stamps[index] }
    return stamps.last.flatMap { step?.stamp(index - stamps.count + 1, after: $0) }
  }

  // MARK: Plots

  /// Where a row stands on a plot: a number of the column, days from the first row, or the row's number.
  package func position(_ index: Int) -> Double {
    switch kind {
    case .count: return Double(index + 1)
    case .integers(let first, let step): return Double(first) + Double(step) * Double(index)
    case .numbers(let first, let step, _): return first + step * Double(index)
    case .stamps(let stamps, _, let step):
      func days(_ stamp: TimeStamp) -> Double {
        Double(stamp.microseconds - stamps[0].microseconds) / Double(TimeStamp.day)
      }
      if let stamp = Self.stamp(index, stamps, step) { return days(stamp) }
      // As far from each other as the rows are on average.
      let last = days(stamps[stamps.count - 1])
      return last + last / Double(max(1, stamps.count - 1)) * Double(index - stamps.count + 1)
    }
  }

  /// What stands below the plot.
  package var title: String {
    if case .count = kind { return "row" }
    return name ?? "row"
  }

  /// The first row's, which positions count from.
  var start: TimeStamp? {
    guard case .stamps(let stamps, _, _) = kind else { return nil }
    return stamps.first
  }
}
