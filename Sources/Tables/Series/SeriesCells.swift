/// The numbers of a series' rows while it is made: some missing, and at the end the rows of what is to be forecast.
struct SeriesCells {
  /// [T, C]
  private(set) var targets: [Double?] = []
  /// [T + F, K]
  private(set) var covariates: [Double?] = []
  /// T.
  private(set) var count: Int
  /// F.
  private(set) var futureCount = 0

  private let table: CSVTable
  private let columns: SeriesColumns
  private var steps: [[Int]]

  /// - Parameter steps: the rows of each step.
  init(
    _ table: CSVTable, steps: [[Int]], _ columns: SeriesColumns, _ reading: SeriesReading
  ) throws(TableError) {
    (self.table, self.steps, self.columns) = (table, steps, columns)
    // Only empty fields say that there is no value yet; others say that it is missing.
    if !columns.time.isEmpty {
      futureCount =
        steps.reversed().prefix { rows in
          rows.allSatisfy { row in columns.targets.allSatisfy { table.isEmpty(row, $0) } }
        }.count
      if futureCount == steps.count { futureCount = 0 }
      // A gap before them is no row of the future.
      while futureCount > 0, steps[steps.count - futureCount].isEmpty { futureCount -= 1 }
    }
    count = steps.count - futureCount
    func value(_ rows: [Int], _ column: Int) throws(TableError) -> Double? {
      guard let periods = reading.periods else {
        if rows.count == 1 { return try table.number(rows[0], column) }
        var values: [Double?] = []
        for row in rows { values.append(try table.number(row, column)) }
        return reading.duplicates.combined(values)
      }
      let aggregate = periods.aggregate(of: table.header[column], isTarget: columns.targets.contains(column))
      if rows.isEmpty { return reading.gaps == .fill ? nil : aggregate.ofNothing }
      // What is counted may be text.
      if aggregate == .count { return Double(rows.count { !table.isMissing($0, column) }) }
      var values: [Double?] = []
      for row in rows { values.append(try table.number(row, column)) }
      return aggregate.combined(values)
    }
    targets.reserveCapacity(count * columns.targets.count)
    for rows in steps.prefix(count) {
      for column in columns.targets { targets.append(try value(rows, column)) }
    }
    for rows in steps {
      for column in columns.covariates { covariates.append(try value(rows, column)) }
    }
  }

  func refuseMissing() throws(TableError) {
    try refuseMissing(targets, columns.targets)
    try refuseMissing(covariates, columns.covariates)
  }

  private func refuseMissing(_ values: [Double?], _ columns: [Int]) throws(TableError) {
    guard let first = values.indices.first(where: { values[$0] == nil }) else { return }
    let column = first % columns.count
    let places = stride(from: column, to: values.count, by: columns.count).filter { values[$0] == nil }
    let missing = places.map { $0 / columns.count }
    // A column known further than the others may be one that is known ahead.
    let areLast = columns.count > 1 && missing[0] > 0 && missing[0] + missing.count == values.count / columns.count
    throw TableError(
      table.file, column: table.header[columns[column]],
      .missingValues(
        count: places.count, lines: missing.prefix(5).compactMap { steps[$0].first.map { table.lines[$0] } },
        canFill: true,
        hint: areLast ? "if these rows are what is to be forecast, --column names the columns that are" : nil))
  }

  /// Leaves out steps that lack a value.
  /// - Returns: those that are kept, among them all of the future.
  mutating func dropMissing() -> [Int] {
    let (width, extra) = (columns.targets.count, columns.covariates.count)
    let kept = steps.indices.filter { step in
      step >= count
        || !targets[step * width..<(step + 1) * width].contains { $0 == nil }
          && !covariates[step * extra..<(step + 1) * extra].contains { $0 == nil }
    }
    targets = kept.filter { $0 < count }.flatMap { targets[$0 * width..<($0 + 1) * width] }
    covariates = kept.flatMap { covariates[$0 * extra..<($0 + 1) * extra] }
    count = kept.count - futureCount
    steps = kept.map { steps[$0] }
    return kept
  }

  /// On straight lines between the neighbours; before the first and after the last known value that value.
  func filled(_ values: [Double?], _ columns: [Int]) throws(TableError) -> [Double] {
    var result = values.map { $0 ?? 0 }
    let width = columns.count
    for column in columns.indices {
      let known = stride(from: column, to: values.count, by: width).filter { values[$0] != nil }
      guard let first = known.first, let last = known.last else {
        throw TableError(table.file, column: table.header[columns[column]], .other("every value is missing"))
      }
      for place in stride(from: column, to: first, by: width) { result[place] = result[first] }
      for place in stride(from: last, to: values.count, by: width) { result[place] = result[last] }
      for (left, right) in zip(known, known.dropFirst()) where right - left > width {
        let (start, end) = (result[left], result[right])
        for place in stride(from: left + width, to: right, by: width) {
          result[place] = start + (end - start) * Double(place - left) / Double(right - left)
        }
      }
    }
    return result
  }
}
