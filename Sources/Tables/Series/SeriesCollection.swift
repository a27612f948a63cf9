import Storage

/// Several series, each with a time of its own: of a table in which they stand below each other or side by side, or of a
/// folder of tables. They may be of different lengths.
package struct SeriesCollection: Sendable {
  package struct Member: Sendable {
    package let name: String
    package let series: Series
    /// Of each static column the value that the series has everywhere.
    package let statics: [String]
  }

  /// What tells the series apart, by the columns' names; nil for those of a folder, and of columns side by side.
  package let seriesColumn: String?
  /// Columns with one value in each series.
  package let staticColumns: [String]
  package let members: [Member]
  package let remarks: [TableRemark]

  /// The series of a table that stand below each other; one where nothing tells them apart.
  /// - Throws: `TableError`.
  package init(_ table: CSVTable, columns names: [String]?, _ reading: SeriesReading) throws(TableError) {
    let columns = try SeriesColumns(table, targets: names, reading)
    let groups = columns.groups(table).filter { reading.series == nil || $0.name == reading.series }
    guard !groups.isEmpty else {
      throw TableError(
        table.file,
        .other(
          "no series is called \"\(printable(reading.series ?? "", limit: 40))\"; there are "
            + TableError.list(columns.groups(table).map(\.name))))
    }
    let statics = columns.statics
    var members: [Member] = []
    for group in groups {
      members.append(
        Member(
          name: group.name, series: try Series(table, rows: group.rows, columns, reading),
          statics: statics.map { table.text(group.rows[0], $0) }))
    }
    self.members = members
    staticColumns = statics.map { table.header[$0] }
    seriesColumn = columns.series.isEmpty ? nil : columns.series.map { table.header[$0] }.joined(separator: "/")
    var remarks: [TableRemark] = []
    if let seriesColumn {
      let lengths = members.map(\.series.count)
      let (least, most) = (lengths.min() ?? 0, lengths.max() ?? 0)
      remarks.append(
        TableRemark(
          .series,
          "\(members.count) of \(least == most ? "" : "\(least) to ")\(most) steps, told apart by \(printable(seriesColumn, limit: 60))"
        ))
    }
    if !statics.isEmpty {
      remarks.append(TableRemark(.series, "the same in all rows of each: \(TableError.list(staticColumns))"))
    }
    self.remarks = remarks + Self.common(members)
  }

  /// Each column of numbers for a series of its own, which may begin later and end earlier than others. Covariates are those of all
  /// series; what they say after the last value of one is known ahead.
  /// - Throws: `TableError`.
  package init(sideBySide table: CSVTable, columns names: [String]?, _ reading: SeriesReading) throws(TableError) {
    let columns = try SeriesColumns(table, targets: names, reading)
    var members: [Member] = []
    for target in columns.targets {
      let name = table.header[target]
      let known = (0..<table.rowCount).filter { !table.isMissing($0, target) }
      guard let first = known.first, let last = known.last else {
        throw TableError(table.file, column: name, .other("every value is missing"))
      }
      let own = columns.with(targets: [target])
      let end = own.covariates.isEmpty ? last + 1 : table.rowCount
      members.append(
        Member(name: name, series: try Series(table, rows: Array(first..<end), own, reading), statics: []))
    }
    self.members = members
    (seriesColumn, staticColumns) = (nil, [])
    remarks = columns.remarks + Self.common(members)
  }

  /// The tables of a folder, a series each, by the names of the files.
  /// - Throws: `TableError`.
  package init(
    tables: [(name: String, table: CSVTable)], columns names: [String]?, _ reading: SeriesReading
  ) throws(TableError) {
    var members: [Member] = []
    for (name, table) in tables {
      let series = try Series(table, columns: names ?? members.first?.series.columns, reading)
      members.append(Member(name: name, series: series, statics: []))
    }
    self.members = members
    (seriesColumn, staticColumns) = (nil, [])
    remarks = Self.common(members)
  }

  /// What is to be said of all series alike, once.
  private static func common(_ members: [Member]) -> [TableRemark] {
    let gathered = members.compactMap(\.series.gathered)
    var result: [TableRemark] = []
    if gathered.count > 1 { result = [gathered.dropFirst().reduce(gathered[0], +).remark] }
    var seen = gathered.count > 1 ? Set(gathered.map(\.remark)) : []
    for remark in members.flatMap(\.series.remarks) where seen.insert(remark).inserted {
      guard result.count < 10 else { break }
      result.append(remark)
    }
    return result
  }
}
