import Storage

/// Columns of numbers over time, without gaps.
package struct Series: Sendable {
  package let file: String
  /// C names.
  package private(set) var columns: [String]
  package let time: TimeAxis
  /// [T, C]
  package private(set) var values: [Double]
  /// [T, C]: false where a value was filled in.
  package private(set) var isKnown: [Bool]

  /// K names of what is known ahead, too.
  package let covariates: [String]
  /// [T + F, K]; `isCovariateKnown` is false where a value was filled in.
  package let covariateValues: [Double]
  package let isCovariateKnown: [Bool]
  /// F: rows after the last value, which hold the time and the covariates of what is to be forecast.
  package let futureCount: Int
  /// How the rows were made regular.
  package let timing: SeriesTiming
  /// What became of rows that were gathered in periods, which the remarks say, too.
  let gathered: GatheredCounts?
  /// What was settled without being asked.
  package let remarks: [TableRemark]

  package var width: Int { columns.count }
  /// T.
  package var count: Int { values.count / columns.count }

  /// Takes columns out of a table of one series.
  /// - Parameter names: nil: as other programs call what is forecast, or all columns of numbers except the time.
  /// - Throws: `TableError`, also where there are several series.
  package init(_ table: CSVTable, columns names: [String]?, _ reading: SeriesReading) throws(TableError) {
    let columns = try SeriesColumns(table, targets: names, reading)
    let groups = columns.groups(table)
    let group = try Self.only(groups, table, columns, reading)
    try self.init(table, rows: group.rows, columns, reading)
  }

  /// - Parameters:
  ///   - names: nil: all columns of numbers except the time.
  ///   - timeColumn: nil: the one that holds times, or the first if it rises from row to row.
  /// - Throws: `TableError`.
  package init(
    _ table: CSVTable, columns names: [String]?, timeColumn: String?, missing: MissingPolicy
  ) throws(TableError) {
    var reading = SeriesReading()
    reading.timeColumns = timeColumn.map { [$0] } ?? []
    reading.missing = missing
    try self.init(table, columns: names, reading)
  }

  private static func only(
    _ groups: [(name: String, rows: [Int])], _ table: CSVTable, _ columns: SeriesColumns, _ reading: SeriesReading
  ) throws(TableError) -> (name: String, rows: [Int]) {
    let owner = columns.series.map { table.header[$0] }.joined(separator: "/")
    if let name = reading.series {
      guard let group = groups.first(where: { $0.name == name && !columns.series.isEmpty }) else {
        throw TableError(
          table.file, column: owner.isEmpty ? nil : owner,
          .other(
            columns.series.isEmpty
              ? "nothing tells series apart, of which --series \(printable(name, limit: 40)) could be one; --series-column names what does"
              : "no series is called \"\(printable(name, limit: 40))\"; there are \(TableError.list(groups.map(\.name)))"
          ))
      }
      return group
    }
    guard groups.count > 1 else { return groups[0] }
    throw TableError(
      table.file, column: owner,
      .other(
        "\(groups.count) series stand below each other, told apart by this column; --series takes one of them: "
          + TableError.list(groups.map(\.name))))
  }

  /// A series of some rows.
  init(_ table: CSVTable, rows: [Int], _ columns: SeriesColumns, _ reading: SeriesReading) throws(TableError) {
    var reading = reading
    reading.dateOrder = reading.dateOrder ?? columns.dateOrder
    file = table.file
    self.columns = columns.targets.map { table.header[$0] }
    covariates = columns.covariates.map { table.header[$0] }
    var remarks = columns.remarks
    var timed: TimeRows?
    if let name = columns.timeName(table) {
      let isIndex = columns.time.allSatisfy(table.indexColumns.contains)
      let labels = rows.map { SeriesColumns.labels(table, $0, columns.time) ?? "" }
      let made = try TimeRows(
        table, rows: rows, labels: labels, column: name, isIndex: isIndex, reading,
        reading.periods.map { columns.gathering(table, $0) })
      remarks += made.remarks
      timed = made
    } else if let periods = reading.periods {
      throw TableError(
        file, .other("there is no column of times that --every \(periods.name) could be of; --time-column names it"))
    }
    gathered = timed?.counts
    timing = SeriesTiming(periods: reading.periods, frequency: timed?.meant)
    var cells = try SeriesCells(table, steps: timed?.steps ?? rows.map { [$0] }, columns, reading)
    if let timed, cells.futureCount > 0, let label = timed.labels.dropLast(cells.futureCount - 1).last {
      remarks.append(
        TableRemark(
          .table,
          "\(cells.futureCount) \(cells.futureCount == 1 ? "row" : "rows") without values at the end, from \(printable(label, limit: 40)) on: what is to be forecast"
        ))
    }
    if reading.missing == .refuse { try cells.refuseMissing() }
    if reading.missing == .drop {
      let kept = cells.dropMissing()
      timed?.keep(kept)
    }
    guard cells.count > 0 else { throw TableError(table.file, .other("every row has a missing value")) }
    let (isKnown, areCovariatesKnown) = (cells.targets.map { $0 != nil }, cells.covariates.map { $0 != nil })
    values = try cells.filled(cells.targets, columns.targets)
    covariateValues = try cells.filled(cells.covariates, columns.covariates)
    (self.isKnown, isCovariateKnown) = (isKnown, areCovariatesKnown)
    futureCount = cells.futureCount
    self.remarks = remarks
    time =
      if let timed, let name = columns.timeName(table) {
        TimeAxis(name: name, labels: timed.labels, rowCount: cells.count, kind: timed.kind)
      } else {
        TimeAxis(rowCount: cells.count)
      }
  }

  /// The first `count` steps.
  package func prefix(_ count: Int) -> Series {
    var part = self
    part.values.removeLast((self.count - count) * width)
    part.isKnown.removeLast((self.count - count) * width)
    return part
  }

  /// Some of the columns, in the order of these names.
  package func taking(_ names: [String]) -> Series {
    let places = names.map { name in
      guard let place = columns.firstIndex(of: name) else { stop("a series without the column \(name)") }
      return place
    }
    let rows = 0..<count
    var part = self
    part.values = rows.flatMap { row in places.map { values[row * width + $0] } }
    part.isKnown = rows.flatMap { row in places.map { isKnown[row * width + $0] } }
    part.columns = names
    return part
  }

  package func value(_ step: Int, _ column: Int) -> Double { values[step * width + column] }
}
