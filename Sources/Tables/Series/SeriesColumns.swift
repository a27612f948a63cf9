import Storage

/// Which columns of a table are what: the time, what tells series apart, what is forecast, what is known ahead.
struct SeriesColumns {
  /// None where rows are counted; several are put together.
  private(set) var time: [Int] = []
  private(set) var series: [Int] = []
  private(set) var targets: [Int] = []
  private(set) var covariates: [Int] = []
  /// With one value in all rows of each series.
  private(set) var statics: [Int] = []
  var remarks: [TableRemark] = []
  /// The last whole period that the rows of all series reach, where rows are gathered in such.
  var lastPeriod: Int?
  /// The order of day, month and year that the dates of several series show together; nil: each is looked at alone.
  private(set) var dateOrder: DateOrder?

  /// The names of other forecasting programs for what tells series apart.
  private static let seriesNames = ["unique_id", "item_id", "series_id", "ts_id"]
  /// Columns of these names hold the time also where it is a number that rises and falls.
  private static let timeNames: Set<String> = [
    "ds", "date", "datetime", "timestamp", "time", "year", "datum", "zeit", "jahr", "fecha", "observation_date",
  ]

  /// - Parameter names: of the targets; nil: as other programs call them, or all numbers.
  /// - Throws: `TableError` where a column is not there, or none is left.
  init(_ table: CSVTable, targets names: [String]?, _ reading: SeriesReading) throws(TableError) {
    func find(_ names: [String]) throws(TableError) -> [Int] {
      var result: [Int] = []
      for name in names { result.append(try table.column(name)) }
      return result
    }
    covariates = try find(reading.covariates)
    let given = try find(names ?? [])
    if let both = given.first(where: covariates.contains) {
      throw TableError(
        table.file, column: table.header[both], .other("it is to be forecast, and cannot stand beside that, too"))
    }
    series = try find(reading.seriesColumns)
    if series.isEmpty {
      series = table.header.indices.filter {
        Self.seriesNames.contains(table.header[$0]) && !given.contains($0) && !covariates.contains($0)
      }
      if series.count > 1 { series = [series[0]] }
    }
    time = try find(reading.timeColumns)
    if time.isEmpty {
      time = Self.time(
        table, without: given + covariates + series, mayBeAlone: reading.periods?.aggregate == .count)
    }
    let used = Set(time + series + covariates)
    if names != nil {
      targets = given
    } else {
      var numbers = table.header.indices.filter {
        !used.contains($0) && !table.indexColumns.contains($0) && table.isNumeric($0)
      }
      if numbers.isEmpty, reading.periods?.aggregate == .count { numbers = Self.counted(table, used, time) }
      targets = Self.usualTarget(table, time, numbers).map { [$0] } ?? numbers
      if targets.count < numbers.count {
        let others = numbers.filter { !targets.contains($0) }.map { table.header[$0] }
        remarks.append(
          TableRemark(
            .table,
            "column \(table.header[targets[0]]) is what is forecast; --column names others, as \(TableError.list(others))"
          ))
      }
    }
    if series.isEmpty { findStacked(table, isGiven: names != nil, textAlone: reading.periods != nil) }
    findStatics(table, isGiven: names != nil)
    if !series.isEmpty, reading.dateOrder == nil { findDateOrder(table) }
    guard !targets.isEmpty else { throw noNumbers(table) }
    remarks += SentinelSurvey(table, columns: targets + covariates).remarks
    if let periods = reading.periods { try prepare(table, periods, reading) }
  }

  private func noNumbers(_ table: CSVTable) -> TableError {
    let columns = table.header.indices.filter { !time.contains($0) && !series.contains($0) && !covariates.contains($0) }
    let places = columns.lazy.compactMap { column in
      (0..<table.rowCount).first { !table.isMissing($0, column) }.map { (row: $0, column: column) }
    }
    guard let place = places.first else { return TableError(table.file, .noNumbers) }
    let text = printable(table.text(place.row, place.column), limit: 40)
    return TableError(
      table.file,
      .other(
        "no column of numbers is left to use; in line \(table.lines[place.row]) of column "
          + "\(printable(table.header[place.column], limit: 60)) is \"\(text)\""
          + (table.header.count == 1 ? "; --skip-lines N passes over lines before the names of the columns" : "")))
  }

  /// `ds, y` and `timestamp, target`.
  private static func usualTarget(_ table: CSVTable, _ time: [Int], _ numbers: [Int]) -> Int? {
    let times = time.map { table.header[$0] }
    return numbers.first {
      table.header[$0] == "y" && times == ["ds"] || table.header[$0] == "target" && times == ["timestamp"]
    }
  }

  /// The same time for other targets.
  func with(targets: [Int]) -> SeriesColumns {
    var result = self
    result.targets = targets
    return result
  }

  // MARK: Time

  private static func time(_ table: CSVTable, without others: [Int], mayBeAlone: Bool) -> [Int] {
    guard table.header.count > 1 || mayBeAlone else { return [] }
    let columns = table.header.indices.filter { !others.contains($0) }
    func isNamed(_ column: Int) -> Bool { timeNames.contains(table.header[column].lowercased()) }
    var clocks: [Int] = []
    let stamped = columns.filter { column in
      guard let label = (0..<table.rowCount).lazy.map({ table.text($0, column) }).first(where: { !$0.isEmpty }) else {
        return false
      }
      let isPlain = label.utf8.allSatisfy(\.isDigit)
      guard !isPlain || column == 0 || isNamed(column), let read = try? TimeColumn([label]) else { return false }
      // Times of day alone may be how long something took.
      if read.isClock, column == 0 || isNamed(column) { clocks.append(column) }
      return read.isStamps && !read.isClock
    }
    if let parts = parts(table, columns) { return parts }
    if let column = stamped.first(where: isNamed) ?? stamped.first ?? clocks.first { return [column] }
    if let column = columns.first(where: { isNamed($0) && isWhole(table, $0) }) { return [column] }
    guard columns.contains(0) else { return [] }
    return isOrdered(table, 0) ? [0] : []
  }

  /// A year and a month, or a date and a time of day, in columns of their own.
  private static func parts(_ table: CSVTable, _ columns: [Int]) -> [Int]? {
    func column(_ names: String...) -> Int? { columns.first { names.contains(table.header[$0].lowercased()) } }
    if let year = column("year", "jahr", "yr"), let month = column("month", "monat", "mo"), isWhole(table, year) {
      let day = column("day", "tag", "dy")
      let all = [year, month] + (day.map { [$0] } ?? [])
      if let labels = labels(table, 0, all), (try? TimeColumn([labels]))?.isStamps == true { return all }
    }
    if let date = column("date", "datum"), let time = column("time", "hour", "uhrzeit", "zeit"),
      let labels = labels(table, 0, [date, time]), table.text(0, time).contains(":"),
      (try? TimeColumn([labels]))?.isStamps == true
    {
      return [date, time]
    }
    return nil
  }

  private static func isWhole(_ table: CSVTable, _ column: Int) -> Bool { Int(table.text(0, column)) != nil }

  /// Text, each another, or numbers that rise from row to row.
  private static func isOrdered(_ table: CSVTable, _ column: Int) -> Bool {
    guard table.isNumeric(column) else {
      return Set((0..<table.rowCount).lazy.map { table.text($0, column) }).count == table.rowCount
    }
    var last = -Double.infinity
    for row in 0..<table.rowCount {
      // Text further below is an error only if the column is used.
      guard let value = try? table.number(row, column), value > last else { return false }
      last = value
    }
    return true
  }

  /// What a row is called by the columns of the time; nil where there are none.
  static func labels(_ table: CSVTable, _ row: Int, _ time: [Int]) -> String? {
    guard time.count > 1 else { return time.first.map { table.text(row, $0) } }
    let texts = time.map { table.text(row, $0) }
    // 2001-2-3, but 2001-02-03 04:05
    let isDate = texts[0].utf8.count <= 4
    return isDate
      ? texts.prefix(3).joined(separator: "-") + texts.dropFirst(3).map { " " + $0 }.joined()
      : texts.joined(separator: " ")
  }

  /// The name of the time, as a column of results has it.
  func timeName(_ table: CSVTable) -> String? {
    time.isEmpty ? nil : time.map { table.header[$0] }.joined(separator: "-")
  }

  // MARK: Stacked series

  /// Times that come again, once for each value of another column, are those of several series.
  /// - Parameter textAlone: whether numbers tell nothing apart, as where several rows of a series may come at one time.
  private mutating func findStacked(_ table: CSVTable, isGiven: Bool, textAlone: Bool) {
    guard !time.isEmpty else { return }
    let labels = (0..<table.rowCount).map { Self.labels(table, $0, time) ?? "" }
    guard Set(labels).count < labels.count else { return }
    let columns = table.header.indices.filter {
      !time.contains($0) && !covariates.contains($0) && !(isGiven && targets.contains($0))
        && !table.indexColumns.contains($0)
    }
    let texts = columns.filter { !table.isNumeric($0) }
    // Times of day come again each day.
    let isClock = (try? TimeColumn([labels[0]]))?.isClock == true
    let numbers = isClock || textAlone ? [] : columns.filter { table.isNumeric($0) && Self.isWhole(table, $0) }
    let found = (texts + numbers).first { column in
      var pairs: Set<String> = []
      var values: Set<String> = []
      for row in 0..<table.rowCount {
        let value = table.text(row, column)
        values.insert(value)
        guard pairs.insert("\(value.utf8.count) \(value)\(labels[row])").inserted, 2 * values.count <= table.rowCount
        else {
          return false
        }
      }
      return true
    }
    guard let found else { return }
    series = [found]
    targets.removeAll { $0 == found }
  }

  private mutating func findDateOrder(_ table: CSVTable) {
    let labels = (0..<table.rowCount).compactMap { Self.labels(table, $0, time) }
    guard !labels.isEmpty, let order = TimeColumn.onlyOrder(labels), labels.count == table.rowCount else { return }
    dateOrder = order
    remarks.append(TableRemark(.time, "\(order.words), as the dates of all series show"))
  }

  private mutating func findStatics(_ table: CSVTable, isGiven: Bool) {
    let groups = groups(table)
    guard groups.count > 1, groups.contains(where: { $0.rows.count > 1 }) else { return }
    let used = Set(time + series + covariates + (isGiven ? targets : []))
    statics = table.header.indices.filter { column in
      !used.contains(column) && !table.indexColumns.contains(column)
        && groups.allSatisfy { group in
          let first = table.text(group.rows[0], column)
          return group.rows.allSatisfy { table.text($0, column) == first }
        }
    }
    // A number that never changes is not to be forecast, unless it is all that there is.
    let changing = targets.filter { !statics.contains($0) }
    if changing.isEmpty { statics.removeAll(where: targets.contains) } else { targets = changing }
  }

  /// The series of each row by name, in the order of the table; one of all rows where nothing tells them apart.
  func groups(_ table: CSVTable) -> [(name: String, rows: [Int])] {
    guard !series.isEmpty else { return [("", Array(0..<table.rowCount))] }
    var result: [(name: String, rows: [Int])] = []
    var places: [String: Int] = [:]
    for row in 0..<table.rowCount {
      let name = series.map { table.text(row, $0) }.joined(separator: "/")
      if let place = places[name] {
        result[place].rows.append(row)
      } else {
        places[name] = result.count
        result.append((name, [row]))
      }
    }
    return result
  }
}
