/// What became of the rows of one series, or of several, that were gathered in periods: to be told.
package struct GatheredCounts: Sendable, Hashable {
  /// The column of the time.
  let column: String
  /// "mean of every 1h".
  let what: String
  /// How the rows lie: "at irregular times, median distance 41 s", "of hours".
  var rowsText: String
  var rows: Int
  var periods: Int
  /// Without rows, and what they are taken for.
  var empty: Int
  var emptyText: String
  /// Of the series those whose first, and last, period was left out.
  var firstParts: Int
  var lastParts: Int
  var series = 1

  var remark: TableRemark {
    var text = column + ": " + grouped(rows) + " rows "
    text += series > 1 ? "of \(grouped(series)) series" : rowsText
    text += "; \(what), \(grouped(periods)) periods called by their beginning"
    for (count, which) in [(firstParts, "first"), (lastParts, "last")] where count > 0 {
      text +=
        series == 1
        ? ", without the \(which), which is not whole"
        : ", without the \(which) of \(grouped(count)) series, which \(count == 1 ? "is" : "are") not whole"
    }
    if empty > 0 { text += "; \(grouped(empty)) without rows: \(emptyText)" }
    return TableRemark(.time, text)
  }

  /// Of all together.
  static func + (left: GatheredCounts, right: GatheredCounts) -> GatheredCounts {
    var sum = left
    sum.rows += right.rows
    sum.periods += right.periods
    sum.empty += right.empty
    if sum.emptyText.isEmpty { sum.emptyText = right.emptyText }
    sum.firstParts += right.firstParts
    sum.lastParts += right.lastParts
    sum.series += right.series
    return sum
  }
}
