import Storage

/// The rows of a series put in the order of time: what comes several times, what is missing, and in which order it was are
/// seen here, and settled as the reading says.
struct TimeRows {
  /// Of each step the rows of the table: none where the time is missing, several where they are to be put together.
  var steps: [[Int]]
  /// How each step is called.
  var labels: [String]
  var kind: TimeAxis.Kind
  var remarks: [TableRemark] = []
  /// What times that are off by little are meant to be, if they are.
  private(set) var meant: Frequency?

  /// What became of rows that were gathered in periods.
  var counts: GatheredCounts?

  let table: CSVTable
  let reading: SeriesReading
  let column: String

  /// - Parameters:
  ///   - rows: of the table.
  ///   - labels: of each of these rows.
  ///   - isIndex: whether the column only numbers the rows; gaps then mean nothing.
  ///   - gathering: what rows that are gathered in periods need besides.
  /// - Throws: `TableError` where something is to be refused.
  init(
    _ table: CSVTable, rows: [Int], labels: [String], column: String, isIndex: Bool, _ reading: SeriesReading,
    _ gathering: Gathering? = nil
  ) throws(TableError) {
    (self.table, self.reading, self.column) = (table, reading, column)
    (steps, self.labels, kind) = (rows.map { [$0] }, labels, .count)
    if let empty = labels.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw TableError(
        table.file, line: table.lines[rows[empty]], column: column,
        .other("the time is missing; --time-column names another column")
      ).ending(rows.count - empty, after: empty)
    }
    let times: TimeColumn
    do {
      times = try TimeColumn(labels, order: reading.dateOrder, byClock: gathering?.isByClock ?? false)
    } catch { throw TableError(table.file, column: column, error) }
    if let ambiguity = times.ambiguity { throw TableError(table.file, column: column, .other(ambiguity)) }
    if let gathering {
      try gather(times, gathering)
      return
    }
    switch times.values {
    case .text: try takeText()
    case .integers(let values): try take(values, isIndex: isIndex, even: TimeAxis.even)
    case .numbers(let values, let places): try take(values, isIndex: true) { TimeAxis.even($0, places: places) }
    case .stamps(let stamps, let spelling): try take(stamps, spelling, order: times.remark)
    }
  }

  /// Leaves other steps out.
  mutating func keep(_ kept: [Int]) {
    guard kept.count < steps.count, let last = kept.last else { return }
    steps = kept.map { steps[$0] }
    labels = kept.map { labels[$0] }
    // What comes after the last follows it.
    switch kind {
    case .count: break
    case .integers(let first, let step): kind = .integers(first: first + step * (last - kept.count + 1), step: step)
    case .numbers(let first, let step, let places):
      kind = .numbers(first: first + step * Double(last - kept.count + 1), step: step, places: places)
    case .stamps(let stamps, let spelling, let step): kind = .stamps(kept.map { stamps[$0] }, spelling, step: step)
    }
  }

  // MARK: Kinds

  /// Each is looked at alone.
  private static let mostLooked = 20_000

  private mutating func takeText() throws(TableError) {
    if let frequency = reading.frequency {
      throw fault("\"\(printable(labels[0], limit: 40))\" is no time that --frequency \(frequency.name) could be of", 0)
    }
    // Most of them may be dates.
    guard labels.count <= Self.mostLooked else { return }
    let good = labels.indices.filter { (try? TimeColumn([labels[$0]]))?.isStamps ?? false }
    if let bad = labels.indices.first(where: { !good.contains($0) }), 2 * good.count > labels.count {
      let text = "\"\(printable(labels[bad], limit: 40))\""
      if 10 * good.count >= 9 * labels.count {
        let cure = labels[bad].hasPrefix("#") ? "--comment '#' passes over comments" : "correct the row"
        throw fault("\(text) is no date like the others; \(cure), or name another column by --time-column", bad)
          .ending(labels.count - good.count, after: good.last.map { $0 < bad ? good.count : 0 } ?? 0)
      }
      remarks.append(
        TableRemark(.time, "rows are counted: \(text) in line \(table.lines[steps[bad][0]]) is no date like the others")
      )
    } else if let first = good.first, good.count == labels.count {
      remarks.append(
        TableRemark(
          .time, "rows are counted: dates are written in several ways, the first \(printable(labels[first], limit: 40))"
        ))
    }
  }

  private mutating func take<Value: Comparable & Hashable>(
    _ values: [Value], isIndex: Bool, even: ([Value]) -> TimeAxis.Kind?
  ) throws(TableError) {
    if let frequency = reading.frequency {
      guard values.count > 0, let years = values as? [Int], years.allSatisfy({ (1000...2999).contains($0) }),
        case .months(12, _) = frequency.steps[0]
      else { throw fault("the column holds numbers, no times that --frequency \(frequency.name) could be of", 0) }
    }
    let sorted = try order(values)
    kind = even(sorted) ?? .count
    guard case .count = kind, sorted.count > 2 else { return }
    guard let integers = sorted as? [Int] else { return remarkUneven(sorted) }
    let differences = zip(integers, integers.dropFirst()).map { $1.subtractingReportingOverflow($0) }
    guard !differences.contains(where: \.overflow), let step = TimeStep.common(differences.map(\.partialValue)),
      let first = integers.first, let last = integers.last, !last.subtractingReportingOverflow(first).overflow
    else {
      return remarkUneven(sorted)
    }
    let places = integers.map { ($0 - first) / step }
    let isFilled = try fillGaps(places, (last - first) / step, areUsual: isIndex) { String(first + step * $0) }
    if isFilled {
      kind = .integers(first: first, step: step)
    } else {
      // Rows in between are missing; those after the last follow it.
      kind = .integers(first: last - step * (integers.count - 1), step: step)
    }
  }

  private mutating func take(
    _ stamps: [TimeStamp], _ spelling: StampSpelling, order remark: String?
  ) throws(TableError) {
    try refuseIrregular(stamps)
    var sorted = try order(stamps)
    let isPeriod = !spelling.layout.hasDay && !spelling.layout.contains(.week)
    let read = remark.map { ", read as \($0)" } ?? ""
    if let jittered = jittered(sorted, spelling) {
      sorted = jittered.stamps
      labels = sorted.map(spelling.text)
      meant = jittered.frequency
      kind = .stamps(sorted, spelling, step: jittered.step)
      remarks.append(
        TableRemark(
          .time,
          "\(printable(column, limit: 60)): \(jittered.step.description), up to \(words(microseconds: jittered.mostOff)) off: taken for the times that are meant, from \(printable(labels[0], limit: 40)) on\(read)"
        ))
      try fillGaps(sorted, spelling, jittered.step)
      return
    }
    let step = try self.step(sorted, spelling, isPeriod: isPeriod)
    kind = .stamps(sorted, spelling, step: step)
    guard let step else {
      if sorted.count > 1 {
        remarks.append(
          TableRemark(.time, "\(printable(column, limit: 60)): uneven steps\(read); the rows follow each other"))
      }
      return
    }
    remarks.append(TableRemark(.time, "\(printable(column, limit: 60)): \(step.description)\(read)"))
    try fillGaps(sorted, spelling, step)
  }

  /// Of times that are in order.
  private mutating func fillGaps(
    _ sorted: [TimeStamp], _ spelling: StampSpelling, _ step: TimeStep
  ) throws(TableError) {
    let places = sorted.map { step.count(from: sorted[0], to: $0) ?? 0 }
    guard let last = places.last else { return }
    var isWeek = false
    if case .week = step { isWeek = true }
    let isFilled = try fillGaps(places, last, areUsual: isWeek) {
      step.stamp($0, after: sorted[0]).map(spelling.text) ?? "+\($0)"
    }
    if isFilled {
      kind = .stamps((0...last).compactMap { step.stamp($0, after: sorted[0]) }, spelling, step: step)
    }
  }

  /// The step that is asked for, or that is seen.
  private func step(
    _ stamps: [TimeStamp], _ spelling: StampSpelling, isPeriod: Bool
  ) throws(TableError) -> TimeStep? {
    guard let frequency = reading.frequency else { return TimeStep.infer(stamps) }
    let step = frequency.step(for: stamps, isPeriod: isPeriod)
    for (index, stamp) in stamps.enumerated() {
      guard step.count(from: stamps[0], to: stamp) != nil, frequency.suits(stamp, step, isPeriod: isPeriod) else {
        let seen = TimeStep.infer(stamps).map { "; the rows are \($0.description)" } ?? ""
        throw fault(
          "\(printable(labels[index], limit: 40)) is none of the times of --frequency \(frequency.name), \(step.description)\(seen)",
          index)
      }
    }
    if let last = stamps.last, !spelling.names(step, after: last) {
      let next = step.stamp(1, after: last).map(spelling.text) ?? ""
      throw fault(
        "--frequency \(frequency.name), \(step.description), is finer than the times are written: what comes after "
          + "\(printable(labels[labels.count - 1], limit: 40)) would be called \(next)", labels.count - 1)
    }
    return step
  }

  // MARK: Order

  /// Puts the rows in the order of their values, and those of one value together.
  /// - Returns: the values, ascending, each once.
  private mutating func order<Value: Comparable & Hashable>(_ values: [Value]) throws(TableError) -> [Value] {
    let isAscending = zip(values, values.dropFirst()).allSatisfy(<)
    if isAscending { return values }
    if zip(values, values.dropFirst()).allSatisfy(>) {
      steps.reverse()
      labels.reverse()
      remarks.append(TableRemark(.time, "newest first: turned round"))
      return values.reversed()
    }
    try refuseDuplicates(values)
    let sorted = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    let isOrdered = zip(values, values.dropFirst()).allSatisfy(<=)
    if !isOrdered {
      let isDescending = zip(values, values.dropFirst()).allSatisfy(>=)
      remarks.append(
        TableRemark(.time, isDescending ? "newest first: turned round" : "rows are not in the order of time: sorted"))
    }
    var result: [Value] = []
    var (newSteps, newLabels): ([[Int]], [String]) = ([], [])
    for index in sorted {
      if result.last == values[index] {
        newSteps[newSteps.count - 1] += steps[index]
      } else {
        result.append(values[index])
        newSteps.append(steps[index])
        newLabels.append(labels[index])
      }
    }
    if result.count < values.count {
      remarks.append(
        TableRemark(
          .time,
          "\(values.count - result.count) \(values.count - result.count == 1 ? "row comes" : "rows come") at a time of others: the \(reading.duplicates.rawValue) of each time is taken"
        ))
    }
    (steps, labels) = (newSteps, newLabels)
    return result
  }

  private func refuseDuplicates<Value: Hashable & Comparable>(_ values: [Value]) throws(TableError) {
    guard reading.duplicates == .refuse else { return }
    var known: [Value: Int] = [:]
    var pairs: [(first: Int, second: Int)] = []
    for (index, value) in values.enumerated() {
      if let first = known.updateValue(index, forKey: value) { pairs.append((first, index)) }
    }
    guard let pair = pairs.first else { return }
    let count = pairs.count
    let places = "lines \(table.lines[steps[pair.first][0]]) and \(table.lines[steps[pair.second][0]])"
    let neighbours = zip(values, values.dropFirst())
    let restarts = min(neighbours.count { $0 > $1 }, neighbours.count { $0 < $1 })
    let stacked = restarts > 0 && 2 * count >= values.count / (restarts + 1)
    throw TableError(
      table.file, column: column,
      .other(
        "\(printable(labels[pair.second], limit: 40)) is the time of \(places)"
          + (count > 1 ? ", and so on: \(count) rows come at the time of another" : "")
          + (stacked
            ? "; if series stand below each other, --series-column names what tells them apart; else --duplicates mean"
            : "; --duplicates mean, sum, first or last")
          + " makes one row of those of a time"))
  }

  // MARK: Faults

  func fault(_ text: String, _ index: Int) -> TableError {
    TableError(table.file, line: table.lines[steps[index][0]], column: column, .other(text))
  }
}
