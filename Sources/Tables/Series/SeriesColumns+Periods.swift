import Storage

/// What gathering rows in periods asks of the columns.
extension SeriesColumns {
  /// What is counted where there are no numbers: a text of each row, or its time.
  static func counted(_ table: CSVTable, _ used: Set<Int>, _ time: [Int]) -> [Int] {
    let texts = table.header.indices.filter { !used.contains($0) && !table.indexColumns.contains($0) }
    return Array((texts.isEmpty ? time : texts).prefix(1))
  }

  mutating func prepare(_ table: CSVTable, _ periods: Periods, _ reading: SeriesReading) throws(TableError) {
    for name in periods.aggregates.keys.sorted() where !table.header.contains(name) {
      throw TableError(table.file, column: name, .noSuchColumn(available: table.header))
    }
    if series.isEmpty { return remarkTexts(table) }
    guard case .calendar(let frequency) = periods.length else { return }
    let grid = PeriodGrid(frequency)
    let labels = (0..<table.rowCount).filter { row in targets.contains { !table.isEmpty(row, $0) } }.map {
      Self.labels(table, $0, time) ?? ""
    }
    let order = reading.dateOrder ?? dateOrder
    guard let times = try? TimeColumn(labels, order: order, byClock: grid.isOfDays),
      case .stamps(let stamps, _) = times.values
    else { return }
    let sorted = stamps.sorted()
    var gathered = GatheredRows(numbers: sorted.map(grid.number), fractions: sorted.map(grid.fraction))
    _ = gathered.leaveOutParts(keepsLast: false)
    lastPeriod = gathered.last
  }

  /// Texts that come again and again may tell series apart.
  private mutating func remarkTexts(_ table: CSVTable) {
    let others = table.header.indices.filter {
      !time.contains($0) && !targets.contains($0) && !covariates.contains($0) && !table.indexColumns.contains($0)
        && !table.isNumeric($0)
    }
    for column in others {
      let count = Set((0..<table.rowCount).lazy.map { table.text($0, column) }).count
      guard count > 1, count <= max(2, table.rowCount / 10) else { continue }
      remarks.append(
        TableRemark(
          .series,
          "all rows are taken for one; if \(printable(table.header[column], limit: 60)), of \(count) texts, tells several apart: "
            + "--series-column"))
    }
  }

  /// For the rows of a series.
  func gathering(_ table: CSVTable, _ periods: Periods) -> TimeRows.Gathering {
    TimeRows.Gathering(
      periods: periods, targets: targets,
      emptyIsZero: targets.allSatisfy { periods.aggregate(of: table.header[$0], isTarget: true).ofNothing != nil },
      lastPeriod: lastPeriod)
  }
}
