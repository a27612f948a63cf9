/// What becomes of values that are not there.
package enum MissingPolicy: String, Sendable, CaseIterable {
  case refuse, interpolate, drop
}

/// Columns of numbers over time, without gaps.
package struct Series: Sendable {
  package let file: String
  /// C names.
  package let columns: [String]
  package let time: TimeAxis
  /// [T, C]
  package private(set) var values: [Double]
  /// [T, C]: false where a value was filled in.
  package private(set) var isKnown: [Bool]

  package var width: Int { columns.count }
  /// T.
  package var count: Int { values.count / columns.count }

  /// Takes columns out of a table.
  /// - Parameters:
  ///   - names: nil: all columns of numbers except the time.
  ///   - timeColumn: nil: the first column if it is not named in `names` and holds text or rises from row to row.
  /// - Throws: `TableError`.
  package init(
    _ table: CSVTable, columns names: [String]?, timeColumn: String?, missing: MissingPolicy
  ) throws(TableError) {
    file = table.file
    let timeIndex = try Self.timeColumn(of: table, named: timeColumn, columns: names)
    var indices: [Int] = []
    if let names {
      for name in names { indices.append(try table.column(name)) }
    } else {
      indices = table.header.indices.filter { $0 != timeIndex && table.isNumeric($0) }
      guard !indices.isEmpty else { throw TableError(table.file, .noNumbers) }
    }
    columns = indices.map { table.header[$0] }
    let width = indices.count

    var values: [Double?] = []
    values.reserveCapacity(table.rowCount * width)
    var rows: [Int] = []
    for row in 0..<table.rowCount {
      let start = values.count
      for index in indices { values.append(try table.number(row, index)) }
      if missing == .drop, values[start...].contains(where: { $0 == nil }) {
        values.removeLast(width)
      } else {
        rows.append(row)
      }
    }
    if missing == .refuse { try Self.refuseMissing(values, table, columns) }
    guard !rows.isEmpty else { throw TableError(table.file, .other("every row has a missing value")) }
    isKnown = values.map { $0 != nil }
    for (column, name) in columns.enumerated() {
      try Self.interpolate(&values, column: column, width: width, table, name)
    }
    self.values = values.map { $0! }
    time =
      if let timeIndex {
        TimeAxis(name: table.header[timeIndex], labels: rows.map { table.text($0, timeIndex) })
      } else {
        TimeAxis(rowCount: rows.count)
      }
  }

  /// The first `count` steps.
  package func prefix(_ count: Int) -> Series {
    var part = self
    part.values.removeLast((self.count - count) * width)
    part.isKnown.removeLast((self.count - count) * width)
    return part
  }

  package func value(_ step: Int, _ column: Int) -> Double { values[step * width + column] }

  private static func timeColumn(
    of table: CSVTable, named name: String?, columns: [String]?
  ) throws(TableError) -> Int? {
    if let name { return try table.column(name) }
    guard table.header.count > 1, columns?.contains(table.header[0]) != true else { return nil }
    guard table.isNumeric(0) else { return 0 }
    var last = -Double.infinity
    for row in 0..<table.rowCount {
      // Text further below is an error only if the column is used.
      guard let value = try? table.number(row, 0), value > last else { return nil }
      last = value
    }
    return 0
  }

  private static func refuseMissing(
    _ values: [Double?], _ table: CSVTable, _ columns: [String]
  ) throws(TableError) {
    let places = values.indices.filter { values[$0] == nil }
    guard let first = places.first else { return }
    let column = first % columns.count
    let inColumn = places.filter { $0 % columns.count == column }
    throw TableError(
      table.file, column: columns[column],
      .missingValues(
        count: inColumn.count, lines: inColumn.prefix(5).map { table.lines[$0 / columns.count] }, canFill: true))
  }

  /// On straight lines between the neighbours; before the first and after the last known value that value.
  private static func interpolate(
    _ values: inout [Double?], column: Int, width: Int, _ table: CSVTable, _ name: String
  ) throws(TableError) {
    let known = stride(from: column, to: values.count, by: width).filter { values[$0] != nil }
    guard let first = known.first, let last = known.last else {
      throw TableError(table.file, column: name, .other("every value is missing"))
    }
    for place in stride(from: column, to: first, by: width) { values[place] = values[first] }
    for place in stride(from: last, to: values.count, by: width) { values[place] = values[last] }
    for (left, right) in zip(known, known.dropFirst()) where right - left > width {
      let (start, end) = (values[left]!, values[right]!)
      for place in stride(from: left + width, to: right, by: width) {
        values[place] = start + (end - start) * Double(place - left) / Double(right - left)
      }
    }
  }
}
