import Storage

/// Rows at irregular times: refused, or gathered in periods, or taken for the regular times that are meant.
extension TimeRows {
  /// What gathering rows needs to know beside their times.
  struct Gathering {
    let periods: Periods
    /// Columns that are forecast.
    let targets: [Int]
    /// Whether periods without rows have the value 0.
    let emptyIsZero: Bool
    /// The last whole period that the rows of all series of the table reach.
    let lastPeriod: Int?

    /// Days are those of the clock on the wall.
    var isByClock: Bool {
      if case .calendar(let frequency) = periods.length { PeriodGrid(frequency).isOfDays } else { false }
    }
  }

  // MARK: Irregular times

  /// - Parameter stamps: of the rows as they come.
  func refuseIrregular(_ stamps: [TimeStamp]) throws(TableError) {
    guard reading.frequency == nil, reading.gaps != .ignore else { return }
    let sorted = Array(Set(stamps)).sorted()
    guard sorted.count > 2, TimeStep.infer(sorted) == nil, JitteredStamps(sorted) == nil else { return }
    // Of series that stand below each other that is what is to be said.
    let doubles = stamps.count - sorted.count
    let neighbours = zip(stamps, stamps.dropFirst())
    let restarts = min(neighbours.count { $0 > $1 }, neighbours.count { $0 < $1 })
    if restarts > 0, 2 * doubles >= stamps.count / (restarts + 1), doubles > 0 { return }
    let median = PeriodProposal.medianDistance(sorted.map(\.microseconds))
    throw TableError(
      table.file, column: column,
      .other(
        "\(grouped(stamps.count)) rows at irregular times, median distance \(words(microseconds: median))"
          + (doubles > 0 ? ", \(grouped(doubles)) of them at the time of another" : "")
          + "; --every \(PeriodProposal.name(for: sorted.count == stamps.count ? sorted : stamps.sorted())) --aggregate mean makes a "
          + "regular series of them (or sum, count, last, first, min, max, median), --gaps ignore \(doubles > 0 && reading.duplicates == .refuse ? "--duplicates mean " : "")lets the rows follow each other"
      ))
  }

  /// What times are meant to be that are off by little; nil where they are not.
  func jittered(_ sorted: [TimeStamp], _ spelling: StampSpelling) -> JitteredStamps? {
    guard reading.gaps != .ignore, sorted.count > 2 || reading.frequency != nil else { return nil }
    guard let frequency = reading.frequency else {
      return TimeStep.infer(sorted) == nil ? JitteredStamps(sorted) : nil
    }
    let step = frequency.step(for: sorted, isPeriod: false)
    let isExact = sorted.allSatisfy { step.count(from: sorted[0], to: $0) != nil }
    guard frequency.weekday == nil, !isExact || sorted.count == 1 else { return nil }
    return JitteredStamps(sorted, step: step)
  }

  /// Numbers that are no regular times.
  mutating func remarkUneven<Value: Comparable>(_ sorted: [Value]) {
    let numbers = (sorted as? [Double]) ?? (sorted as? [Int])?.map(Double.init) ?? []
    let cure = numbers.count > 2 ? "; --every \(PeriodProposal.name(for: numbers)) makes a regular series of them" : ""
    remarks.append(
      TableRemark(.time, "the steps of \(printable(column, limit: 60)) are uneven: rows are counted\(cure)"))
  }

  // MARK: Periods

  mutating func gather(_ times: TimeColumn, _ gathering: Gathering) throws(TableError) {
    let name = gathering.periods.name
    switch (times.values, gathering.periods.length) {
    case (.stamps(let stamps, let spelling), .calendar(let frequency)):
      try gather(stamps, spelling, read: times.remark, PeriodGrid(frequency), gathering)
    case (.integers(let values), .number(let length)):
      try gather(values.map(Double.init), length: length, gathering)
    case (.numbers(let values, _), .number(let length)):
      try gather(values, length: length, gathering)
    case (.integers(let values), .calendar):
      // Years.
      throw numbersFault(values.map(Double.init), name)
    case (.numbers(let values, _), .calendar): throw numbersFault(values, name)
    case (.stamps(let stamps, _), .number):
      throw TableError(
        table.file, column: column,
        .other(
          "--every \(name) says no unit, and the column holds times: --every \(PeriodProposal.name(for: stamps.sorted())), for instance"
        ))
    case (.text, _):
      throw fault(
        "\"\(printable(labels[0], limit: 40))\" is no time that could lie in periods of --every \(name); --time-column names another column",
        0)
    }
  }

  private func numbersFault(_ values: [Double], _ name: String) -> TableError {
    TableError(
      table.file, column: column,
      .other(
        "the column holds numbers, no times that --every \(name) could be of: --every \(PeriodProposal.name(for: values.sorted())), for instance, "
          + "gathers in its own unit"))
  }

  private mutating func gather(
    _ stamps: [TimeStamp], _ spelling: StampSpelling, read: String?, _ grid: PeriodGrid, _ gathering: Gathering
  ) throws(TableError) {
    let spelling = grid.isOfDays ? spelling.ofDates : spelling
    let order = stamps.inOrder
    let sorted = order.map { stamps[$0] }
    let median = PeriodProposal.medianDistance(sorted.map(\.microseconds))
    let step = Set(stamps).count == stamps.count ? TimeStep.infer(sorted) : nil
    let rowsText =
      step.map { "of \($0.description)" } ?? "at irregular times, median distance \(words(microseconds: median))"
    let made = try gather(
      order: order, GatheredRows(numbers: sorted.map(grid.number), fractions: sorted.map(grid.fraction)),
      through: gathering.emptyIsZero ? gathering.lastPeriod : nil,
      gathering, rowsText: rowsText + (read.map { ", read as \($0)" } ?? ""), proposal: PeriodProposal.name(for: sorted)
    ) { spelling.text(grid.start($0)) }
    if let last = made.last, !spelling.names(grid.step, after: grid.start(last)) {
      throw TableError(
        table.file, column: column,
        .other(
          "--every \(gathering.periods.name) is finer than the times are written, as \(printable(labels[0], limit: 40))"
        ))
    }
    kind = .stamps(made.map(grid.start), spelling, step: grid.step)
  }

  private mutating func gather(
    _ values: [Double], length: Double, _ gathering: Gathering
  ) throws(TableError) {
    guard let most = values.map({ abs($0) / length }).max(), most < 1e15 else {
      throw TableError(
        table.file, column: column,
        .other("--every \(gathering.periods.name) is too short for numbers such as \(labels[0])"))
    }
    let order = values.inOrder
    let sorted = order.map { values[$0] }
    let quotients = sorted.map { $0 / length }
    func start(_ number: Int) -> Double { Double(number) * length }
    let made = try gather(
      order: order,
      GatheredRows(
        numbers: quotients.map { Int($0.rounded(.down)) }, fractions: quotients.map { $0 - $0.rounded(.down) }),
      through: nil, gathering,
      rowsText: "of median distance \(shortest(PeriodProposal.medianDistance(sorted)))",
      proposal: PeriodProposal.name(for: sorted)
    ) { shortest(start($0)) }
    guard let last = made.last else { return }
    kind = .numbers(first: start(last - made.count + 1), step: length, places: length > 1e-9 ? 12 : nil)
  }

  /// - Parameters:
  ///   - order: of the rows in time.
  ///   - through: the period up to which those without rows have a value; nil: up to the last row.
  ///   - rowsText: how the rows lie.
  ///   - proposal: other periods, for messages; it looks at all rows.
  ///   - label: of the period of a number.
  /// - Returns: the numbers of the periods that are steps now.
  private mutating func gather(
    order: [Int], _ gathered: GatheredRows, through end: Int?, _ gathering: Gathering, rowsText: String,
    proposal: @autoclosure () -> String,
    label: (Int) -> String
  ) throws(TableError) -> [Int] {
    var gathered = gathered
    let every = gathering.periods.name
    func hasValue(_ index: Int) -> Bool {
      steps[order[index]].contains { row in gathering.targets.contains { !table.isEmpty(row, $0) } }
    }
    // Rows to come say nothing of how far the values reach.
    let isFuture = !hasValue(order.count - 1)
    let leftOut = gathered.leaveOutParts(keepsLast: isFuture || end != nil)
    let last = isFuture ? gathered.last : end ?? gathered.last
    let count = last - gathered.first + 1
    let present = Set(gathered.numbers).count { (gathered.first...last).contains($0) }
    guard count > 1 else {
      throw TableError(
        table.file, column: column,
        .other(
          "\(grouped(order.count)) rows \(rowsText): all of them lie in \(count + (leftOut.first ? 1 : 0) + (leftOut.last ? 1 : 0)) of the periods of --every \(every); --every \(proposal()), for instance, makes more"
        ))
    }
    let empty = count - present
    func cure() -> String { "--every \(proposal()), for instance, leaves fewer" }
    let emptyFault =
      "\(grouped(order.count)) rows \(rowsText): \(grouped(empty)) of \(grouped(count)) periods of --every \(every) are without rows"
    guard gathering.emptyIsZero ? count <= 10_000_000 : 10 * present >= count else {
      throw TableError(table.file, column: column, .other("\(emptyFault); \(cure())"))
    }
    var emptyText = ""
    if empty > 0 {
      switch reading.gaps {
      case .ignore: emptyText = "the others follow each other"
      case .refuse:
        throw TableError(
          table.file, column: column, .other("\(emptyFault); \(cure()), --gaps fill takes them for missing values"))
      case .fill where gathering.emptyIsZero: emptyText = "taken as missing values"
      case _ where gathering.emptyIsZero: emptyText = "0 (--gaps fill: missing values)"
      default:
        guard reading.missing != .refuse else {
          throw TableError(
            table.file, column: column, .other("\(emptyFault); --missing interpolate fills them, \(cure())"))
        }
        emptyText = "taken as missing values" + (2 * empty > count ? " (\(cure()))" : "")
      }
    }
    let counts = GatheredCounts(
      column: printable(column, limit: 60),
      what: "\(gathering.periods.aggregatesText.replacing(",", with: ", ")) of every \(every)", rowsText: rowsText,
      rows: order.count, periods: count, empty: empty, emptyText: emptyText, firstParts: leftOut.first ? 1 : 0,
      lastParts: leftOut.last ? 1 : 0)
    self.counts = counts
    remarks.append(counts.remark)
    let leavesOut = empty > 0 && reading.gaps == .ignore
    var made = [[Int]](repeating: [], count: count)
    for (index, number) in zip(order, gathered.numbers) where (gathered.first...last).contains(number) {
      made[number - gathered.first] += steps[index]
    }
    let numbers = (gathered.first...last).filter { !leavesOut || !made[$0 - gathered.first].isEmpty }
    steps = numbers.map { made[$0 - gathered.first] }
    labels = numbers.map(label)
    return numbers
  }
}

extension Array where Element: Comparable {
  /// The places of the elements, ascending; equals as they come, of what falls from row to row the other way round.
  fileprivate var inOrder: [Int] {
    let isFalling = count > 1 && self[0] > self[count - 1] && zip(self, dropFirst()).allSatisfy { $0 >= $1 }
    let places = isFalling ? Array<Int>(indices.reversed()) : Array<Int>(indices)
    return places.enumerated().sorted { (self[$0.element], $0.offset) < (self[$1.element], $1.offset) }.map(\.element)
  }
}
